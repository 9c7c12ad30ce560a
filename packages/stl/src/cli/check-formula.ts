/** One formula on one trace. */
import { harmlessText } from '@vigil/command-line'
import { DenseMonitor } from '../dense/dense-monitor.ts'
import { denseBounds, denseRobustness } from '../dense/dense-robustness.ts'
import { StlError } from '../errors.ts'
import type { Formula, Specification } from '../language/formula.ts'
import { parse } from '../language/parse.ts'
import { printFormula } from '../language/print.ts'
import type { NumberInterval } from '../offline/interval-arithmetic.ts'
import { robustness } from '../offline/robustness.ts'
import { robustnessInterval } from '../offline/robustness-interval.ts'
import { type Verdict, verdictFrom } from '../offline/verdict.ts'
import { Monitor } from '../online/monitor.ts'
import { type CompileOptions, compile } from '../program/compile.ts'
import type { Program } from '../program/program.ts'
import type { Trace } from '../trace/columns.ts'
import type { FileTrace } from '../trace/read-trace.ts'
import { firstViolation } from './first-violation.ts'

/** How formulas are checked. */
export type CheckSettings = {
  readonly trace: FileTrace
  /** in steps of `options.samplingPeriod`, or in dense time at [T] seconds */
  readonly times: Float64Array | null
  readonly options: Omit<CompileOptions, 'signals' | 'semantics' | 'time'>
  /** sample by sample, as a monitor would see the trace */
  readonly online: boolean
  /** whether to look for the first violation, which takes longer than the robustness */
  readonly pointsOut: boolean
}

/** What came out. */
export type Outcome = {
  /** as the profile has it: [T] in steps, [seconds, robustness] where it changes in dense time */
  readonly robustness: Float64Array | readonly (readonly [number, number])[]
  /** about the first row; see verdictOf() and denseVerdictOf() */
  readonly verdict: Verdict
  /** the robustness at the first row */
  readonly first: number
  /** of that robustness, whatever comes behind the trace */
  readonly bounds: NumberInterval
  /** null where there is none, or where none was asked for */
  readonly violation: Violation | null
}

/** The first step at which a part of the formula that had to hold does not. */
type Violation = {
  readonly step: number
  readonly line: number
  /** the part, as text */
  readonly part: string
  readonly robustness: number
  /** samples of the signals that the part reads */
  readonly samples: readonly { readonly name: string; readonly value: number }[]
}

/**
 * Checks a formula.
 *
 * @throws {StlError} whatever is wrong with the formula, or with the trace for this formula
 */
export function checkFormula(text: string, settings: CheckSettings): Outcome {
  const { trace, times, options, online, pointsOut } = settings
  if (times !== null) return checkDense(text, { ...settings, times })
  const specification = parse(text, options)
  const compiled: Compiled = (formula, semantics) =>
    compile({ ...specification, formula, name: null, nameSpan: null }, { ...options, signals: trace.names, semantics })
  const program = compile(specification, { ...options, signals: trace.names })
  assertNumbers(program, trace)
  const values = online ? watch(program, trace) : robustness(program, samplesFor(program, trace))
  const bounds = (bounded: Program) => {
    const { lower, upper } = robustnessInterval(bounded, samplesFor(program, trace), { unbounded: 'trace' })
    return { lower: lower[0], upper: upper[0] }
  }
  const { lower, upper } = bounds(program)
  const verdict = verdictFrom({ lower, upper }, () => bounds(compiled(specification.formula, 'truth')))
  const violation = verdict === 'violated' && pointsOut ? describe(specification, { trace, options, compiled }) : null
  return { robustness: values, verdict, first: values[0], bounds: { lower, upper }, violation }
}

function checkDense(text: string, { trace, times, options, online }: CheckSettings & { times: Float64Array }): Outcome {
  const compiled = (semantics: 'robustness' | 'truth') =>
    compile(text, { ...options, signals: trace.names, semantics, time: 'dense' })
  const program = compiled('robustness')
  assertNumbers(program, trace)
  const names = program.signals.length > 0 ? program.signals : trace.names.slice(0, 1)
  const samples = Object.fromEntries(
    names.map((name) => [name, Array.from(times, (time, row): [number, number] => [time, trace.samples[name][row]])]),
  )
  const robustness = online ? watchDense(program, { trace, times }) : denseRobustness(program, samples)
  const bounds = denseBounds(program, samples)
  const verdict = verdictFrom(bounds, () => denseBounds(compiled('truth'), samples))
  const first = robustness.filter(([time]) => time <= times[0]).at(-1)![1]
  return { robustness, verdict, first, bounds, violation: null }
}

function watchDense(program: Program, { trace, times }: { trace: FileTrace; times: Float64Array }): [number, number][] {
  const monitor = new DenseMonitor(program)
  const columns = program.signals.map((name) => trace.samples[name])
  const changes: [number, number][] = []
  for (const [row, time] of times.entries()) {
    for (const change of monitor.push(
      time,
      columns.map((column) => column[row]),
    ))
      changes.push(change)
  }
  return changes
}

/** Compiles a part of the specification. */
type Compiled = (formula: Formula, semantics: 'robustness' | 'truth') => Program

function describe(
  specification: Specification,
  { trace, options, compiled }: Pick<CheckSettings, 'trace' | 'options'> & { compiled: Compiled },
): Violation {
  // What is open may still hold, so the upper bound says where something does not.
  const most = (program: Program) =>
    robustnessInterval(program, samplesFor(program, trace), { unbounded: 'trace' }).upper
  const holds = (formula: Formula) => {
    const number = most(compiled(formula, 'robustness'))
    if (!number.includes(0)) return number
    const truth = most(compiled(formula, 'truth'))
    return number.map((value, step) => (value === 0 ? truth[step] : value))
  }
  const { step, part } = firstViolation(specification, { holds, length: trace.length, options })
  const program = compiled(part, 'robustness')
  return {
    step,
    line: trace.lines[step],
    part: printFormula(part),
    robustness: robustness(program, samplesFor(program, trace))[step],
    samples: program.signals.map((name) => ({ name, value: trace.samples[name][step] })),
  }
}

/** A formula without signals has a value at every step of the trace too. */
function samplesFor(program: Program, { samples, length }: FileTrace): Trace {
  return program.signals.length > 0 ? samples : { step: new Float64Array(length) }
}

function watch(program: Program, { samples, length }: FileTrace): Float64Array {
  const monitor = new Monitor(program)
  const values = new Float64Array(length)
  const columns = program.signals.map((name) => samples[name])
  const sample = new Float64Array(columns.length)
  let count = 0
  for (let step = 0; step < length; step++) {
    for (let i = 0; i < columns.length; i++) sample[i] = columns[i][step]
    const value = monitor.push(sample)
    if (value !== null) values[count++] = value
  }
  values.set(monitor.finish(), count)
  return values
}

function assertNumbers(program: Program, { badCells }: FileTrace): void {
  for (const name of program.signals) {
    const cell = badCells.get(name)
    if (cell === undefined) continue
    const { line, column, step, text } = cell
    const shown = text === '' ? 'an empty cell' : `"${harmlessText(text, 40)}"`
    const message =
      `The formula reads "${name}", which must be a number (up to 1.8e308) at every step, but line ${line}, column ${column} of the ` +
      `trace (step ${step}) has ${shown}. Leave the row out, or fill in what it should be.`
    throw new StlError('TRACE_VALUE', message, { line, column, excerpt: null })
  }
}
