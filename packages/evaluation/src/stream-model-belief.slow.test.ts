import { loadDataset } from '@vigil/data'
import { expect, it } from 'vitest'
import { streamModelBelief } from './stream-model-belief.ts'

const request = { dataset: 'campaign', path: null, split: 'described', splitSeed: 1, seed: 3, rows: 40_000 } as const

/** Mean log loss of the belief of ratios that a threat has been in the stream, on one part. */
function loss(
  { labels, splits }: Awaited<ReturnType<typeof loadDataset>>['dataset'],
  part: 'train' | 'test',
  { ratios, hazard }: { readonly ratios: Float32Array; readonly hazard: number },
): number {
  const { rows, streamStarts } = splits[part]
  let sum = 0
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    let [odds, isAttacked] = [0, false]
    for (const row of rows.subarray(streamStarts[stream], streamStarts[stream + 1])) {
      odds = (ratios[row] * (odds + hazard)) / (1 - hazard)
      isAttacked ||= labels[row] === 1
      sum += Math.log(isAttacked ? 1 + 1 / odds : 1 + odds)
    }
  }
  return sum / rows.length
}

it('a hidden Markov model believes of campaign nearly what its generator does, of training streams as of others', async () => {
  const { dataset, present } = await loadDataset({ ...request, features: 'behaviour' })
  const { dataset: told } = await loadDataset({ ...request, features: 'posterior' })
  const { ratios, hazard } = told.consequences!
  const { ratios: found, belief } = await streamModelBelief(dataset, { present: present!, seed: 1 })
  const blind = new Float32Array(dataset.rowCount).fill(1)
  for (const part of ['train', 'test'] as const) {
    const exact = loss(dataset, part, { ratios: ratios!, hazard })
    const own = loss(dataset, part, { ratios: found, hazard: belief.hazard })
    expect(own).toBeGreaterThan(exact)
    expect(own - exact).toBeLessThan(0.4 * (loss(dataset, part, { ratios: blind, hazard }) - exact))
  }
  expect(found.subarray(0, 10)).not.toEqual(blind.subarray(0, 10))
})
