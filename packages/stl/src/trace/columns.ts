import { errorAt, StlError } from '../errors.ts'
import { assertTime, OP, type Program } from '../program/program.ts'

/**
 * A trace: for each signal its samples, all of the same length [T], T >= 1. Samples are numbers or infinities, not NaN.
 * Signals that a formula does not read are not looked at.
 */
export type Trace = { readonly [signal: string]: ArrayLike<number> }

/**
 * The samples of the signals that a program reads, checked; typed arrays are not copied.
 *
 * @param length T where the program reads no signal; default the longest signal of the trace
 * @throws {StlError} UNKNOWN_SIGNAL, TRACE_SHAPE, TRACE_EMPTY, TRACE_VALUE
 */
export function columnsOf(program: Program, trace: Trace): { columns: Float64Array[]; length: number } {
  assertTime(program, 'steps')
  const { signals } = program
  const names = signals.length > 0 ? signals : Object.keys(trace)
  for (const name of signals) {
    if (Object.hasOwn(trace, name)) continue
    const has = Object.keys(trace).slice(0, 12).join(', ')
    const reader = program.operations.find(({ op, width }) => op === OP.signal && signals[width] === name)!
    const message = `The formula reads "${name}", but the trace has only: ${has}.`
    throw errorAt('UNKNOWN_SIGNAL', message, { text: program.text, span: reader.span })
  }
  const length = names.length === 0 ? 0 : trace[names[0]].length
  if (length === 0) throw new StlError('TRACE_EMPTY', 'A trace must have a step or more, received one without.')
  const columns = signals.map((name) => {
    const samples = trace[name]
    if (samples.length !== length) {
      const message = `All signals must have as many samples: "${names[0]}" has ${length}, "${name}" ${samples.length}.`
      throw new StlError('TRACE_SHAPE', message)
    }
    const column = samples instanceof Float64Array ? samples : Float64Array.from(samples)
    for (let step = 0; step < length; step++) if (Number.isNaN(column[step])) throw noNumber(name, `step ${step}`)
    return column
  })
  return { columns, length }
}

/**
 * The error for a sample that is NaN.
 *
 * @param when "step 3", or "0.5 s"
 */
export function noNumber(signal: string, when: string): StlError {
  const message = `"${signal}" is no number at ${when}. Leave the step out, or fill in what it should be.`
  return new StlError('TRACE_VALUE', message)
}
