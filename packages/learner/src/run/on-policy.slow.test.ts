import { createTeam, type Team } from '@vigil/actors'
import { type Config, type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { type Dataset, loadDataset } from '@vigil/data'
import { createEngine, type Engine, familyOf, minibatchOf, whyNoNativeEngine } from '@vigil/engine'
import { parameterLayout } from '@vigil/policy-wasm'
import { createReturnNormaliser, decodeCheckpoint, encodeCheckpoint, initialState } from '@vigil/ppo'
import { NO_LINES } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assemble, type Batch, learningBatches, minibatchesOf } from '../../../ppo/src/assemble.fixture.ts'
import { engineSettingsOf, ppoSettingsOf, teamSettingsOf } from '../settings.ts'
import { identityOf } from './session.ts'

/**
 * The earlier system's ratios were wrong before the first gradient step. Here the actors and the learner's
 * engine must give an action the same probability: then every ratio is 1, the KL divergence 0 and nothing is clipped.
 */

/** Half-width of the clip band: where no event is clipped, every ratio is 1 to this. */
const RATIO_TOLERANCE = 1e-5

const ENGINES = {
  portable: { engine: 'portable', engineThreads: 2 },
  native: { engine: 'native', engineThreads: 2 },
  'tfjs on cpu': { engine: 'tfjs', backend: 'cpu' },
} as const satisfies Record<string, LabConfigInput>

const POLICIES = {
  'feed-forward, iid': { episodes: 'iid' },
  'feed-forward, stream': { episodes: 'stream' },
  'recurrent, iid': { policy: 'lstm', episodes: 'iid', episodeSteps: 7, lstmHidden: [20] },
  'recurrent, stream': { policy: 'lstm', episodes: 'stream', episodeSteps: 7, lstmHidden: [20] },
  'recurrent, two layers, normalised': {
    policy: 'lstm',
    episodes: 'stream',
    episodeSteps: 7,
    lstmHidden: [12, 9],
    layerNorm: true,
  },
} as const satisfies Record<string, LabConfigInput>

/** Where the add-on has not been built its own package's tests fail. */
const hasNative = whyNoNativeEngine() === null

/** TF.js on cpu is slow; what it is to show is that its networks are those of the actors. */
const CASES = [
  ...(hasNative ? (['portable', 'native'] as const) : (['portable'] as const)).flatMap((engine) =>
    Object.entries(POLICIES).map(([policy, acts]) => ({
      name: `${engine}, ${policy}`,
      input: { ...ENGINES[engine], ...acts },
    })),
  ),
  ...(['feed-forward, stream', 'recurrent, iid', 'recurrent, two layers, normalised'] as const).map((policy) => ({
    name: `tfjs on cpu, ${policy}`,
    input: { ...ENGINES['tfjs on cpu'], ...POLICIES[policy], agents: 2 },
  })),
]

