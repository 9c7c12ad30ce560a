/** Whether a monitor's state that comes from a file is one that a monitor can have. */
import { OP } from '../program/program.ts'
import { CODE_STRIDE, FIELD } from './schedule.ts'

/** Steps counted in a state are exact up to here. */
const COUNT_MAX = Number.MAX_SAFE_INTEGER

/**
 * Looks for what no monitor would have left: NaN, and above all positions outside of their rings, by which unchecked code
 * would read and write elsewhere. The kernels' files have the layouts.
 *
 * @param code  [instructions, CODE_STRIDE] of a schedule or a bank
 * @param state numbers of state, read only
 * @returns what is wrong, in words that follow "the state"; null where nothing is
 */
export function faultOfState(code: Int32Array, state: Float64Array): string | null {
  const nan = state.findIndex(Number.isNaN)
  if (nan >= 0) return `holds NaN at ${nan}`
  for (let at = 0; at < code.length; at += CODE_STRIDE) {
    const width = code[at + FIELD.width]
    const base = code[at + FIELD.state]
    const fault = faultOfPart(state, { op: code[at + FIELD.op], width, base })
    if (fault !== null) return `of operation ${at / CODE_STRIDE} ${fault}`
  }
  return null
}

function faultOfPart(
  state: Float64Array,
  { op, width, base }: { op: number; width: number; base: number },
): string | null {
  if (width === 0) return null
  switch (op) {
    case OP.delay:
    case OP.since:
    case OP.until:
      return outside('position', state[base], width - 1)
    case OP.mean:
      return outside('position', state[base], width - 1) ?? outside('count', state[base + 2], width)
    case OP.pastMaximum:
    case OP.pastMinimum:
    case OP.futureMaximum:
    case OP.futureMinimum:
      return faultOfQueue(state, base, width)
    default:
      return null
  }
}

/** A queue whose indices do not rise within the window would outgrow its ring a few steps later. */
function faultOfQueue(state: Float64Array, base: number, width: number): string | null {
  const [now, head, size] = state.subarray(base, base + 3)
  const fault =
    outside('step count', now, COUNT_MAX) ?? outside('head', head, width - 1) ?? outside('size', size, width)
  if (fault !== null) return fault
  let after = Math.max(0, now - width)
  for (let i = 0; i < size; i++) {
    const index = state[base + 3 + 2 * ((head + i) % width) + 1]
    if (!Number.isInteger(index) || index < after || index >= now) {
      return `has index ${index} where one from ${after} to ${now - 1} can be`
    }
    after = index + 1
  }
  return null
}

function outside(name: string, value: number, max: number): string | null {
  return Number.isInteger(value) && value >= 0 && value <= max ? null : `has ${name} ${value}, outside of 0 to ${max}`
}
