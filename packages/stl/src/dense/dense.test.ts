/** Dense time against the definitions and closed forms. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryFormula, asSpecification } from '../formula.arbitrary.ts'
import { printFormula } from '../language/print.ts'
import { verdictOf } from '../offline/verdict.ts'
import { compile, type Semantics } from '../program/compile.ts'
import { reachOf } from '../program/reach.ts'
import { at, type Breakpoints } from './breakpoints.fixture.ts'
import { DenseOracle } from './dense.oracle.ts'
import { denseBounds, denseRobustness, denseVerdictOf } from './dense-robustness.ts'
import type { DenseTrace } from './dense-trace.ts'

const inf = Number.POSITIVE_INFINITY
const rho = (text: string, trace: DenseTrace) => denseRobustness(compile(text, { time: 'dense' }), trace)

/** Samples of a signal that begins at a time, at multiples of 1/4 s; all arithmetic on them is exact. */
const samples = (start: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -6, max: 6 })), { maxLength: 8 })
    .chain((rest) => fc.integer({ min: -6, max: 6 }).map((first): [number, number][] => [[0, first], ...rest]))
    .map((pairs) =>
      [...new Map(pairs)].sort((a, b) => a[0] - b[0]).map(([t, v]): [number, number] => [start + t / 4, v / 2]),
    )
const traces = fc.constantFrom(0, -1.5, 5).chain((start) =>
  fc.record({
    start: fc.constant(start),
    trace: fc.record({ x: samples(start), y: samples(start), z: samples(start) }),
  }),
)
const formulas = arbitraryFormula({ unboundedFuture: true, unboundedPast: true, dense: true })
const bounded = arbitraryFormula({ unboundedFuture: false, unboundedPast: true, dense: true })

