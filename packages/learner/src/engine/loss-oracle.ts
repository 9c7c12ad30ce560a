/** Slow oracle of the engines' losses, for tests only: one agent, one row, one unit at a time, in float64. */
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import type { Minibatch, SupervisedBatch, UpdateSettings } from './engine.ts'

/** Loss of one agent on one minibatch, and its terms. */
export type OracleLoss = {
  total: number
  policyLoss: number
  valueLoss: number
  entropy: number
  approxKl: number
  clipFraction: number
}

type Rows = Pick<Minibatch, 'size' | 'dense' | 'categorical'>

/** @param block [P] parameters of this agent */
export function ppoLossOracle(options: {
  spec: NetworkSpec
  block: Float64Array
  agent: number
  minibatch: Minibatch
  settings: UpdateSettings
}): OracleLoss {
  const { spec, block, agent, minibatch, settings } = options
  const sums = { policyLoss: 0, valueLoss: 0, entropy: 0, approxKl: 0, clipFraction: 0 }
  let rowCount = 0
  for (let row = 0; row < minibatch.size; row++) {
    const at = agent * minibatch.size + row
    if (minibatch.weights[at] === 0) continue
    rowCount++
    const logPi = logPolicyOracle(spec, block, minibatch, row)
    const logRatio = logPi[minibatch.actions[at]] - minibatch.oldLogProbs[at]
    const ratio = Math.exp(logRatio)
    const advantage = minibatch.advantages[at]
    const clipped = Math.min(Math.max(ratio, 1 - settings.clipEpsilon), 1 + settings.clipEpsilon)
    sums.policyLoss -= Math.min(ratio * advantage, clipped * advantage)
    for (const logProb of logPi) sums.entropy -= Math.exp(logProb) * logProb
    sums.approxKl += ratio - 1 - logRatio
    if (Math.abs(ratio - 1) > settings.clipEpsilon) sums.clipFraction++
    if (spec.valueHidden !== null) {
      const [value] = outputsOracle({ spec, block, rows: minibatch, row, trunk: 'value' })
      sums.valueLoss += (value - minibatch.valueTargets[at]) ** 2
    }
  }
  const mean = (sum: number) => (rowCount === 0 ? 0 : sum / rowCount)
  const policyLoss = mean(sums.policyLoss)
  const valueLoss = mean(sums.valueLoss)
  const entropy = mean(sums.entropy)
  return {
    total: policyLoss + settings.valueCoef * valueLoss - settings.entropyCoef * entropy,
    policyLoss,
    valueLoss,
    entropy,
    approxKl: mean(sums.approxKl),
    clipFraction: mean(sums.clipFraction),
  }
}

/** Mean cross-entropy of one agent, P(threat) = pi(block) + pi(quarantine). */
export function crossEntropyOracle(spec: NetworkSpec, block: Float64Array, batch: SupervisedBatch): number {
  let sum = 0
  for (let row = 0; row < batch.size; row++) {
    const [allow, block_, quarantine, alert] = logPolicyOracle(spec, block, batch, row).map(Math.exp)
    sum -= Math.log(batch.labels[row] === 1 ? block_ + quarantine : allow + alert)
  }
  return sum / batch.size
}

/** [4] log-probabilities of the actions in one row. */
export function logPolicyOracle(spec: NetworkSpec, block: Float64Array, rows: Rows, row: number): number[] {
  const logits = outputsOracle({ spec, block, rows, row, trunk: 'policy' })
  const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
  return logits.map((logit) => logit - logSum)
}

/** Central differences of `loss` with respect to each number of `block`. */
export function finiteDifferences(block: Float64Array, loss: (block: Float64Array) => number): Float64Array {
  const delta = 1e-5
  return block.map((value, index) => {
    const moved = Float64Array.from(block)
    moved[index] = value + delta
    const above = loss(moved)
    moved[index] = value - delta
    return (above - loss(moved)) / (2 * delta)
  })
}

function outputsOracle(options: {
  spec: NetworkSpec
  block: Float64Array
  rows: Rows
  row: number
  trunk: 'policy' | 'value'
}): number[] {
  const { spec, block, rows, row, trunk } = options
  const { slices } = parameterLayout(spec)
  const tensor = (name: string) => {
    const { offset, length } = slices.find((slice) => slice.name === `${trunk}.${name}`)!
    return block.subarray(offset, offset + length)
  }
  const hidden = (trunk === 'policy' ? spec.policyHidden : spec.valueHidden)!
  let inputs = Array.from(rows.dense.subarray(row * spec.denseSize, (row + 1) * spec.denseSize))
  for (const [layer, width] of hidden.entries()) {
    const sums = denseOracle(inputs, tensor(`dense.${layer}`), tensor(`bias.${layer}`))
    if (layer === 0) {
      const embedding = tensor('embedding')
      let offset = 0
      for (const [column, size] of spec.vocabularySizes.entries()) {
        const entry = offset + rows.categorical[row * spec.vocabularySizes.length + column]
        for (let unit = 0; unit < width; unit++) sums[unit] += embedding[entry * width + unit]
        offset += size
      }
    }
    inputs = sums.map((sum) => Math.max(sum, 0))
  }
  return denseOracle(inputs, tensor('head'), tensor('headBias'))
}

/** x W + b for one row x. */
function denseOracle(inputs: readonly number[], weights: Float64Array, bias: Float64Array): number[] {
  return Array.from(bias, (start, unit) => {
    let sum = start
    for (const [index, input] of inputs.entries()) sum += input * weights[index * bias.length + unit]
    return sum
  })
}
