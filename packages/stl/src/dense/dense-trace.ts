/** Traces in dense time. */
import { errorAt, StlError } from '../errors.ts'
import { OP, type Program } from '../program/program.ts'
import { noNumber } from '../trace/columns.ts'
import { PieceList, type Pieces } from './pieces.ts'

/**
 * For each signal its samples [seconds, value] in the order of time, at least one: the value holds until the next sample.
 * Values are numbers or infinities, not NaN. Signals may be sampled at different times.
 */
export type DenseTrace = { readonly [signal: string]: readonly (readonly [number, number])[] }

/** The signals that a program reads, checked. */
export type DenseSignals = {
  /** in the order of the program's */
  readonly signals: readonly Pieces[]
  /** seconds at which the first and the last of them begin, and where the last sample of any of them is */
  readonly earliest: number
  readonly start: number
  readonly end: number
}

/** @throws {StlError} UNKNOWN_SIGNAL, TRACE_EMPTY, TRACE_TIME, TRACE_VALUE */
export function denseSignals(program: Program, trace: DenseTrace): DenseSignals {
  for (const [signal, name] of program.signals.entries()) {
    if (Object.hasOwn(trace, name)) continue
    const has = Object.keys(trace).slice(0, 12).join(', ')
    const reader = program.operations.find(({ op, width }) => op === OP.signal && width === signal)!
    const message = `The formula reads "${name}", but the trace has only: ${has}.`
    throw errorAt('UNKNOWN_SIGNAL', message, { text: program.text, span: reader.span })
  }
  const signals = program.signals.map((name) => piecesOf(name, trace[name]))
  const read = program.signals.length > 0 ? program.signals : Object.keys(trace)
  const firsts = read.map((name) => trace[name][0]?.[0] ?? 0)
  const lasts = read.map((name) => trace[name].at(-1)?.[0] ?? 0)
  return {
    signals,
    earliest: firsts.length === 0 ? 0 : firsts.reduce((x, y) => Math.min(x, y)),
    start: firsts.length === 0 ? 0 : firsts.reduce((x, y) => Math.max(x, y)),
    end: [...firsts, ...lasts].reduce((x, y) => Math.max(x, y), firsts.length === 0 ? 0 : Number.NEGATIVE_INFINITY),
  }
}

function piecesOf(name: string, samples: readonly (readonly [number, number])[]): Pieces {
  if (samples.length === 0) {
    throw new StlError('TRACE_EMPTY', `"${name}" has no sample. In dense time a signal needs one or more.`)
  }
  const out = new PieceList()
  let before = Number.NEGATIVE_INFINITY
  for (const [index, [time, value]] of samples.entries()) {
    if (!(time > before && time < Number.POSITIVE_INFINITY)) {
      const message =
        `The times of "${name}" must be finite numbers of seconds that rise, but sample ${index} is at ${time} s` +
        `${index === 0 ? '' : `, after ${before} s`}. Sort the samples, and keep one of those at the same time.`
      throw new StlError('TRACE_TIME', message)
    }
    if (!(value <= Number.POSITIVE_INFINITY)) throw noNumber(name, `${time} s`)
    out.add({ time, behind: false }, value)
    before = time
  }
  return out.pieces
}
