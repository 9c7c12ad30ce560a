/** Each fault of the system before, alone, shows in the figure that is there for it, and in no other. */
import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { loadData, startLearner, validatedTraining } from '@vigil/learner'
import type { IterationMetrics } from '@vigil/runs'
import { expect, it } from 'vitest'
import { LAB } from './composition.ts'

const MLP: LabConfigInput = { policyHidden: [24], valueHidden: [16] }
const LSTM: LabConfigInput = { ...MLP, policy: 'lstm', lstmHidden: [12], episodeSteps: 40 }

/** Metrics of two iterations of a small team, whose returns are not normalised, so that the critic's gradient is large. */
async function metricsOf(input: LabConfigInput): Promise<IterationMetrics[]> {
  const config = resolveLabConfig(
    {
      ...{
        rows: 3000,
        iterations: 2,
        rowsPerIteration: 1024,
        minibatchSize: 256,
        shards: 2,
        actors: 2,
        engineThreads: 2,
      },
      ...{ learningRate: 1e-2, returnNormalisation: 'none' },
      ...input,
    },
    'test',
  )
  const say = () => undefined
  const learner = await startLearner(config, await loadData(config, undefined, say), say, LAB)
  const lines: IterationMetrics[] = []
  try {
    for await (const { metrics } of validatedTraining(learner, await learner.begin())) lines.push(metrics)
  } finally {
    learner.engine.dispose()
    await learner.team.pool.close()
  }
  return lines
}

/** The figures that show a fault, of the second iteration, whose policies are no longer uniform. */
async function symptomsOf(input: LabConfigInput) {
  const [, metrics] = await metricsOf(input)
  const { allow, block, quarantine, alert } = metrics.actions
  return {
    ratiosPerDecision: metrics.ratiosPerDecision,
    criticStarves: (metrics.starvedByCritic ?? 0) > 0.01,
    paidForOthers: metrics.paidForOthers > 0,
    valueUnitsDiffer: Math.abs((metrics.valueScale ?? 1) - 1) > 0.01,
    replayDiffers: metrics.firstApproxKl! > 1e-5,
    countedActions: allow + block + quarantine + alert,
    threatRate: metrics.threatRate,
  }
}

/** Without faults of the update the engine is the product's, which has no figures for them. */
const WITHOUT = {
  ratiosPerDecision: undefined,
  criticStarves: false,
  paidForOthers: false,
  valueUnitsDiffer: false,
  replayDiffers: false,
  countedActions: 4 * 1024,
  threatRate: expect.closeTo(0.1, 1),
}

const ONE_EACH = { ratiosPerDecision: expect.closeTo(1, 9) }

it.each<[string, LabConfigInput, object]>([
  ['no fault', MLP, {}],
  ['no fault, a recurrent team', LSTM, {}],
  ['joint-clip', { ...MLP, defects: ['joint-clip'] }, { ...ONE_EACH, criticStarves: true }],
  ['vote-reward', { ...MLP, defects: ['vote-reward'] }, { paidForOthers: true }],
  ['vote-reward as a setting', { ...MLP, attribution: 'consensus' }, { paidForOthers: true }],
  ['replay-mismatch', { ...MLP, defects: ['replay-mismatch'] }, { ...ONE_EACH, replayDiffers: true }],
  [
    'replay-mismatch, a recurrent team',
    { ...LSTM, defects: ['replay-mismatch'] },
    { ...ONE_EACH, replayDiffers: true },
  ],
  ['value-units', { ...MLP, returnNormalisation: 'running', defects: ['value-units'] }, { valueUnitsDiffer: true }],
  ['value-units without units', { ...MLP, defects: ['value-units'] }, {}],
  ['partial-metrics', { ...MLP, defects: ['partial-metrics'] }, { countedActions: 4 * 48 }],
  // The old log-probabilities of other events are other ones: the divergence begins above 0.
  ['ratio-matrix', { ...MLP, defects: ['ratio-matrix'] }, { ratiosPerDecision: 256, replayDiffers: true }],
  ['balanced sampling', { ...MLP, sampling: 'balanced' }, { threatRate: expect.closeTo(0.5, 1) }],
])('%s', async (_, input, change) => {
  expect(await symptomsOf(input)).toEqual({ ...WITHOUT, ...change })
})

it('drops the same units whatever the number of actors', async () => {
  const input: LabConfigInput = { ...LSTM, defects: ['replay-mismatch', 'ratio-matrix', 'joint-clip'] }
  const [two, one] = [await metricsOf(input), await metricsOf({ ...input, actors: 1 })]
  const learnt = (lines: IterationMetrics[]) =>
    lines.map(({ stepsPerSecond: _speed, collectMs: _collect, updateMs: _update, ...metrics }) => metrics)
  expect(learnt(one)).toEqual(learnt(two))
})

it('metrics of part of an iteration leave what is learnt alone', async () => {
  const whole = await metricsOf(MLP)
  const partial = await metricsOf({ ...MLP, defects: ['partial-metrics'] })
  const learnt = (lines: IterationMetrics[]) =>
    lines.map(({ policyLoss, criticLoss, validation }) => ({ policyLoss, criticLoss, validation }))
  expect(learnt(partial)).toEqual(learnt(whole))
  expect(partial[1].rewardMean).not.toBe(whole[1].rewardMean)
})