describe.each(CASES)('before the first gradient step: $name', ({ input }) => {
  const config = resolveLabConfig(
    {
      rows: 3000,
      policyHidden: [28],
      valueHidden: [16],
      rowsPerIteration: 256,
      minibatchSize: 128,
      shards: 2,
      actors: 2,
      learningRate: 1e-2,
      ...input,
    },
    'test',
  )
  const isRecurrent = config.policy === 'lstm'
  let dataset: Dataset
  let team: Team
  let engine: Engine
  let parameters: Float32Array
  beforeAll(async () => {
    const { features, split, splitSeed, seed, rows } = config
    dataset = (await loadDataset({ dataset: 'synthetic', path: null, features, split, splitSeed, seed, rows })).dataset
    team = await createTeam(teamSettingsOf(config), dataset)
    engine = await createEngine(engineSettingsOf(config), team.network, null)
    team.pool.actBy(familyOf(engine))
    parameters = withLoudHeads(config, team)
  })
  afterAll(async () => {
    engine.dispose()
    await team.pool.close()
  })

  it('every ratio is 1 in the first iteration', async () => {
    const batch = await collect(config, team, parameters)
    const stats = await statsBeforeLearning(config, { team, engine, parameters, batch })
    for (const own of stats) expect(own.entropy).toBeLessThan(1.38) // the policies do prefer something
    expect(batch.recurrence === null).toBe(!isRecurrent)
  })

  it('and in the second, where the lanes remember what the weights of before made of the first', async () => {
    engine.loadParameters(parameters)
    for (const minibatch of minibatches(config, team, await collect(config, team, parameters))) {
      await engine.update(minibatch, config)
    }
    const learnt = await engine.storeParameters()
    const batch = await collect(config, team, learnt)
    await statsBeforeLearning(config, { team, engine, parameters: learnt, batch })
    if (batch.recurrence === null) return
    const { recurrence } = batch
    expect(recurrence.recurrentState.some((value) => value !== 0)).toBe(true)
    expect(recurrence.resets.some((reset) => reset === 1)).toBe(true)
    // Neither the stored states nor the resets may be left out: the ratios would show it.
    const forgotten = {
      ...batch,
      recurrence: { ...recurrence, recurrentState: new Float32Array(recurrence.recurrentState.length) },
    }
    const muddled = { ...batch, recurrence: { ...recurrence, resets: new Uint8Array(recurrence.resets.length) } }
    for (const wrong of [forgotten, muddled]) {
      engine.loadParameters(learnt)
      const [minibatch] = minibatches(config, team, wrong)
      const stats = await engine.update(minibatch, { ...config, clipEpsilon: RATIO_TOLERANCE })
      expect(stats.clipFraction).toBeGreaterThan(0.1)
    }
  })

  it('and after a stop and a resume', async () => {
    const { sizes: _sizes, ...fingerprints } = identityOf(config, team)
    const checkpoint = encodeCheckpoint({
      ...initialState(ppoSettingsOf(config), team, null),
      ...fingerprints,
      best: null,
      engine: 'any',
      metricsSha256: NO_LINES,
      parameters,
      optimiser: { step: 0, firstMoment: parameters, secondMoment: parameters },
      lanes: team.pool.saveShards(),
    })
    const expected = await collect(config, team, parameters)
    const resumed = await createTeam({ ...teamSettingsOf(config), actors: 1 }, dataset)
    const saved = decodeCheckpoint(checkpoint, identityOf(config, resumed), 'test')
    resumed.pool.restoreShards(saved.lanes)
    resumed.pool.actBy(familyOf(engine))
    const batch = await collect(config, resumed, saved.parameters)
    await resumed.pool.close()
    expect(batch).toEqual(expected)
    expect(batch.recurrence?.recurrentState.some((value) => value !== 0) ?? false).toBe(isRecurrent)
    await statsBeforeLearning(config, { team, engine, parameters, batch })
  })
})

/** Fresh weights, with policy heads large enough that the hidden layers decide. */
function withLoudHeads(config: Config, team: Team): Float32Array {
  const { parameters } = initialState(ppoSettingsOf(config), team, null)
  const { slices, parametersPerAgent } = parameterLayout(team.network)
  const head = slices.find(({ name }) => name === 'policy.head')!
  for (let agent = 0; agent < config.agents; agent++) {
    const at = agent * parametersPerAgent + head.offset
    for (let i = at; i < at + head.length; i++) parameters[i] *= config.policy === 'lstm' ? 1000 : 200 // an LSTM's outputs are small
  }
  return parameters
}

async function collect(config: Config, team: Team, parameters: Float32Array): Promise<Batch> {
  team.publish(parameters, 0)
  const normaliser = createReturnNormaliser('running')
  return assemble(await team.pool.collect(), ppoSettingsOf(config), { acting: normaliser, latest: normaliser }).batch
}

function minibatches({ minibatchSize: size }: Config, team: Team, batch: Batch) {
  const lessons = learningBatches(team.inputs)(batch, { weights: null, direct: null })
  return minibatchesOf(lessons, { size, seed: 1, pass: 0 })
}

type Work = {
  readonly team: Team
  readonly engine: Engine
  readonly parameters: Float32Array
  readonly batch: Batch
}

/** Figures of every minibatch under the policy that acted; the first three are asserted here. */
async function statsBeforeLearning(config: Config, { team, engine, parameters, batch }: Work) {
  const all = []
  for (const selection of minibatches(config, team, batch)) {
    const minibatch = minibatchOf(selection)
    engine.loadParameters(parameters)
    const settings = { ...config, learningRate: 1e-9, clipEpsilon: RATIO_TOLERANCE }
    const stats = await engine.update(selection, settings)
    const meanAdvantage = minibatch.advantages.reduce((sum, a) => sum + a, 0) / minibatch.advantages.length
    expect(stats.clipFraction).toBe(0)
    expect(Math.abs(stats.approxKl)).toBeLessThan(1e-7)
    // Acting and learning take the logarithm alike.
    if (engine.name === 'native') expect(stats.approxKl).toBe(0)
    expect(Math.abs(stats.policyLoss + meanAdvantage)).toBeLessThan(1e-5)
    all.push(stats)
  }
  expect(all.length).toBe(config.rowsPerIteration / config.minibatchSize)
  return all
}
