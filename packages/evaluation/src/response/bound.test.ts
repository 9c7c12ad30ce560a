import { loadDataset, QUICKEST } from '@vigil/data'
import { optimalPolicy, walkAll } from '@vigil/response'
import { expect, it } from 'vitest'
import { boundOn } from './bound.ts'
import { SETTINGS } from './streams.fixture.ts'
import { streamsOf } from './streams-of.ts'

const request = { dataset: 'quickest', path: null, split: 'described', splitSeed: 1, seed: 5, rows: 4000 } as const

it('walks the optimum by the ratios of the generator, whatever odds the team is shown', async () => {
  const [{ dataset: exact }, { dataset: history }] = await Promise.all([
    loadDataset({ ...request, features: 'posterior' }),
    loadDataset({ ...request, features: 'history' }),
  ])
  const { policy } = optimalPolicy(SETTINGS.spec, QUICKEST)!
  const { returns } = walkAll(streamsOf(exact, 'test'), SETTINGS, policy)
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length
  const learnt = { damage: null, hazard: 0, ratios: new Float32Array(history.rowCount).fill(7) }
  for (const dataset of [exact, history, { ...history, consequences: learnt }]) {
    const { bound } = boundOn(dataset, 'test', SETTINGS)
    expect(bound.name).toBe('exact optimum')
    expect(bound.returnMean).toBeCloseTo(mean, 9)
  }
})
