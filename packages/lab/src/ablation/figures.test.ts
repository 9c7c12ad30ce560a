import type { ScoredTraining } from '@vigil/learner'
import { describe, expect, it } from 'vitest'
import { figuresOf, meansOf } from './figures.ts'

const TEAM = { tp: 2, fp: 1, tn: 6, fn: 1, f1: 2 / 3, accuracy: 0.8, alertRate: 0.3, undecidedRate: 0.1 }

/** A training of 20 iterations in which only what is asked about has a meaning. */
function training(scale: number, changes: object = {}): ScoredTraining {
  const metrics = Array.from({ length: 20 }, (_, i) => ({
    iteration: i + 1,
    criticLoss: scale * (i + 1),
    valueLoss: scale / (i + 1),
    explainedVariance: 0.1 * scale,
    explainableVarianceCeiling: i < 18 ? 5 : 0.02,
    timeToGoShare: i,
    rewardMean: scale,
    entropy: 1,
    actions: { allow: 1, block: 2, quarantine: 1, alert: 0 },
    collectMs: 100,
    updateMs: 150,
    ...changes,
  }))
  return { metrics, lastWeights: { team: TEAM } } as unknown as ScoredTraining
}

describe('figuresOf', () => {
  it('reads the losses at their iterations and means over the last tenth', () => {
    const figures = figuresOf(training(2))
    expect(figures.losses).toEqual([
      { iteration: 10, criticLoss: 20, valueLoss: 0.2 },
      ...[50, 100, 200, 300].map((iteration) => ({ iteration, criticLoss: null, valueLoss: null })),
    ])
    expect(figures).toMatchObject({ explainableVarianceCeiling: 0.02, timeToGoShare: 18.5, restrictiveShare: 0.75 })
    expect(figures.learningSeconds).toBeCloseTo(5, 12)
    expect(figures).toMatchObject(TEAM)
  })

  it('has no mean where a figure was not finite', () => {
    expect(figuresOf(training(1, { explainedVariance: null })).explainedVariance).toBeNull()
  })
})

describe('meansOf', () => {
  it('is the mean over seeds, null where a seed has none', () => {
    const means = meansOf([figuresOf(training(1)), figuresOf(training(3))])
    expect(means.losses[0]).toEqual({ iteration: 10, criticLoss: 20, valueLoss: 0.2 })
    expect(means).toMatchObject({ rewardMean: 2, tp: 2, alertRate: 0.3, undecidedRate: 0.1 })
    expect(means.explainedVariance).toBeCloseTo(0.2, 12)
    expect(meansOf([figuresOf(training(1)), figuresOf(training(1, { entropy: null }))]).entropy).toBeNull()
  })
})