describe('denseRobustness', () => {
  it('is what the definitions say, on 500 formulas and traces', () => {
    const semantics = fc.constantFrom<Semantics>('robustness', 'robustness', 'truth')
    fc.assert(
      fc.property(formulas, traces, semantics, (formula, { start, trace }, semantics) => {
        const program = compile(asSpecification(formula), { time: 'dense', semantics })
        const found = denseRobustness(program, trace)
        const oracle = new DenseOracle(trace, { start, semantics })
        const times = [start, ...oracle.changesOf(formula), ...found.map(([time]) => time)].filter((t) => t >= start)
        for (const t of new Set(times.flatMap((time) => [time, time + 1 / 16, Math.max(start, time - 1 / 16)]))) {
          const wanted = oracle.at(formula, t)
          if (at(found, t) === wanted || Math.abs(at(found, t)! - wanted) === 0) continue
          throw new Error(
            `${printFormula(formula)} at ${t}: ${at(found, t)} instead of ${wanted} on ${JSON.stringify(trace)}`,
          )
        }
      }),
      { seed: 11, numRuns: 500 },
    )
  })

  it.each<[string, DenseTrace, Breakpoints]>([
    // The last sample holds for ever, also in windows that lie wholly behind it.
    [
      'F[11,11] x',
      {
        x: [
          [0, 4],
          [5, 2],
          [10, 5],
          [15, 3],
        ],
      },
      [
        [0, 5],
        [4, 3],
      ],
    ],
    [
      'G[1,2] x',
      {
        x: [
          [0, 4],
          [5, 2],
          [10, 5],
          [15, 3],
        ],
      },
      [
        [0, 4],
        [3, 2],
        [9, 5],
        [13, 3],
      ],
    ],
    [
      'O[1,2] x',
      {
        x: [
          [0, 4],
          [5, 2],
          [10, 5],
          [15, 3],
        ],
      },
      [
        [0, -inf],
        [1, 4],
        [7, 2],
        [11, 5],
        [17, 3],
      ],
    ],
    [
      'H[1,2] x',
      {
        x: [
          [0, 4],
          [5, 2],
          [10, 5],
          [15, 3],
        ],
      },
      [
        [0, inf],
        [1, 4],
        [6, 2],
        [12, 5],
        [16, 3],
      ],
    ],
    // What looks ahead begins earlier than the signal.
    ['F[0,1] x', { x: [[2, 2]] }, [[1, 2]]],
    [
      'O[1,2] x',
      {
        x: [
          [2, 5],
          [3, 3],
        ],
      },
      [
        [0, -inf],
        [3, 5],
        [5, 3],
      ],
    ],
    // The left side must hold with the right one.
    [
      'x U[0,1] y',
      {
        x: [
          [1, 1],
          [3.5, 7],
          [4.7, 3],
          [5.3, 5],
          [6.2, 1],
        ],
        y: [
          [4, 2],
          [6, 3],
        ],
      },
      [
        [4, 2],
        [5, 3],
        [6.2, 1],
      ],
    ],
    [
      'x S[1,2] y',
      { x: [[0, 2]], y: [[0, 4]] },
      [
        [0, -inf],
        [1, 2],
      ],
    ],
    // 0.1 + 0.2 is at 0.3.
    [
      'O[0.2,0.2] x',
      {
        x: [
          [0, 1],
          [0.1, 2],
        ],
      },
      [
        [0, -inf],
        [0.2, 1],
        [0.3, 2],
      ],
    ],
    [
      'G[0,100 ms] x',
      {
        x: [
          [0, 1],
          [0.3, 0],
        ],
      },
      [
        [0, 1],
        [0.2, 0],
      ],
    ],
    // What comes of a signal before it begins, or of an empty past, is no past: the same as with times from 0 on.
    [
      'O[0,5] G[0,1] x',
      {
        x: [
          [2, 1],
          [2.5, -1],
        ],
      },
      [[2, -1]],
    ],
    [
      'H[1,2] O[1,1] x',
      { x: [[9, 3]] },
      [
        [0, inf],
        [10, -inf],
        [12, 3],
      ],
    ],
    // Signals keep their own past, also beside constants, and a window in which the left side has not begun is empty.
    [
      'O[0,5] (x > 1) and y',
      {
        x: [
          [-3, 4],
          [-2, 0],
        ],
        y: [[0, 9]],
      },
      [
        [0, 3],
        [3, -1],
      ],
    ],
    [
      'x S[1,2] y',
      {
        x: [[4, 3]],
        y: [
          [0, 5],
          [1, 2],
        ],
      },
      [
        [4, -inf],
        [5, 2],
      ],
    ],
    ['5', { x: [[3, 1]] }, [[0, 5]]],
    ['x > 0 -> true', { x: [[0, 1]] }, [[0, inf]]],
  ])('of %s', (text, trace, wanted) => {
    expect(rho(text, trace)).toEqual(wanted)
  })

  it.each<[string, DenseTrace, string]>([
    ['next x', { x: [[0, 1]] }, 'NOT_DENSE'],
    ['rise(x)', { x: [[0, 1]] }, 'NOT_DENSE'],
    ['mean(x)[3] > 0', { x: [[0, 1]] }, 'NOT_DENSE'],
    ['F[0,2 steps] x', { x: [[0, 1]] }, 'INTERVAL_STEPS'],
    ['F[2,1] x', { x: [[0, 1]] }, 'INTERVAL_INVERTED'],
    ['F[-1,1] x', { x: [[0, 1]] }, 'INTERVAL_NEGATIVE'],
    ['x', { x: [] }, 'TRACE_EMPTY'],
    [
      'x',
      {
        x: [
          [0, 1],
          [0, 2],
        ],
      },
      'TRACE_TIME',
    ],
    ['x', { x: [[Number.NaN, 1]] }, 'TRACE_TIME'],
    [
      'x',
      {
        x: [
          [0, 1],
          [inf, 2],
        ],
      },
      'TRACE_TIME',
    ],
    ['x', { x: [[0, Number.NaN]] }, 'TRACE_VALUE'],
    ['x', { y: [[0, 1]] }, 'UNKNOWN_SIGNAL'],
    [
      '1 / x > 0',
      {
        x: [
          [0, 1],
          [2, 0],
        ],
      },
      'DIVISION_BY_ZERO',
    ],
  ])('refuses %s on %j: %s', (text, trace, code) => {
    expect(() => rho(text, trace)).toThrow(expect.objectContaining({ code }))
  })

  it('is refused for programs in steps and for dialects without it', () => {
    expect(() => denseRobustness(compile('x'), { x: [[0, 1]] })).toThrow(/compiled for steps/)
    expect(() => compile('x', { time: 'dense', profile: 'stlcgpp' })).toThrow(/rtamt/)
  })
})

