/** The column "time" of a trace: when each row was taken. */
import { StlError } from '../errors.ts'
import type { FileTrace } from './read-trace.ts'

/** The name of the column, in capitals or not. It is a signal too, for formulas that read it. */
const TIME_COLUMN = 'time'

function timeColumnOf({ names }: FileTrace): string | undefined {
  return names.includes(TIME_COLUMN) ? TIME_COLUMN : names.find((name) => name.toLowerCase() === TIME_COLUMN)
}

/** How far a sample may lie from where even steps would have it: in seconds, or as a share of a step. */
export type Jitter = { readonly amount: number; readonly unit: 's' | 'share' }

/** What is known of time without a column. */
export type TimeSettings = {
  /** seconds; null where the column is to say it */
  readonly samplingPeriod: number | null
  /** null for none but that of rounded decimals */
  readonly jitter: Jitter | null
}

/**
 * When each row was taken, for dense time.
 *
 * @returns [T] seconds that rise
 * @throws {StlError} TRACE_TIME, with line and column of the file
 */
export function denseTimesOf(trace: FileTrace): Float64Array {
  const times = timesOf(trace)
  if (times !== null) return times
  throw noTimes(trace, 'Dense time')
}

function noTimes({ names }: FileTrace, what: string): StlError {
  const has = names.slice(0, 12).join(', ')
  const message = `${what} needs a column "${TIME_COLUMN}" that says at which second each row was taken, but there are only: ${has}.`
  return new StlError('TRACE_TIME', message, { line: 1, column: 1, excerpt: null })
}

/**
 * When each row was taken.
 *
 * @returns [T] seconds that rise, or null where there is no such column
 * @throws {StlError} TRACE_TIME, with line and column of the file
 */
function timesOf(trace: FileTrace): Float64Array | null {
  const column = timeColumnOf(trace)
  if (column === undefined) return null
  const times = trace.samples[column] as Float64Array
  for (let row = 0; row < times.length; row++) {
    if (!Number.isFinite(times[row])) {
      throw timeError(
        trace,
        row,
        'is no time. The column "time" must hold seconds as numbers; or give it another name.',
      )
    }
    if (row > 0 && !(times[row] > times[row - 1])) {
      const found = `is ${times[row]} s, after ${times[row - 1]} s in the row before.`
      throw timeError(
        trace,
        row,
        `${found} Time must rise from row to row: sort the rows, and keep one of those with the same time.`,
      )
    }
  }
  return times
}

/**
 * Seconds between two rows of a trace in discrete time: as given, or what the column "time" says, or 1 as in RTAMT.
 *
 * Without jitter every difference must be the same, but for the rounding of large times in double precision. With it, every
 * sample must lie within the jitter of where even steps from the first would have it, for the period that is given or for
 * any one.
 *
 * @throws {StlError} TRACE_TIME for a time that does not rise, that is not uniform, or that contradicts what was given
 */
export function samplingPeriodOf(trace: FileTrace, { samplingPeriod, jitter }: TimeSettings): number {
  const times = timesOf(trace)
  if (times === null && jitter !== null) throw noTimes(trace, '--jitter')
  if (times === null || times.length < 2) return samplingPeriod ?? 1
  const rounding = 4 * Number.EPSILON * Math.max(Math.abs(times[0]), Math.abs(times[times.length - 1]))
  return jitter === null
    ? evenPeriod(trace, times, { samplingPeriod, rounding })
    : jitteredPeriod(trace, times, { samplingPeriod, rounding, jitter })
}

function evenPeriod(
  trace: FileTrace,
  times: Float64Array,
  { samplingPeriod, rounding }: { samplingPeriod: number | null; rounding: number },
): number {
  const typical = simplest(medianDifference(times), rounding)
  if (samplingPeriod !== null && apart(typical, samplingPeriod, rounding)) {
    const message = `follows ${typical} s after the row before, but the sampling period is given as ${samplingPeriod} s. Correct one of them, or leave --sampling-period out.`
    throw timeError(trace, 1, message)
  }
  const step = samplingPeriod ?? typical
  for (let row = 1; row < times.length; row++) {
    const difference = times[row] - times[row - 1]
    if (Math.abs(difference - step) <= rounding + 1e-9 * step) continue
    throw notUniform(trace, row, `${seconds(difference)} s after the row before, where a step is ${step} s`)
  }
  const mean = (times[times.length - 1] - times[0]) / (times.length - 1)
  return samplingPeriod ?? simplest(mean, rounding / (times.length - 1))
}

/** Each sample leaves a range of periods. What all of them leave is exact: nothing is refused that some period would fit. */
function jitteredPeriod(
  trace: FileTrace,
  times: Float64Array,
  { samplingPeriod, rounding, jitter }: { samplingPeriod: number | null; rounding: number; jitter: Jitter },
): number {
  const isTime = jitter.unit === 's'
  const [amount, share] = isTime ? [jitter.amount, 0] : [0, jitter.amount]
  const shown = isTime ? `${jitter.amount} s` : `${100 * jitter.amount} %`
  let least = samplingPeriod ?? 0
  let most = samplingPeriod ?? Number.POSITIVE_INFINITY
  for (let row = 1; row < times.length; row++) {
    const since = times[row] - times[0]
    const low = (since - amount - rounding) / (row + share)
    const high = (since + amount + rounding) / (row - share)
    if (low > most || high < least) {
      const found = `${seconds(since)} s after the first row, where ${row} even steps`
      const steps =
        samplingPeriod === null
          ? `of a length that fits the rows before are ${seconds(row * least)} to ${seconds(row * most)} s`
          : `are ${seconds(row * samplingPeriod)} s`
      throw notUniform(trace, row, `${found} ${steps}, with a jitter of ${shown}`)
    }
    if (samplingPeriod === null) {
      least = Math.max(least, low)
      most = Math.min(most, high)
    }
  }
  return samplingPeriod ?? simplest(least + (most - least) / 2, (most - least) / 2)
}

function medianDifference(times: Float64Array): number {
  const differences = Float64Array.from({ length: times.length - 1 }, (_, i) => times[i + 1] - times[i]).sort()
  return differences[(differences.length - 1) >> 1]
}

/** The shortest decimal that differs by no more than the times are uncertain: 0.01 for 0.010000228881835938. */
function simplest(value: number, uncertainty: number): number {
  for (let digits = 1; digits <= 15; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.abs(rounded - value) <= uncertainty) return rounded
  }
  return value
}

function apart(x: number, y: number, rounding: number): boolean {
  return Math.abs(x - y) > rounding + 1e-9 * Math.max(x, y)
}

function notUniform(trace: FileTrace, row: number, found: string): StlError {
  const message =
    `is not uniform: ${found}. ` +
    'Resample, allow so much by --jitter=, or use --semantics=dense, which needs no steps.'
  return timeError(trace, row, message)
}

function timeError(trace: FileTrace, row: number, message: string): StlError {
  const { lines, names } = trace
  const column = names.indexOf(timeColumnOf(trace)!) + 1
  const text = `The time of row ${row + 1} (line ${lines[row]} of the trace) ${message}`
  return new StlError('TRACE_TIME', text, { line: lines[row], column, excerpt: null })
}

function seconds(value: number): number {
  return Number(value.toPrecision(9))
}
