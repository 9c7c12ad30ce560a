import { loadDataset } from '@vigil/data'
import { describe, expect, it } from 'vitest'
import { resolveConfig } from '../config/config.ts'
import { createEngine } from '../engine/create-engine.ts'
import { createReturnNormaliser } from '../return-normaliser.ts'
import { assembleBatch } from '../training/batch.ts'
import { minibatchesOf } from '../training/minibatches.ts'
import { initialState } from '../training/train.ts'
import { createTeam } from './team.ts'

/**
 * The earlier system's ratios were wrong before the first gradient step. Here the actors' WebAssembly and the learner's
 * engine must give an action the same probability: then every ratio is 1, the KL divergence 0 and nothing is clipped.
 */
describe.each(['iid', 'stream'] as const)('before the first gradient step, %s episodes', (episodes) => {
  it('every ratio is 1', async () => {
    const config = resolveConfig({ rows: 3000, episodes, rowsPerIteration: 1024, minibatchSize: 256 }, 'test')
    const { features, split, splitSeed, seed, rows } = config
    const { dataset } = await loadDataset({ dataset: 'synthetic', path: null, features, split, splitSeed, seed, rows })
    const team = await createTeam(config, dataset)
    const engine = await createEngine(config, team.network, null)
    const loud = initialState(config, team, null).parameters.map((w) => (Math.abs(w) < 0.02 ? 50 * w : w))
    engine.loadParameters(loud)
    team.publish(loud, 0)
    const normaliser = createReturnNormaliser('running')
    const normalisers = { acting: normaliser, latest: normaliser }
    const { batch } = assembleBatch(await team.pool.collect(), config, normalisers, () => null)
    const order = { size: 256, agentCount: config.agents, seed: 1, pass: 0, weights: null }
    for (const minibatch of minibatchesOf(batch, team.inputs, order)) {
      engine.loadParameters(loud) // every minibatch meets the policy that acted
      const stats = await engine.update(minibatch, { ...config, learningRate: 1e-9 })
      const meanAdvantage = minibatch.advantages.reduce((sum, a) => sum + a, 0) / minibatch.advantages.length
      expect(stats.clipFraction).toBe(0)
      expect(Math.abs(stats.approxKl)).toBeLessThan(1e-7)
      expect(Math.abs(stats.policyLoss + meanAdvantage)).toBeLessThan(1e-5)
      expect(stats.entropy).toBeLessThan(1.38) // the policies do prefer something
    }
    engine.dispose()
    await team.pool.close()
  })
})
