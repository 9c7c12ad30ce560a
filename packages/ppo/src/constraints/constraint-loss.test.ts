import { createPortableEngine } from '@vigil/engine'
import { initialiseParameters, type NetworkSpec } from '@vigil/policy-wasm'
import { randomPermutation } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { assemble, PLAIN } from '../assemble.fixture.ts'
import { learningBatches } from '../learning-batch.ts'
import { minibatchesOf } from '../minibatches.ts'
import { createReturnNormaliser } from '../return-normaliser.ts'
import { usesMultipliers } from '../stl-mode.ts'
import { constrainedTrajectory, FIXTURE } from './constraint.fixture.ts'

/**
 * The earlier system's constraint loss had a constant for its target, so that it was the same whatever had happened. Here
 * what happened is exchanged between the trajectories, and the losses that the specifications contribute are compared.
 */
const { agentCount, specificationCount: S } = FIXTURE
const ROWS = 64
const SOURCE = {
  dense: Float32Array.from({ length: 3 * ROWS }, (_, i) => Math.sin(i)),
  categorical: new Uint16Array(0),
  denseCount: 3,
  columnCount: 0,
}
const TRAJECTORIES = [constrainedTrajectory(0), constrainedTrajectory(1)]

const UPDATE = {
  ...{ learningRate: 1e-3, clipEpsilon: 0.2, entropyCoef: 0.01, valueCoef: 1, constraintCoef: 1 },
  ...{ maxGradNormPolicy: 0.5, maxGradNormValue: 0.5, targetKl: null },
}

const MODES = ['off', 'lagrangian', 'lagrangian+direct'] as const
type Mode = (typeof MODES)[number]

/** The same events, each with the robustness of another one. */
const PERMUTED = TRAJECTORIES.map((trajectory) => {
  const order = randomPermutation({ seed: 3, stream: trajectory.shard }, trajectory.rows.length, 0)
  const from = TRAJECTORIES[1 - trajectory.shard].robustness
  return { ...trajectory, robustness: Float32Array.from(from, (_, i) => from[order[Math.floor(i / S)] * S + (i % S)]) }
})

/** Policy loss and cost value loss of the first update on some trajectories. */
async function constraintLosses(stlMode: Mode, trajectories: typeof TRAJECTORIES) {
  const settings = { ...PLAIN, stlMode, baseline: 'critic' } as const
  const hasHeads = usesMultipliers(settings)
  const spec: NetworkSpec = {
    agentCount,
    denseSize: 3,
    vocabularySizes: [],
    policyHidden: [8],
    valueHidden: [8],
    layerNorm: false,
    lstmHidden: [],
    constraintCount: hasHeads ? S : 0,
  }
  const normaliser = createReturnNormaliser('running')
  const { batch } = assemble(trajectories, settings, { acting: normaliser, latest: normaliser, multipliers: [0.5, 1] })
  const engine = await createPortableEngine({ spec, threads: 1 })
  engine.loadParameters(initialiseParameters(spec, 1))
  const lessons = learningBatches(SOURCE)(batch, { weights: null, direct: null })
  const [minibatch] = minibatchesOf(lessons, { size: 2 * 32, seed: 1, pass: 0 })
  const { policyLoss, costValueLoss } = await engine.update(minibatch, UPDATE)
  engine.dispose()
  return { policyLoss, costValueLoss }
}

describe.each(MODES)('exchanging what happened between trajectories, mode %s', (mode) => {
  it(mode === 'off' ? 'changes no loss' : 'changes the constraint loss', async () => {
    const before = await constraintLosses(mode, TRAJECTORIES)
    const after = await constraintLosses(mode, PERMUTED)
    expect(await constraintLosses(mode, TRAJECTORIES)).toEqual(before)
    const changed = Object.keys(before).filter((loss) => before[loss as 'policyLoss'] !== after[loss as 'policyLoss'])
    const expected = {
      off: [],
      lagrangian: ['policyLoss', 'costValueLoss'],
      'lagrangian+direct': ['policyLoss', 'costValueLoss'],
    }
    expect(changed).toEqual(expected[mode])
  })
})
