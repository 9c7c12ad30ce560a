import { loadDataset, QUICKEST } from '@vigil/data'
import { optimalPolicy, walkAll } from '@vigil/response'
import { expect, it } from 'vitest'
import { boundOn, boundsOf } from './bound.ts'
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

it('is the Lagrangian bound where streams share analysts, below that of more analysts, with the clairvoyant beside', async () => {
  const { dataset, timeline } = await loadDataset({ ...request, rows: 20_000, features: 'history' })
  const [few, many] = [1, 20].map((tickets) => {
    const spec = { ...SETTINGS.spec, layout: 'site', analystDelay: 60, alertCost: 0.1, tickets } as const
    return boundOn({ ...dataset, timeline }, 'test', { ...SETTINGS, spec })
  })
  expect(few.bound.name).toBe('Lagrangian bound')
  expect(few.bound.returnMean).toBeLessThan(many.bound.returnMean - 0.05)
  expect(many.bound.returnMean).toBeLessThan(many.hindsight - 0.5)
  expect(boundsOf(few)).toEqual([few.bound, { name: 'clairvoyant', returnMean: few.hindsight }])
  const alone = boundOn({ ...dataset, name: 'campaign', timeline }, 'test', SETTINGS)
  expect(boundsOf(alone)).toEqual([{ name: 'clairvoyant', returnMean: alone.hindsight }])
})
