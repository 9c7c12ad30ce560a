import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StreamView } from '../walk.ts'
import {
  assertScore,
  BELIEF,
  cusum,
  type Evidence,
  levelOf,
  type Score,
  type Statistic,
  shiryaevRoberts,
} from './score.ts'

const streamsWith = (ratios: Float32Array | null, count: number) => ({
  rows: Uint32Array.from({ length: count }, (_, row) => row),
  streamStarts: Uint32Array.of(0, count),
  labels: new Uint8Array(count),
  ratios,
  hazard: 0.01,
  damage: null,
})

/** Values of a statistic over one stream; the all-clear comes with event `clearedAt`. */
function valuesOver(statistic: Statistic, count: number, clearedAt = count): number[] {
  return Array.from({ length: count }, (_, age) => {
    const sinceClear = age < clearedAt ? 0 : age - clearedAt + 1
    const view: StreamView = { position: age, row: age, age, ticket: 0, sinceClear, belief: 0.5 }
    return statistic(view)
  })
}

const anyRatios: fc.Arbitrary<number[]> = fc.array(fc.constantFrom(0.2, 0.7, 1, 1.8, 5), {
  minLength: 1,
  maxLength: 10,
})
const ratioEvidence: Evidence = { kind: 'ratio', prior: 0, drift: 0 }

describe('cusum', () => {
  it('is the largest log-likelihood ratio of the events since any change, at least 0', () => {
    fc.assert(
      fc.property(anyRatios, fc.constantFrom(0, 0.3), (ratios, drift) => {
        const streams = streamsWith(Float32Array.from(ratios), ratios.length)
        const values = valuesOver(cusum(BELIEF, streams, { ...ratioEvidence, drift }), ratios.length)
        for (const [t, value] of values.entries()) {
          const sums = ratios
            .slice(0, t + 1)
            .map((_, from) =>
              ratios.slice(from, t + 1).reduce((sum, ratio) => sum + Math.log(Math.fround(ratio)) - drift, 0),
            )
          expect(value).toBeCloseTo(Math.max(0, ...sums), 9)
        }
      }),
    )
  })
})

describe('shiryaevRoberts', () => {
  it('is the logarithm of the sum of likelihood ratios over all changes', () => {
    fc.assert(
      fc.property(anyRatios, (ratios) => {
        const streams = streamsWith(Float32Array.from(ratios), ratios.length)
        const values = valuesOver(shiryaevRoberts(BELIEF, streams, ratioEvidence), ratios.length)
        for (const [t, value] of values.entries()) {
          const products = ratios
            .slice(0, t + 1)
            .map((_, from) => ratios.slice(from, t + 1).reduce((product, ratio) => product * Math.fround(ratio), 1))
          expect(value).toBeCloseTo(Math.log(products.reduce((sum, product) => sum + product, 0)), 9)
        }
      }),
    )
  })
})

describe('a statistic with memory', () => {
  const ratios = Float32Array.of(3, 4, 2, 5)
  it.each<[string, typeof cusum, number]>([
    ['cusum', cusum, 0],
    ['shiryaevRoberts', shiryaevRoberts, Number.NEGATIVE_INFINITY],
  ])('%s begins anew with a stream and after an all-clear', (_, statisticOf, nothing) => {
    const statistic = statisticOf(BELIEF, streamsWith(ratios, 4), ratioEvidence)
    const first = valuesOver(statistic, 4)
    expect(valuesOver(statistic, 4)).toEqual(first)
    const cleared = valuesOver(statistic, 4, 2)
    expect(cleared.slice(0, 2)).toEqual(first.slice(0, 2))
    expect(cleared[2]).toBe(nothing)
    expect(cleared[3]).toBeCloseTo(Math.log(5), 9)
  })
})

describe('evidence', () => {
  const score: Score = { name: 'team', logOdds: Float64Array.of(-2, -1, 1, 0.5) }

  it('of single events is what the score says beyond the prior', () => {
    const values = valuesOver(cusum(score, streamsWith(null, 4), { kind: 'centred', prior: -2.5, drift: 0 }), 4)
    expect(values).toEqual([0.5, 2, 5.5, 8.5])
  })

  it('of a score of the stream so far is what the event added', () => {
    const values = valuesOver(cusum(score, streamsWith(null, 4), { kind: 'increment', prior: -2.5, drift: 0 }), 4)
    expect(values).toEqual([0.5, 1.5, 3.5, 3])
  })
})

describe('levelOf', () => {
  it('is the log-odds of the belief, or of the row', () => {
    const view = { position: 0, row: 2, age: 0, ticket: 0, sinceClear: 0, belief: 0.75 }
    expect(levelOf(BELIEF)(view)).toBeCloseTo(Math.log(3), 12)
    expect(levelOf({ name: 'team', logOdds: [5, 6, 7] })(view)).toBe(7)
  })
})

it.each<[string, Score]>([
  ['a belief over a recording without ratios', BELIEF],
  ['a score of other rows', { name: 'team', logOdds: [1, 2] }],
])('refuses %s', (_, score) => {
  expect(() => assertScore(score, streamsWith(null, 3))).toThrow(expect.objectContaining({ code: 'SCORE' }))
})
