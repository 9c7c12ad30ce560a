import { loadDataset } from '@vigil/data'
import { expect, it } from 'vitest'
import { boundOn, boundsOf } from './bound.ts'
import { SETTINGS } from './streams.fixture.ts'

const REQUEST = { dataset: 'quickest', path: null, split: 'described', splitSeed: 1, seed: 5, rows: 20_000 } as const

it('is the Lagrangian bound where streams share analysts, below that of more analysts, with the clairvoyant beside', async () => {
  const { dataset, timeline } = await loadDataset({ ...REQUEST, features: 'history' })
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
