/** Every way of computing robustness, held to the definitions on random formulas and traces. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryFormula, arbitraryTrace, asSpecification } from './formula.arbitrary.ts'
import type { Formula } from './language/formula.ts'
import { printFormula } from './language/print.ts'
import { naive } from './naive.oracle.ts'
import { robustness } from './offline/robustness.ts'
import { robustnessInterval } from './offline/robustness-interval.ts'
import { verdictOf } from './offline/verdict.ts'
import { IntervalMonitor } from './online/interval-monitor.ts'
import { Monitor } from './online/monitor.ts'
import type { ProfileName } from './profile.ts'
import { compile, type Semantics } from './program/compile.ts'

type Signals = Readonly<Record<'x' | 'y' | 'z', readonly number[]>>

const profile = fc.constantFrom<ProfileName>('rtamt', 'stlcgpp')
const semantics = fc.constantFrom<Semantics>('robustness', 'truth')
const anything = arbitraryFormula({ unboundedFuture: true, unboundedPast: true })
const boundedFuture = arbitraryFormula({ unboundedFuture: false, unboundedPast: true })
const bounded = arbitraryFormula({ unboundedFuture: false, unboundedPast: false })

/** A message as short as a look needs, made only when it is needed. */
function differs(formula: Formula, rows: Record<string, unknown>): Error {
  return new Error(
    `${printFormula(formula)}\n${Object.entries(rows)
      .map(([k, v]) => `${k}: ${v}`)
      .join('\n')}`,
  )
}

function assertSame(formula: Formula, actual: ArrayLike<number>, wanted: ArrayLike<number>): void {
  for (let t = 0; t < wanted.length; t++) {
    // -0 and 0 are the same robustness.
    if (actual.length === wanted.length && actual[t] === wanted[t]) continue
    throw differs(formula, { step: t, actual: Array.from(actual), wanted: Array.from(wanted) })
  }
}

function sampleAt(signals: readonly string[], trace: Signals, t: number): number[] {
  return signals.map((name) => trace[name as 'x'][t])
}

describe('robustness and truth', () => {
  it('are those of the definitions, on 5,000 formulas and traces', () => {
    fc.assert(
      fc.property(anything, arbitraryTrace, profile, semantics, (formula, trace, profile, semantics) => {
        const wanted = naive(formula, { trace, length: trace.x.length, profile, semantics })
        const program = compile(asSpecification(formula), { profile, semantics })
        assertSame(formula, robustness(program, trace), wanted)
      }),
      { seed: 1, numRuns: 5000 },
    )
  })

  it('agree: a robustness above 0 means true, below 0 false (with the equivalence that keeps signs)', () => {
    fc.assert(
      fc.property(anything, arbitraryTrace, (formula, trace) => {
        const number = robustness(compile(asSpecification(formula), { profile: 'stlcgpp' }), trace)
        const truth = robustness(compile(asSpecification(formula), { profile: 'stlcgpp', semantics: 'truth' }), trace)
        for (const [t, value] of number.entries()) {
          if (value * truth[t] < 0) throw differs(formula, { number, truth })
        }
      }),
      { seed: 2, numRuns: 1000 },
    )
  })
})

describe('Monitor', () => {
  it('says what offline evaluation says, sample by sample, twice', () => {
    fc.assert(
      fc.property(boundedFuture, arbitraryTrace, profile, semantics, (formula, trace, profile, semantics) => {
        const program = compile(asSpecification(formula), { profile, semantics })
        const wanted = robustness(program, trace)
        const monitor = new Monitor(program)
        for (let round = 0; round < 2; round++) {
          const values: number[] = []
          for (let t = 0; t < wanted.length; t++) {
            const value = monitor.push(sampleAt(monitor.signals, trace, t))
            if ((value === null) !== t < monitor.horizon) throw differs(formula, { t, value })
            if (value !== null) values.push(value)
          }
          values.push(...monitor.finish())
          assertSame(formula, values, wanted)
          monitor.reset()
        }
      }),
      { seed: 3, numRuns: 1500 },
    )
  })
})

