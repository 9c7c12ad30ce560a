/** One formula on one trace. */
import { harmlessText } from '@vigil/command-line'
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
  readonly options: Omit<CompileOptions, 'signals' | 'semantics'>
  /** sample by sample, as a monitor would see the trace */
  readonly online: boolean
  /** whether to look for the first violation, which takes longer than the robustness */
  readonly pointsOut: boolean
}

/** What came out. */
export type Outcome = {
  /** [T] as the profile has it */
  readonly robustness: Float64Array
  /** about step 0; see verdictOf() */
  readonly verdict: Verdict
  /** of the robustness at step 0, whatever comes behind the trace */
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
  const { trace, options, online, pointsOut } = settings
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
  return { robustness: values, verdict, bounds: { lower, upper }, violation }
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
