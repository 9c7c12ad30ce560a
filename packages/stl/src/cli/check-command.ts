/** The command `nx run stl:check`, but for the process around it. */
import { readFile } from 'node:fs/promises'
import {
  choiceFlag,
  commandError,
  type Flags,
  type FlagTable,
  readFlags,
  switchFlag,
  systemReason,
} from '@vigil/command-line'
import { StlError } from '../errors.ts'
import { type FileTrace, readTrace } from '../trace/read-trace.ts'
import { denseTimesOf, type Jitter, samplingPeriodOf, type TimeSettings } from '../trace/time.ts'
import { type CheckSettings, checkFormula } from './check-formula.ts'
import { asJson, asText, type Result } from './results.ts'

/** Every flag of the command. */
export const FLAGS = {
  formula: { value: 'FORMULA', about: 'what is to hold, as G (x < 0.5); docs/stl.md has the language' },
  formulas: { value: 'FILE', about: 'in place of --formula: one formula per line' },
  trace: { value: 'FILE', about: 'CSV with a header of signal names and one row per step' },
  profile: { value: 'NAME', about: 'whose semantics', choices: ['rtamt', 'stlcgpp'], default: 'rtamt' },
  constants: { value: 'LIST', about: 'names that formulas use: a=5,b=0.1' },
  'sampling-period': {
    value: 'TIME',
    about: 'between two steps, as 10ms or 0.5s; without it what the column time says, or 1s',
  },
  jitter: {
    value: 'TIME|SHARE',
    about: 'how far a sample may lie from where even steps have it, as 5ms or 10%; without it, not at all',
  },
  semantics: {
    value: 'NAME',
    about: 'of time: steps of equal length, or signals that keep their value from one time to the next',
    choices: ['discrete', 'dense'],
    default: 'discrete',
  },
  online: {
    value: 'true|false',
    about: 'sample by sample, as a monitor would: the same values, or why it cannot',
    default: 'false',
  },
  json: { value: 'true|false', about: 'JSON in place of text, one line per formula', default: 'false' },
} as const satisfies FlagTable

const SECONDS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 }
/** How a check ends. */
const EXIT = { violated: 1, badFormula: 2, badTrace: 3, inconclusive: 4 } as const

/**
 * Checks formulas on a trace.
 *
 * @param words the command line
 * @param write gets one text per formula
 * @returns the exit code: 0 all hold, 1 one is violated, 4 none is violated but one inconclusive, 2 one cannot be read,
 *   3 the trace is bad; of several the one that is furthest behind in the order 0, 4, 1, 2, 3
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE for a command line that cannot be followed
 */
export async function checkCommand(words: readonly string[], write: (text: string) => void): Promise<number> {
  const flags = readFlags(words, FLAGS)
  const formulas = await formulasOf(flags)
  const path = required(flags, 'trace', '--trace=trace.csv, a header of signal names and one row per step')
  const options = {
    profile: choiceFlag(flags, 'profile', FLAGS.profile.choices) ?? FLAGS.profile.default,
    constants: constantsOf(flags),
  } as const
  const time = timeFlags(flags)
  const online = switchFlag(flags, 'online')
  const inJson = switchFlag(flags, 'json')
  const print = inJson ? asJson : asText
  const timed = await timedTrace(path, time).catch((error: unknown) => {
    if (error instanceof StlError) return error
    throw error
  })
  if (!(timed instanceof StlError)) assertDistinct(options.constants, timed.trace.names)
  let exitCode = 0
  for (const formula of formulas) {
    const result = outcomeOf(formula, timed, { options, online, pointsOut: !inJson })
    write(`${print(formula, result)}\n`)
    exitCode = worse(exitCode, exitCodeOf(result))
  }
  return exitCode
}

/** A trace and its time: seconds between two steps, or in dense time the seconds of each row. */
type TimedTrace = { readonly trace: FileTrace; readonly samplingPeriod: number; readonly times: Float64Array | null }

async function timedTrace(path: string, time: TimeSettings | 'dense'): Promise<TimedTrace> {
  const trace = await readTrace(path)
  if (time === 'dense') return { trace, samplingPeriod: 1, times: denseTimesOf(trace) }
  return { trace, samplingPeriod: samplingPeriodOf(trace, time), times: null }
}

function outcomeOf(
  formula: string,
  timed: TimedTrace | StlError,
  { options, ...settings }: Omit<CheckSettings, 'trace' | 'times'>,
): Result {
  if (timed instanceof StlError) return timed
  const { trace, samplingPeriod, times } = timed
  try {
    return checkFormula(formula, { trace, times, options: { ...options, samplingPeriod }, ...settings })
  } catch (error) {
    if (error instanceof StlError) return error
    throw error
  }
}

/** A mistake in a formula is a mistake of usage; what only a trace can do, dividing by zero too, is bad data. */
function exitCodeOf(result: Result): number {
  if (!(result instanceof StlError)) {
    if (result.verdict === 'inconclusive') return EXIT.inconclusive
    return result.verdict === 'satisfied' ? 0 : EXIT.violated
  }
  const isData = result.kind === 'data' || result.code === 'DIVISION_BY_ZERO' || result.code === 'NOT_A_NUMBER'
  return isData ? EXIT.badTrace : EXIT.badFormula
}

