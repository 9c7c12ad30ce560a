/** One step of a schedule. */
import { pushMaximum, resetMaximum } from '../kernels/sliding-maximum.ts'
import { pushMean } from '../kernels/sliding-mean.ts'
import { pushSince, resetSince, SINCE, UNTIL } from '../kernels/sliding-since.ts'
import { pointwise } from '../program/pointwise.ts'
import { FIRST_TEMPORAL, OP, type OpCode } from '../program/program.ts'
import { CODE_STRIDE, FIELD, type Schedule } from './schedule.ts'

/** Makes a state in which no step has been seen. */
export function resetState({ code, values }: Schedule, state: Float64Array): void {
  state.fill(0)
  for (let i = 0, at = 0; at < code.length; i++, at += CODE_STRIDE) {
    const op = code[at + FIELD.op]
    const width = code[at + FIELD.width]
    const base = code[at + FIELD.state]
    if (op === OP.delay) state.fill(values[i], base + 1, base + 1 + width)
    else if (op >= OP.pastMaximum && op <= OP.futureMinimum) resetMaximum(state, base, width)
    else if (op === OP.since || op === OP.until) resetSince(state, base, width)
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
    const first = code[at + FIELD.first]
    // Before its operands have a value an instruction waits; when its own last value is out it rests.
    if (step < first || step - code[at + FIELD.delay] >= length) continue
    const op = code[at + FIELD.op]
    const a = registers[code[at + FIELD.a]]
    if (op < FIRST_TEMPORAL) {
      const value = pointwise(op as OpCode, a, registers[code[at + FIELD.b]])
      if (Number.isNaN(value)) return i
      registers[code[at + FIELD.register]] = value
      continue
    }
    const hasEnded = step - first >= length
    const base = code[at + FIELD.state]
    const width = code[at + FIELD.width]
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
        value = pushMaximum(state, base, width, hasEnded ? Number.NEGATIVE_INFINITY : a)
        break
      case OP.pastMinimum:
      case OP.futureMinimum:
        value = -pushMaximum(state, base, width, hasEnded ? Number.NEGATIVE_INFINITY : -a)
        break
      case OP.since:
        value = pushSince(state, base, width, SINCE, a, registers[code[at + FIELD.b]])
        break
      case OP.until: {
        const right = hasEnded ? Number.NEGATIVE_INFINITY : registers[code[at + FIELD.b]]
        value = pushSince(state, base, width, UNTIL, a, right)
        break
      }
      default:
        value = pushMean(state, base, width, a)
        if (Number.isNaN(value)) return i
    }
    registers[code[at + FIELD.register]] = value
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
