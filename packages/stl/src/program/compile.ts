/** From a specification to a program: names, units and dialects are resolved here and nowhere else. */
import { nearestName } from '@vigil/command-line'
import { errorAt, placeOf, type Span, StlError } from '../errors.ts'
import { type Definition, type Formula, foldFormula, type Specification } from '../language/formula.ts'
import { parse } from '../language/parse.ts'
import { PROFILES, type Profile, type ProfileName } from '../profile.ts'
import { ProgramBuilder } from './builder.ts'
import { asksForTruth, lowerNode } from './lower.ts'
import { OP, type Program } from './program.ts'
import type { Clock } from './steps.ts'

/** What a formula is compiled to compute. */
export type Semantics =
  /** space robustness: how far from being violated (above 0) or satisfied (below 0), in units of the predicates */
  | 'robustness'
  /** classical truth: 1 or -1 */
  | 'truth'

/** How a specification is read. */
export type CompileOptions = {
  /** names that a trace will have; without, every name that is nothing else is a signal */
  readonly signals?: readonly string[]
  readonly constants?: Readonly<Record<string, number>>
  /** seconds between two steps, default 1 as in RTAMT; intervals in units of time ask for it */
  readonly samplingPeriod?: number
  readonly profile?: ProfileName
  /** robustness of iff and xor, default the profile's; under expansion a robustness above 0 always means true */
  readonly equivalence?: Profile['equivalence']
  /** default robustness */
  readonly semantics?: Semantics
  /**
   * discrete (default): a trace has steps. dense: signals are piecewise constant over time in seconds, for
   * denseRobustness() and DenseMonitor; under profile rtamt only, as STLCG++ has no dense time
   */
  readonly time?: 'discrete' | 'dense'
}

/**
 * Compiles a specification. A name means a definition, a constant or a signal, and must not mean two: "x = 5" for "x == 5" is
 * an error where x is known to be a signal.
 *
 * @example
 * ```ts
 * compile('G[0, 6] x > 0') // RTAMT's dialect: 0 to 6 seconds, here 7 steps of 1 s
 * compile('G[0, 6] x > 0', { samplingPeriod: 2 }) // the same time in steps of 2 s: 4 steps
 * compile('G[0, 6] x > 0', { profile: 'stlcgpp' }) // 7 steps
 * ```
 *
 * @param specification text, or what parse() returned under the same profile
 * @throws {StlError} what parse() throws; UNKNOWN_SIGNAL, UNKNOWN_CONSTANT, DUPLICATE_NAME, INTERVAL_*, WINDOW, OPTION
 */
export function compile(specification: string | Specification, options: CompileOptions = {}): Program {
  const { constants = {}, samplingPeriod = 1, profile = 'rtamt', semantics = 'robustness', time = 'discrete' } = options
  assertOptions({ constants, samplingPeriod, profile, time })
  const source = typeof specification === 'string' ? parse(specification, { profile }) : specification
  const { text, definitions, formula } = source
  const clock = clockOf(text, { constants, samplingPeriod, profile })
  const { equivalence = PROFILES[profile].equivalence } = options
  const builder = new ProgramBuilder({
    profile: { ...PROFILES[profile], equivalence },
    clock,
    time: time === 'dense' ? 'seconds' : 'steps',
  })
  const names = new NameTable(source, options)
  names.assertNoAssignment(source)
  for (const definition of definitions) {
    // Who uses the name decides which of the two stays in the program.
    const value = lower(definition.formula, { builder, names, asTruth: false })
    const truth = lower(definition.formula, { builder, names, asTruth: true })
    names.define(definition, { value, truth })
  }
  const program = builder.finish(lower(formula, { builder, names, asTruth: semantics === 'truth' }))
  if (program.signals.includes(source.name ?? ''))
    throw assignment(source.name!, 'signal', { text, span: source.nameSpan! })
  return program
}

/** What the bounds of a specification are measured with. */
export function clockOf(
  text: string,
  {
    constants = {},
    samplingPeriod = 1,
    profile = 'rtamt',
  }: Pick<CompileOptions, 'constants' | 'samplingPeriod' | 'profile'>,
): Clock {
  return { text, constants, samplingPeriod, boundUnit: PROFILES[profile].boundUnit }
}

