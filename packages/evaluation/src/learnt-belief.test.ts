import { predictProbabilities } from '@vigil/boosting'
import { loadDataset } from '@vigil/data'
import { beliefRatio, DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { BELIEF, tunedLadders } from '@vigil/response'
import { expect, it } from 'vitest'
import { boostingInputs } from './boosting-inputs.ts'
import { learntBelief } from './learnt-belief.ts'
import { streamsOf } from './response/streams-of.ts'

const request = { dataset: 'campaign', path: null, features: 'behaviour', split: 'described', splitSeed: 1 } as const

/** The return on validation of the best ladder on a belief. */
function bestLadder(dataset: Parameters<typeof streamsOf>[0], ratios: Float32Array, hazard: number): number {
  const consequences = { damage: dataset.consequences!.damage, ratios, hazard }
  const streams = streamsOf({ ...dataset, consequences }, 'validation')
  const rules = [...tunedLadders(streams, { spec: DEFAULT_RESPONSE, seed: 1 }, BELIEF)]
  return Math.max(...rules.map(({ validation }) => validation))
}

it('a filtered belief counts how streams turn, says of an event what Bayes says, and is worth more than one of single events', async () => {
  const { dataset } = await loadDataset({ ...request, seed: 3, rows: 40_000 })
  const { rows, streamStarts } = dataset.splits.train
  const { ratios, belief } = await learntBelief(dataset, 'filtered')
  const { trees, ...spec } = belief

  // Counted one by one: events before the first threat and with it, events from it on, threats.
  const counted = { before: 0, turned: 0, after: 0, threats: 0 }
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    const labels = [...rows.subarray(streamStarts[stream], streamStarts[stream + 1])].map((row) => dataset.labels[row])
    const first = labels.indexOf(1)
    counted.before += first === -1 ? labels.length : first
    counted.turned += first === -1 ? 0 : 1
    counted.after += first === -1 ? 0 : labels.length - first
    counted.threats += labels.filter((label) => label === 1).length
  }
  expect(counted.turned).toBeGreaterThan(10)
  expect(spec.hazard).toBeCloseTo(counted.turned / (counted.before + counted.turned), 12)
  expect(spec.share).toBeCloseTo(counted.threats / counted.after, 12)
  expect(spec.prior).toBeCloseTo(counted.threats / (rows.length - counted.threats), 12)

  // Of an event: P(event | attacked) / P(event | not), attacked events being threats or like any other.
  const test = dataset.splits.test.rows.subarray(0, 500)
  const probabilities = predictProbabilities(trees, boostingInputs(dataset), test)
  for (const [i, row] of test.entries()) {
    const p = probabilities[i]
    const likelihoodRatio = p / (1 - p) / (counted.threats / (rows.length - counted.threats))
    expect(ratios[row]).toBeCloseTo(1 - spec.share + spec.share * likelihoodRatio, 4)
    expect(beliefRatio(spec, p)).toBeGreaterThan(0)
  }

  const learnt = await learntBelief(dataset, 'learnt')
  expect(learnt.belief).toMatchObject({ hazard: 0, prior: 1, share: 1 })
  expect(bestLadder(dataset, ratios, spec.hazard)).toBeGreaterThan(bestLadder(dataset, learnt.ratios, 0) + 0.1)
})

it('a belief of the event alone is the odds that trees of its label give it', async () => {
  const { dataset } = await loadDataset({ ...request, seed: 3, rows: 8000 })
  const { ratios, belief } = await learntBelief(dataset, 'event')
  const { trees, ...spec } = belief
  expect(spec).toEqual({ hazard: 0, prior: 1, share: 1 })
  const { rows } = dataset.splits.test
  const probabilities = predictProbabilities(trees, boostingInputs(dataset), rows)
  for (const [i, row] of rows.entries()) expect(ratios[row] / (1 + ratios[row])).toBeCloseTo(probabilities[i], 5)

  // An attacked stream has benign events after its first threat: those are no threats, though the stream is one.
  const threats = (labels: ArrayLike<number>) => Array.from(labels).reduce((sum, label) => sum + label, 0)
  expect(threats(probabilities)).toBeLessThan(1.5 * threats(Array.from(rows, (row) => dataset.labels[row])))
})