describe('robustnessInterval', () => {
  it('encloses what every continuation gives, and narrows as samples come', () => {
    fc.assert(
      fc.property(anything, arbitraryTrace, profile, fc.nat(), (formula, trace, profile, cut) => {
        const program = compile(asSpecification(formula), { profile })
        const wanted = robustness(program, trace)
        const length = 1 + (cut % wanted.length)
        const prefix = (end: number) => ({
          x: trace.x.slice(0, end),
          y: trace.y.slice(0, end),
          z: trace.z.slice(0, end),
        })
        const now = robustnessInterval(program, prefix(length))
        const later = robustnessInterval(program, trace)
        const endsHere = robustness(program, prefix(length))
        for (let t = 0; t < length; t++) {
          const inside = [wanted[t], endsHere[t], later.lower[t], later.upper[t]]
          if (inside.every((value) => now.lower[t] <= value && value <= now.upper[t])) continue
          throw differs(formula, { t, length, lower: now.lower, upper: now.upper, inside })
        }
      }),
      { seed: 4, numRuns: 1500 },
    )
  })

  it('gives a verdict that no continuation contradicts', () => {
    const counts = { satisfied: 0, violated: 0, inconclusive: 0 }
    fc.assert(
      fc.property(boundedFuture, arbitraryTrace, profile, fc.nat(), (formula, trace, profile, cut) => {
        const length = 1 + (cut % trace.x.length)
        const start = { x: trace.x.slice(0, length), y: trace.y.slice(0, length), z: trace.z.slice(0, length) }
        const options = { profile, equivalence: 'expansion' } as const
        const { verdict } = verdictOf(asSpecification(formula), start, options)
        counts[verdict]++
        if (verdict === 'inconclusive') return
        const program = compile(asSpecification(formula), { ...options, semantics: 'truth' })
        for (const whole of [start, trace]) {
          const isTrue = robustness(program, whole)[0] > 0
          if (isTrue !== (verdict === 'satisfied')) throw differs(formula, { length, verdict, isTrue })
        }
      }),
      { seed: 10, numRuns: 1000 },
    )
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(100)
  })

  it('is what IntervalMonitor says at once and for the steps before', () => {
    fc.assert(
      fc.property(bounded, arbitraryTrace, profile, (formula, trace, profile) => {
        const program = compile(asSpecification(formula), { profile })
        const monitor = new IntervalMonitor(program)
        for (let t = 0; t < trace.x.length; t++) {
          const newest = monitor.push(sampleAt(monitor.signals, trace, t))
          const end = t + 1
          const cut = { x: trace.x.slice(0, end), y: trace.y.slice(0, end), z: trace.z.slice(0, end) }
          const { lower, upper } = robustnessInterval(program, cut)
          if (newest.lower !== lower[t] || newest.upper !== upper[t]) throw differs(formula, { t, lower, upper })
          for (let age = 0; age <= Math.min(t, monitor.reach); age++) {
            const interval = monitor.at(age)
            if (interval.lower === lower[t - age] && interval.upper === upper[t - age]) continue
            throw differs(formula, { t, age, lower, upper, got: JSON.stringify(interval) })
          }
        }
      }),
      { seed: 5, numRuns: 500 },
    )
  })

  it('is a number where the future cannot change it', () => {
    const { lower, upper } = robustnessInterval(compile('F[0,2] x > 0'), { x: [-1, -2, 5, -3] })
    expect(Array.from(lower)).toEqual([5, 5, 5, -3])
    expect(Array.from(upper)).toEqual([5, 5, Infinity, Infinity])
  })
})

describe('laws', () => {
  const span = { start: 0, end: 0 }
  const not = (operand: Formula): Formula => ({ kind: 'unary', operator: 'not', operand, span })
  const both = fc.record({ left: anything, right: anything })
  const timed = fc.record({ from: fc.integer({ min: 0, max: 3 }), more: fc.option(fc.integer({ min: 0, max: 4 })) })
  const intervalOf = ({ from, more }: { from: number; more: number | null }) => ({
    from: { value: from, unit: null, span },
    to: more === null ? null : { value: from + more, unit: null, span },
    span,
  })
  const value = (formula: Formula, trace: Signals, profile: ProfileName) =>
    robustness(compile(asSpecification(formula), { profile }), trace)

  it.each([
    ['always', 'eventually'],
    ['historically', 'once'],
  ] as const)('%s is not %s not', (operator, dual) => {
    fc.assert(
      fc.property(anything, arbitraryTrace, timed, profile, (operand, trace, time, profile) => {
        const interval = intervalOf(time)
        const formula: Formula = { kind: 'temporal', operator, interval, operand, span }
        const other = not({ kind: 'temporal', operator: dual, interval, operand: not(operand), span })
        assertSame(formula, value(formula, trace, profile), value(other, trace, profile))
      }),
      { seed: 6, numRuns: 500 },
    )
  })

  it('release is not (not l until not r)', () => {
    fc.assert(
      fc.property(both, arbitraryTrace, timed, profile, ({ left, right }, trace, time, profile) => {
        const interval = intervalOf(time)
        const formula: Formula = { kind: 'temporal-binary', operator: 'release', interval, left, right, span }
        const sides = { left: not(left), right: not(right) }
        const other = not({ kind: 'temporal-binary', operator: 'until', interval, ...sides, span })
        assertSame(formula, value(formula, trace, profile), value(other, trace, profile))
      }),
      { seed: 7, numRuns: 500 },
    )
  })

  it('not (l and r) is (not l) or (not r)', () => {
    fc.assert(
      fc.property(both, arbitraryTrace, profile, ({ left, right }, trace, profile) => {
        const formula = not({ kind: 'binary', operator: 'and', left, right, span })
        const other: Formula = { kind: 'binary', operator: 'or', left: not(left), right: not(right), span }
        assertSame(formula, value(formula, trace, profile), value(other, trace, profile))
      }),
      { seed: 8, numRuns: 500 },
    )
  })

  it('eventually is true until', () => {
    fc.assert(
      fc.property(anything, arbitraryTrace, timed, profile, (operand, trace, time, profile) => {
        const interval = intervalOf(time)
        const formula: Formula = { kind: 'temporal', operator: 'eventually', interval, operand, span }
        const left: Formula = { kind: 'boolean', value: true, span }
        const other: Formula = { kind: 'temporal-binary', operator: 'until', interval, left, right: operand, span }
        assertSame(formula, value(formula, trace, profile), value(other, trace, profile))
      }),
      { seed: 9, numRuns: 500 },
    )
  })
})