/** The operation that is a formula's number or, where `asTruth`, its truth: above 0 or not. */
function lower(
  root: Formula,
  { builder, names, asTruth }: { builder: ProgramBuilder; names: NameTable; asTruth: boolean },
): number {
  return foldFormula<boolean, number>(root, {
    context: asTruth,
    pass: asksForTruth,
    combine: (formula, operands, asTruth) => {
      if (formula.kind === 'name') {
        const meaning = names.resolve(formula.name, formula.span)
        if (meaning.kind === 'definition') return asTruth ? meaning.truth : meaning.value
        const { span } = formula
        const leaf =
          meaning.kind === 'constant' ? builder.constant(meaning.value, span) : builder.signal(formula.name, span)
        return asTruth ? builder.emit(OP.positive, { a: leaf, span }) : leaf
      }
      return lowerNode(builder, formula, { operands, asTruth })
    },
  })
}

/** What a name stands for. */
type Meaning =
  | { readonly kind: 'definition'; readonly value: number; readonly truth: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'signal' }

class NameTable {
  private readonly meanings = new Map<string, Meaning>()
  private readonly text: string
  private readonly defined: ReadonlySet<string>
  private readonly isClosed: boolean

  constructor(
    { text, definitions }: Specification,
    { constants = {}, signals }: Pick<CompileOptions, 'constants' | 'signals'>,
  ) {
    this.text = text
    this.defined = new Set(definitions.map(({ name }) => name))
    this.isClosed = signals !== undefined
    for (const signal of signals ?? []) this.meanings.set(signal, { kind: 'signal' })
    for (const [name, value] of Object.entries(constants)) this.add(name, { kind: 'constant', value }, null)
  }

  /** @throws {StlError} DUPLICATE_NAME for "x = 5" where x is a signal or a constant, which is to compare, not to define */
  assertNoAssignment({ text, definitions, name, nameSpan }: Specification): void {
    const named = [...definitions, ...(name === null || nameSpan === null ? [] : [{ name, span: nameSpan }])]
    for (const { name, span } of named) {
      const other = this.meanings.get(name)
      if (other === undefined) continue
      throw assignment(name, other.kind, { text, span })
    }
  }

  define({ name, span }: Definition, operations: { value: number; truth: number }): void {
    this.add(name, { kind: 'definition', ...operations }, span)
  }

  resolve(name: string, span: Span): Meaning {
    const meaning = this.meanings.get(name)
    if (meaning !== undefined) return meaning
    const isLater = this.defined.has(name)
    if (!this.isClosed && !isLater) return { kind: 'signal' }
    const known = [...this.meanings.keys()]
    const nearest = known.length === 0 ? null : nearestName(name, known)
    const shown = known.slice(0, 12).join(', ')
    const remedy = isLater
      ? 'It is defined further on: put its definition first'
      : nearest !== null
        ? `Did you mean "${nearest}"`
        : `Known are ${shown}${known.length > 12 ? ', ...' : ''}`
    const message = `There is no signal, constant or definition "${name}". ${remedy}${nearest !== null && !isLater ? '?' : '.'}`
    throw errorAt('UNKNOWN_SIGNAL', message, { text: this.text, span })
  }

  private add(name: string, meaning: Meaning, span: Span | null): void {
    const other = this.meanings.get(name)
    if (other !== undefined) {
      const message = `"${name}" is a ${meaning.kind} and a ${other.kind}. Rename one of them.`
      throw new StlError('DUPLICATE_NAME', message, span === null ? null : placeOf(this.text, span))
    }
    this.meanings.set(name, meaning)
  }
}

function assignment(name: string, kind: Meaning['kind'], at: { text: string; span: Span }): StlError {
  const message =
    `"${name} = ..." defines a name, but "${name}" is a ${kind} already. ` +
    `To compare write "${name} == ..."; to define take another name.`
  return errorAt('DUPLICATE_NAME', message, at)
}

function assertOptions({ constants = {}, samplingPeriod = 1, profile = 'rtamt', time }: CompileOptions): void {
  if (!Object.hasOwn(PROFILES, profile)) {
    throw new StlError('OPTION', `profile must be ${Object.keys(PROFILES).join(' or ')}, received "${profile}".`)
  }
  if (time !== 'discrete' && time !== 'dense') {
    throw new StlError('OPTION', `time must be "discrete" or "dense", received "${time}".`)
  }
  if (time === 'dense' && profile !== 'rtamt') {
    throw new StlError('OPTION', `Dense time has profile "rtamt" only, received "${profile}".`)
  }
  if (!(samplingPeriod > 0 && samplingPeriod < Number.POSITIVE_INFINITY)) {
    throw new StlError('OPTION', `samplingPeriod must be a number of seconds above 0, received ${samplingPeriod}.`)
  }
  for (const [name, value] of Object.entries(constants)) {
    if (Number.isNaN(value)) throw new StlError('OPTION', `The constant "${name}" must be a number, received NaN.`)
  }
}
