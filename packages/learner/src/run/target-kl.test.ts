import { resolveConfig } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'
import { expect, it } from 'vitest'
import { startLearner } from './learner.ts'
import { loadData } from './session.ts'
import { validatedTraining } from './validated-training.ts'

/** Optimiser steps and metrics of one iteration of sixteen minibatches, with the weights before and after. */
async function iterationWith(targetKl: number | null) {
  const config = resolveConfig(
    {
      environment: 'triage',
      ...{ rows: 2000, iterations: 1, policyHidden: [16], valueHidden: [8], targetKl, learningRate: 0.01 },
      ...{ rowsPerIteration: 1024, minibatchSize: 256, actors: 1, engineThreads: 1, engine: 'portable' },
    },
    'test',
  )
  const learner = await startLearner(config, await loadData(config, undefined, () => undefined), () => undefined)
  try {
    let metrics: IterationMetrics | null = null
    for await (const iteration of validatedTraining(learner, await learner.begin())) metrics = iteration.metrics
    const { step } = await learner.engine.storeOptimiser()
    return { step, metrics: metrics! as IterationMetrics }
  } finally {
    learner.engine.dispose()
    await learner.team.pool.close()
  }
}

it('ends the epochs before the step that begins too far away', async () => {
  const free = await iterationWith(null)
  expect(free.step).toBe(16)
  // On policy the first minibatch has no divergence: its step is always taken, and the second looks at what it did.
  const strict = await iterationWith(1e-6)
  expect(strict.step).toBe(1)
  expect(strict.metrics.approxKl).toBeGreaterThan(0)
  const some = await iterationWith(0.01)
  expect(some.step).toBeGreaterThan(1)
  expect(some.step).toBeLessThan(16)
})
