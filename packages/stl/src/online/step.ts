/** One step of a schedule. */
import { pushMaximum } from '../kernels/sliding-maximum.ts'
import { pushMean } from '../kernels/sliding-mean.ts'
import { pushSince, resetSince, SINCE, UNTIL } from '../kernels/sliding-since.ts'
import { pointwise } from '../program/pointwise.ts'
import { FIRST_TEMPORAL, OP } from '../program/program.ts'
import { CODE_STRIDE, FIELD, type Schedule } from './schedule.ts'

/** Makes a state in which no step has been seen. */
export function resetState({ code, values }: Schedule, state: Float64Array): void {
  state.fill(0)
  for (let i = 0, at = 0; at < code.length; i++, at += CODE_STRIDE) {
    const op = code[at + FIELD.op]
    const width = code[at + FIELD.width]
    const base = code[at + FIELD.state]
    if (op === OP.delay) state.fill(values[i], base + 1, base + 1 + width)
    else if (op >= OP.pastMaximum && op <= OP.until) {
      if (width === 0) state[base] = Number.NEGATIVE_INFINITY
      else if (op === OP.since || op === OP.until) resetSince(state, base, width)
    }
  }
}

/** Where a monitor is. */
export type Moment = {
  /** steps before this one */
  readonly step: number
  /** steps of the trace; Infinity while it goes on */
  readonly length: number
  /** whether the last value goes on behind the end: only matters where a window begins there, see runColumn */
  readonly padded: boolean
}

/**
 * Runs every instruction once. The registers of the signals hold the sample; behind the end they are left alone, and
 * what looks ahead gets nothing (or the last value, which its operand's register still holds).
 *
 * @returns -1, or the instruction whose value is no number; its step is step - delay
 */
export function runStep(
  { code, values }: Schedule,
  { registers, state }: { registers: Float64Array; state: Float64Array },
  { step, length, padded }: Moment,
): number {
  const count = values.length
  for (let i = 0, at = 0; i < count; i++, at += CODE_STRIDE) {
    const first = code[at + 6]
    // Before its operands have a value an instruction waits; when its own last value is out it rests.
    if (step < first || step - code[at + 7] >= length) continue
    const op = code[at]
    const a = registers[code[at + 1]]
    if (op < FIRST_TEMPORAL) {
      const value = pointwise(op as never, a, registers[code[at + 2]])
      if (Number.isNaN(value)) return i
      registers[code[at + 3]] = value
      continue
    }
    const hasEnded = step - first >= length
    const base = code[at + 5]
    const width = code[at + 4]
    let value: number
    switch (op) {
      case OP.delay:
        value = exchange(state, base, width, a)
        break
      case OP.advance:
        value = hasEnded && !padded ? values[i] : a
        break
      case OP.pastMaximum:
      case OP.futureMaximum:
        value = maximum(state, base, width, hasEnded ? Number.NEGATIVE_INFINITY : a)
        break
      case OP.pastMinimum:
      case OP.futureMinimum:
        value = -maximum(state, base, width, hasEnded ? Number.NEGATIVE_INFINITY : -a)
        break
      case OP.since:
        value = since(state, base, width, a, registers[code[at + 2]])
        break
      case OP.until: {
        const right = hasEnded ? Number.NEGATIVE_INFINITY : registers[code[at + 2]]
        value = pushSince(state, base, width, UNTIL, a, right)
        break
      }
      default:
        value = pushMean(state, base, width, a)
        if (Number.isNaN(value)) return i
    }
    registers[code[at + 3]] = value
  }
  return -1
}

/** Puts a value into a ring and takes out the one from `width` steps ago. State: | position | width values | */
function exchange(state: Float64Array, base: number, width: number, value: number): number {
  const position = state[base] | 0
  const cell = base + 1 + position
  const old = state[cell]
  state[cell] = value
  state[base] = position + 1 === width ? 0 : position + 1
  return old
}

function maximum(state: Float64Array, base: number, width: number, value: number): number {
  if (width > 0) return pushMaximum(state, base, width, value)
  if (value > state[base]) state[base] = value
  return state[base]
}

function since(state: Float64Array, base: number, width: number, left: number, right: number): number {
  if (width > 0) return pushSince(state, base, width, SINCE, left, right)
  const held = left < state[base] ? left : state[base]
  state[base] = right > held ? right : held
  return state[base]
}
