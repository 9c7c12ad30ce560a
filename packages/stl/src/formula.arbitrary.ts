/** Random formulas and traces, for property tests. */
import fc from 'fast-check'
import type { Formula, Interval, Specification } from './language/formula.ts'

const span = { start: 0, end: 0 }

/** Multiples of 1/4 with ties: sums, means and products of a few are exact whatever the order. */
const sample = fc.integer({ min: -12, max: 12 }).map((quarters) => quarters / 4)

/** Traces of signals x, y and z, 1 to 12 steps long. */
export const arbitraryTrace = fc.integer({ min: 1, max: 12 }).chain((length) => {
  const signal = fc.array(sample, { minLength: length, maxLength: length })
  return fc.record({ x: signal, y: signal, z: signal })
})

/** What formulas may have. */
type Kinds = {
  readonly unboundedFuture: boolean
  readonly unboundedPast: boolean
  /** no operators about steps, bounds in quarters of a second */
  readonly dense?: boolean
  /** no operators that look ahead */
  readonly pastOnly?: boolean
}

function interval(unbounded: boolean, scale: number): fc.Arbitrary<Interval | null> {
  const bound = (value: number) => ({ value: value * scale, unit: null, span })
  const bounded = fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 5 }))
    .map(([from, more]): Interval => ({ from: bound(from), to: bound(from + more), span }))
  if (!unbounded) return bounded
  const endless = fc.integer({ min: 0, max: 3 }).map((from): Interval => ({ from: bound(from), to: null, span }))
  return fc.oneof({ weight: 3, arbitrary: bounded }, endless, fc.constant(null))
}

const STEP_OPERATORS = ['next', 's_next', 'prev', 's_prev', 'rise', 'fall'] as const

/** Formulas over x, y and z, of some ten operators, without division. */
export function arbitraryFormula({
  unboundedFuture,
  unboundedPast,
  dense = false,
  pastOnly = false,
}: Kinds): fc.Arbitrary<Formula> {
  const ahead = interval(unboundedFuture, dense ? 0.25 : 1)
  const back = interval(unboundedPast, dense ? 0.25 : 1)
  const of = <Kind extends Formula['kind'], Operator extends string>(kind: Kind, ...operators: Operator[]) => ({
    kind: fc.constant(kind),
    operator: fc.constantFrom(...operators),
    span: fc.constant(span),
  })
  return fc.letrec<{ term: Formula; formula: Formula }>((tie) => {
    const name = fc.constantFrom('x', 'y', 'z').map((name): Formula => ({ kind: 'name', name, span }))
    const number = fc.integer({ min: 0, max: 8 }).map((n): Formula => ({ kind: 'number', value: n / 4, span }))
    const terms = { left: tie('term'), right: tie('term') }
    const formulas = { left: tie('formula'), right: tie('formula') }
    const window = fc.integer({ min: 1, max: 4 }).map((value) => ({ value, unit: null, span }))
    const operand = tie('formula')
    return {
      term: fc.oneof(
        { maxDepth: 6, depthSize: 'medium' },
        name,
        number,
        fc.record({ ...of('binary', '+', '-', '*', 'min', 'max'), ...terms }),
        fc.record({ ...of('unary', 'negate', 'abs'), operand: tie('term') }),
        ...(dense
          ? []
          : [
              fc.record({ ...of('statistic', 'mean'), operand: name, window }),
              fc.record({ ...of('statistic', 'rate'), operand, window }),
            ]),
      ),
      formula: fc.oneof(
        { maxDepth: 6, depthSize: 'medium' },
        name,
        fc.record({ ...of('binary', '<', '<=', '>', '>=', '==', '!=='), ...terms }),
        fc.record({ ...of('binary', 'and', 'or', 'implies', 'iff', 'xor'), ...formulas }),
        fc.record({ ...of('unary', 'not', ...(dense ? [] : STEP_OPERATORS)), operand }),
        ...(pastOnly ? [] : [fc.record({ ...of('temporal', 'always', 'eventually'), interval: ahead, operand })]),
        fc.record({ ...of('temporal', 'historically', 'once'), interval: back, operand }),
        ...(pastOnly
          ? []
          : [fc.record({ ...of('temporal-binary', 'until', 'unless', 'release'), interval: ahead, ...formulas })]),
        fc.record({ ...of('temporal-binary', 'since'), interval: back, ...formulas }),
        fc.boolean().map((value): Formula => ({ kind: 'boolean', value, span })),
      ),
    } as { term: fc.Arbitrary<Formula>; formula: fc.Arbitrary<Formula> }
  }).formula
}

/** A formula as a specification without text. */
export function asSpecification(formula: Formula): Specification {
  return { text: '', definitions: [], formula, name: null, nameSpan: null }
}
