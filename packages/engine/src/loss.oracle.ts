/** Slow oracle of the engines' losses, for tests only: one agent, one row at a time, in float64. */
import type { Minibatch, SupervisedBatch, UpdateSettings } from './engine.ts'
import { type AgentRows, outputsOracle } from './network.oracle.ts'

/** Loss of one agent on one minibatch, and its terms. */
export type OracleLoss = {
  total: number
  policyLoss: number
  valueLoss: number
  entropy: number
  approxKl: number
  clipFraction: number
  costValueLoss: number
}

type Agent = Omit<AgentRows, 'rows'>

/** Rows of weight 0 run through the network like the others, and have no loss. */
export function ppoLossOracle(options: Agent & { minibatch: Minibatch; settings: UpdateSettings }): OracleLoss {
  const { agent, minibatch, settings } = options
  const network = { ...options, rows: minibatch }
  const logPolicies = logPolicyOracle(network)
  const critic = options.spec.valueHidden === null ? null : outputsOracle(network, 'value')
  const sums = {
    policyLoss: 0,
    valueLoss: 0,
    entropy: 0,
    approxKl: 0,
    clipFraction: 0,
    costValueLoss: 0,
  }
  let rowCount = 0
  for (let row = 0; row < minibatch.size; row++) {
    const at = agent * minibatch.size + row
    if (minibatch.weights[at] === 0) continue
    rowCount++
    const logPi = logPolicies[row]
    const advantage = minibatch.advantages[at]
    const logRatio = logPi[minibatch.actions[at]] - minibatch.oldLogProbs[at]
    const ratio = Math.exp(logRatio)
    const clipped = Math.min(Math.max(ratio, 1 - settings.clipEpsilon), 1 + settings.clipEpsilon)
    sums.policyLoss -= Math.min(ratio * advantage, clipped * advantage)
    sums.approxKl += ratio - 1 - logRatio
    if (Math.abs(ratio - 1) > settings.clipEpsilon) sums.clipFraction++
    for (const [action, logProb] of minibatch.direct === null ? [] : logPi.entries()) {
      sums.policyLoss -= minibatch.direct![4 * at + action] * Math.exp(logProb)
    }
    for (const logProb of logPi) sums.entropy -= Math.exp(logProb) * logProb
    if (critic === null) continue
    sums.valueLoss += (critic[row][0] - minibatch.valueTargets[at]) ** 2
    sums.costValueLoss += costValueOracle(options, critic[row], row)
  }
  const mean = (sum: number) => (rowCount === 0 ? 0 : sum / rowCount)
  const policyLoss = mean(sums.policyLoss)
  const valueLoss = mean(sums.valueLoss)
  const entropy = mean(sums.entropy)
  const costValueLoss = mean(sums.costValueLoss)
  const valueTrunk = settings.valueCoef * valueLoss + settings.constraintCoef * costValueLoss
  return {
    total: policyLoss + valueTrunk - settings.entropyCoef * entropy,
    policyLoss,
    valueLoss,
    entropy,
    approxKl: mean(sums.approxKl),
    clipFraction: mean(sums.clipFraction),
    costValueLoss,
  }
}

/** Sum over the specifications of one row's squared errors, given the critic's outputs. */
function costValueOracle(
  { spec, agent, minibatch }: Agent & { minibatch: Minibatch },
  outputs: Float64Array,
  row: number,
): number {
  let loss = 0
  for (let s = 0; s < spec.constraintCount; s++) {
    const costTarget = minibatch.constraints!.costTargets[(s * spec.agentCount + agent) * minibatch.size + row]
    loss += (outputs[1 + s] - costTarget) ** 2
  }
  return loss
}

/** Mean cross-entropy of one agent: of the sum of the probabilities of the actions accepted. */
export function crossEntropyOracle(options: Agent & { batch: SupervisedBatch }): number {
  const { batch } = options
  let sum = 0
  for (const [row, logPi] of logPolicyOracle({ ...options, rows: batch }).entries()) {
    let accepted = 0
    for (const [action, log] of logPi.entries())
      if ((batch.accepted[row] >> action) % 2 === 1) accepted += Math.exp(log)
    sum -= Math.log(accepted)
  }
  return sum / batch.size
}

/** B arrays [4]: log-probabilities of the actions. */
export function logPolicyOracle(network: AgentRows): Float64Array[] {
  return outputsOracle(network, 'policy').map((logits) => {
    const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0))
    return logits.map((logit) => logit - logSum)
  })
}

/**
 * Central differences of `loss` with respect to each number of `block`.
 *
 * @param inUse [P] 1 for the numbers to move; the others get a gradient of 0
 */
export function finiteDifferences(
  block: Float64Array,
  inUse: Uint8Array,
  loss: (block: Float64Array) => number,
): Float64Array {
  const delta = 1e-5
  const moved = Float64Array.from(block)
  return block.map((value, index) => {
    if (inUse[index] === 0) return 0
    moved[index] = value + delta
    const above = loss(moved)
    moved[index] = value - delta
    const below = loss(moved)
    moved[index] = value
    return (above - below) / (2 * delta)
  })
}