describe('denseVerdictOf', () => {
  const x: DenseTrace = {
    x: [
      [0, -1],
      [500, 1],
      [501, -1],
    ],
  }
  it.each<[string, string, number, number]>([
    ['F[0,3 s] x > 0', 'violated', -1, -1],
    ['F[0,500 s] x > 0', 'satisfied', 1, 1],
    ['F[0,501] x > 5', 'violated', -4, -4],
    ['F[0,501.5] x > 5', 'inconclusive', -4, inf],
    ['F[0,600] x > 0', 'satisfied', 1, inf],
    ['G[502,503] x > 0', 'inconclusive', -inf, inf],
    ['G[0,1] (x < 0 -> F[0,500] x > 0)', 'satisfied', 1, 1],
    ['G[0,1] (x < 0 -> F[0,500] x > 2)', 'violated', -1, -1],
    ['G[0,2] (x < 0 -> F[0,500] x > 2)', 'violated', -1, -1],
    // Without an end an operator is about the time that is known.
    ['G x > -5', 'satisfied', 4, 4],
    ['F x > 5', 'violated', -4, -4],
    ['F[600,inf] x > 5', 'inconclusive', -inf, inf],
    ['x < 0 U x > 5', 'violated', -4, -4],
    ['x < 0 U x > 0', 'violated', -1, -1],
    ['x < 9 U[0,600] x > 5', 'inconclusive', -4, 8],
    ['F[0,1] x >= -1', 'satisfied', 0, 0],
    ['F[0,1] x > -1', 'violated', 0, 0],
  ])('of %s: %s, %d to %d', (text, verdict, lower, upper) => {
    expect(denseVerdictOf(text, x)).toEqual({ verdict, lower, upper })
  })

  it.each<[string, number, number]>([
    ['G[0,100] x > 0', 0.1, 100.1],
    ['G[0,1.1] x > 0', 0.1, 1.2],
    ['G[0,0.8] x > 0', 0, 0.7999999999999999],
    ['F[0.1,inf] x > 0', 0.2, 0.3],
    ['F[0,0.1] G[0,0.2] x > 0', 1.7e9, 1.7e9 + 0.3],
  ])('of %s from %d to %d s knows the end of the window', (text, from, to) => {
    const bounds = { lower: 1, upper: 1 }
    const x: DenseTrace['x'] = [
      [from, 1],
      [to, 1],
    ]
    expect(denseVerdictOf(text, { x })).toEqual({ verdict: 'satisfied', ...bounds })
  })

  it('leaves an until open that begins behind the end, and none whose left side has failed', () => {
    const trace = { p: [[0, 1]], q: [[0, -1]], end: [[2, 0]] } satisfies DenseTrace
    const open = { verdict: 'inconclusive', lower: -inf, upper: 1 }
    expect(denseVerdictOf('p U[5,inf] q', trace)).toEqual(open)
    expect(verdictOf('p U[5,inf] q', { p: [1, 1], q: [-1, -1] })).toEqual(open)
    expect(denseVerdictOf('-p U[5,inf] q', trace)).toEqual({ verdict: 'violated', lower: -inf, upper: -1 })
  })

  it('refuses a definition of what is a signal', () => {
    expect(() => denseVerdictOf('x = 5', x)).toThrow(/write "x == ..."/)
    expect(() => verdictOf('x = 5', { x: [1] })).toThrow(/write "x == ..."/)
  })

  it('bounds what every continuation gives, and is sure where the trace is long enough', () => {
    let sure = 0
    fc.assert(
      fc.property(bounded, traces, samples(0), (formula, { start, trace }, more) => {
        const program = compile(asSpecification(formula), { time: 'dense' })
        const end = Math.max(start, ...program.signals.map((name) => trace[name as 'x'].at(-1)![0]))
        const longer = { ...trace, x: [...trace.x, ...more.map(([t, v]): [number, number] => [end + 1 / 4 + t, v])] }
        const { lower, upper } = denseBounds(program, trace)
        const values = [trace, longer].map((each) => at(denseRobustness(program, each), start)!)
        const isSure = reachOf(program).forward <= end - start
        if (isSure) sure++
        if (isSure ? lower === values[0] && upper === lower : values.every((v) => lower <= v && v <= upper)) return
        throw new Error(`${printFormula(formula)}: ${values} in ${[lower, upper]} of ${JSON.stringify(trace)}`)
      }),
      { seed: 12, numRuns: 750 },
    )
    expect(sure).toBeGreaterThan(125)
  })
})
