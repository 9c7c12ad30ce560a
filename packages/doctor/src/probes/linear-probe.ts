import type { Dataset } from '@vigil/data'
import { randomPermutation, randomStream } from '@vigil/random'
import type { ProbeRows } from './sample.ts'
import type { ProbeScores } from './tree-probe.ts'

const BATCH_ROWS = 256
/** Passes over the rows: five, and of few rows as many as make enough steps for weights to get anywhere. */
const EPOCHS_MIN = 5
const STEPS_MIN = 800
/** Adam's step size at the beginning; it falls linearly to 0. */
const STEP = 0.05
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8]

/**
 * Logistic regression on the inputs as the agents get them, dense numbers and one weight per value of each category, by
 * Adam (arXiv:1412.6980) on the cross-entropy: what a weighted sum of the inputs can tell.
 *
 * @returns logits of the rows
 */
export function linearProbe(dataset: Dataset, { train, validation }: ProbeRows, seed: number): ProbeScores {
  const { dense, categorical, denseNames, categoricalColumns, labels } = dataset
  const D = denseNames.length
  const C = categoricalColumns.length
  const offsets: number[] = []
  let size = D + 1 // the last dense weight is the bias
  for (const { vocabularySize } of categoricalColumns) {
    offsets.push(size)
    size += vocabularySize
  }
  const weights = new Float64Array(size)
  const logit = (row: number) => {
    let sum = weights[D]
    for (let d = 0; d < D; d++) sum += weights[d] * dense[row * D + d]
    for (let c = 0; c < C; c++) sum += weights[offsets[c] + categorical[row * C + c]]
    return sum
  }
  const gradient = new Float64Array(size)
  const adam = { first: new Float64Array(size), second: new Float64Array(size) }
  const batches = Math.ceil(train.length / BATCH_ROWS)
  const epochs = Math.max(EPOCHS_MIN, Math.ceil(STEPS_MIN / batches))
  const steps = epochs * batches
  let step = 0
  for (let epoch = 0; epoch < epochs; epoch++) {
    // Lanes 0 and 1 drew the sample.
    const order = randomPermutation(randomStream(seed, 'diagnosis'), train.length, 2 + epoch)
    for (let from = 0; from < train.length; from += BATCH_ROWS) {
      const batch = order.subarray(from, from + BATCH_ROWS)
      gradient.fill(0)
      for (const i of batch) {
        const row = train[i]
        const error = (1 / (1 + Math.exp(-logit(row))) - labels[row]) / batch.length
        for (let d = 0; d < D; d++) gradient[d] += error * dense[row * D + d]
        gradient[D] += error
        for (let c = 0; c < C; c++) gradient[offsets[c] + categorical[row * C + c]] += error
      }
      descend(weights, gradient, adam, { step: step + 1, size: STEP * (1 - step / steps) })
      step++
    }
  }
  return { train: Float64Array.from(train, logit), validation: Float64Array.from(validation, logit) }
}

/** One step of Adam, in place. */
function descend(
  weights: Float64Array,
  gradient: Float64Array,
  { first, second }: { readonly first: Float64Array; readonly second: Float64Array },
  { step, size }: { readonly step: number; readonly size: number },
): void {
  const correction1 = 1 - BETA_1 ** step
  const correction2 = 1 - BETA_2 ** step
  for (let i = 0; i < weights.length; i++) {
    first[i] = BETA_1 * first[i] + (1 - BETA_1) * gradient[i]
    second[i] = BETA_2 * second[i] + (1 - BETA_2) * gradient[i] * gradient[i]
    weights[i] -= (size * (first[i] / correction1)) / (Math.sqrt(second[i] / correction2) + EPSILON)
  }
}