/** A formula that is surely violated says more than one that is open. */
const SEVERITY: readonly number[] = [0, EXIT.inconclusive, EXIT.violated, EXIT.badFormula, EXIT.badTrace]

function worse(a: number, b: number): number {
  return SEVERITY.indexOf(a) < SEVERITY.indexOf(b) ? b : a
}

async function formulasOf(flags: Flags): Promise<string[]> {
  if (flags.has('formula') === flags.has('formulas')) {
    throw commandError('INVALID_VALUE', 'Give either --formula="G (x < 0.5)" or --formulas=FILE, one formula per line.')
  }
  if (flags.has('formula')) return [required(flags, 'formula', '--formula="G (x < 0.5)"')]
  const path = required(flags, 'formulas', '--formulas=FILE')
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw commandError(
      'INVALID_VALUE',
      `--formulas: ${path} cannot be read: ${systemReason(error)}. Give a text file, one formula per line.`,
    )
  })
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trim())
  const formulas = lines.filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('//'))
  if (formulas.length > 0) return formulas
  throw commandError('INVALID_VALUE', `--formulas: ${path} has no formula. Write one per line.`)
}

function constantsOf(flags: Flags): Record<string, number> {
  const text = flags.get('constants')
  if (text === undefined) return {}
  const entries = (text ?? '').split(',').map((entry) => {
    const [, name, number] = /^\s*([^=]+?)\s*=\s*(\S+)\s*$/.exec(entry) ?? []
    const value = Number(number)
    if (name !== undefined && (Number.isFinite(value) || /^[+-]?inf(inity)?$/i.test(number)))
      return [name, constantOf(number)] as const
    throw commandError('INVALID_VALUE', `--constants must look like --constants=a=5,b=0.1, but is "${text ?? ''}".`)
  })
  return Object.fromEntries(entries)
}

/** 1e999 is too large for a number, and not meant as infinity. */
function constantOf(text: string): number {
  return /inf/i.test(text) ? (text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : Number(text)
}

/** A constant has no place in a formula, so what is wrong is the flag. */
function assertDistinct(constants: Readonly<Record<string, number>>, columns: readonly string[]): void {
  const name = columns.find((column) => Object.hasOwn(constants, column))
  if (name === undefined) return
  const message = `--constants must not have the name of a column of the trace, but has "${name}". Rename one of them.`
  throw commandError('INVALID_VALUE', message)
}

function timeFlags(flags: Flags): TimeSettings | 'dense' {
  const time = { samplingPeriod: periodFlag(flags), jitter: jitterFlag(flags) }
  if ((choiceFlag(flags, 'semantics', FLAGS.semantics.choices) ?? FLAGS.semantics.default) === 'discrete') return time
  const other = ['sampling-period', 'jitter'].find((name) => flags.has(name))
  if (other !== undefined) {
    throw commandError('INVALID_VALUE', `--${other} is about steps, and --semantics=dense has none. Leave one out.`)
  }
  if (flags.get('profile') === 'stlcgpp') {
    throw commandError('INVALID_VALUE', '--semantics=dense has profile rtamt only: STLCG++ has no dense time.')
  }
  return 'dense'
}

/** Seconds between two steps; null where the trace is to say it. */
function periodFlag(flags: Flags): number | null {
  const text = flags.get('sampling-period')
  if (text === undefined) return null
  const period = secondsOf(text ?? '')
  if (period > 0 && period < Number.POSITIVE_INFINITY) return period
  throw commandError('INVALID_VALUE', `--sampling-period must look like 10ms or 0.5s, but is "${text ?? ''}".`)
}

/** How far samples may lie from even steps. */
function jitterFlag(flags: Flags): Jitter | null {
  const text = flags.get('jitter')
  if (text === undefined) return null
  const share = /^\s*([\d.]+)\s*%\s*$/.exec(text ?? '')
  const jitter: Jitter =
    share === null ? { amount: secondsOf(text ?? ''), unit: 's' } : { amount: Number(share[1]) / 100, unit: 'share' }
  const isTooMuch = jitter.unit === 'share' && jitter.amount > 0.5
  if (jitter.amount >= 0 && jitter.amount < Number.POSITIVE_INFINITY && !isTooMuch) return jitter
  throw commandError(
    'INVALID_VALUE',
    `--jitter must look like 5ms, or 10% of a step (up to 50%), but is "${text ?? ''}".`,
  )
}

/** NaN for what is no time. */
function secondsOf(text: string): number {
  const [, number, unit = 's'] = /^\s*([\d.]+(?:e[+-]?\d+)?)\s*(s|ms|us|ns)?\s*$/i.exec(text) ?? []
  return Number(number) * SECONDS[unit.toLowerCase()]
}

function required(flags: Flags, name: string, example: string): string {
  const value = flags.get(name)
  if (value !== undefined && value !== null && value !== '') return value
  throw commandError('INVALID_VALUE', `--${name} is needed: ${example}.`)
}
