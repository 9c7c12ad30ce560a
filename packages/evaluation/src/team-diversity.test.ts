import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scoresOf } from './scores.ts'
import { diversityOf } from './team-diversity.ts'
import { skillWeights } from './vote-settings.ts'

function diversity(labels: number[], ...agents: number[][]) {
  const truth = Uint8Array.from(labels)
  const decided = agents.map((given) => {
    const actions = Uint8Array.from(given)
    return {
      actions,
      alone: scoresOf({ actions, scores: new Float32Array(truth.length), labels: truth }, DEFAULT_REWARDS),
    }
  })
  return diversityOf(decided, truth)
}

describe('diversityOf', () => {
  it('tells errors that are shared from errors that are not', () => {
    const labels = [1, 1, 0, 0]
    // The first and second agent err on the last event alone, the third on the first, the fourth never.
    const { pairs, disagreement, errorCorrelation, bestAgentF1 } = diversity(
      labels,
      [1, 2, 0, 1],
      [1, 1, 3, 2],
      [0, 1, 0, 0],
      [1, 1, 0, 0],
    )
    expect(pairs.map((pair) => pair.agents.join())).toEqual(['0,1', '0,2', '0,3', '1,2', '1,3', '2,3'])
    expect(pairs.map((pair) => pair.disagreement)).toEqual([0, 0.5, 0.25, 0.5, 0.25, 0.25])
    expect(pairs.map((pair) => pair.errorCorrelation?.toFixed(6) ?? null)).toEqual([
      '1.000000',
      '-0.333333',
      null,
      '-0.333333',
      null,
      null,
    ])
    expect(disagreement).toBeCloseTo(1.75 / 6, 12)
    expect(errorCorrelation).toBeCloseTo(1 / 9, 12)
    expect(bestAgentF1).toBe(1)
  })

  it('has no pairs of one agent, and no correlation of agents that never err', () => {
    const one = diversity([1, 0], [1, 0])
    expect(one).toEqual({ disagreement: null, errorCorrelation: null, bestAgentF1: 1, meanAgentF1: 1, pairs: [] })
    expect(diversity([1, 0], [1, 0], [2, 3]).errorCorrelation).toBeNull()
  })

  it('gives the correlation of Pearson', () => {
    const errors = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 2, maxLength: 30 })
    fc.assert(
      fc.property(errors, (rows) => {
        const [x, y] = [0, 1].map((agent) => rows.map((row) => (row[agent] ? 1 : 0)))
        const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
        const moment = (a: number[], b: number[]) => mean(a.map((v, i) => (v - mean(a)) * (b[i] - mean(b))))
        const expected = moment(x, y) / Math.sqrt(moment(x, x) * moment(y, y))
        // Every event is benign, so that to block is to err.
        const { errorCorrelation } = diversity(
          rows.map(() => 0),
          x,
          y,
        )
        if (new Set(x).size === 1 || new Set(y).size === 1) expect(errorCorrelation).toBeNull()
        else expect(errorCorrelation).toBeCloseTo(expected, 9)
      }),
      { seed: 3, numRuns: 200 },
    )
  })
})

describe('skillWeights', () => {
  it('are in proportion to F1 within the bound', () => {
    // F1 of the agents: 1, 1, 2/3, 0.
    const actions = Uint8Array.of(1, 2, 1, 0, 1, 1, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0)
    const labels = Uint8Array.of(1, 1, 0, 0)
    expect([...skillWeights({ actions, agentCount: 4 }, labels, 0)]).toEqual([375_000, 375_000, 250_000, 0])
    // The heaviest agent weighs less than the two lightest: a third of the way to equal weights.
    expect([...skillWeights({ actions, agentCount: 4 }, labels, 1)]).toEqual([333_333, 333_333, 250_000, 83_334])
  })
})
