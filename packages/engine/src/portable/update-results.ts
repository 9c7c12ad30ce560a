import {
  LABEL_STATISTICS,
  type NetworkSpec,
  POLICY_STATISTICS,
  STATISTICS_BYTES,
  VALUE_STATISTICS,
} from '@vigil/policy-wasm'
import type { UpdateStats } from '../engine.ts'
import { type LearningMemory, SLICE_COUNT } from './learning-memory.ts'

/** Where the results of an update lie, and [A] 1 over the number of rows that each agent learnt from. */
type Results = { readonly spec: NetworkSpec; readonly learning: LearningMemory; readonly shares: Float64Array }

const POLICY = 0
const VALUE = 1

/** The statistics of a PPO update. */
export function ppoResults(results: Results): UpdateStats {
  const hasCritic = results.spec.valueHidden !== null
  const ofPolicy = (name: keyof typeof POLICY_STATISTICS.offsets) =>
    agentMean(results, POLICY, POLICY_STATISTICS.offsets[name])
  const ofValue = (name: keyof typeof VALUE_STATISTICS.offsets) =>
    hasCritic ? agentMean(results, VALUE, VALUE_STATISTICS.offsets[name]) : 0
  return {
    policyLoss: ofPolicy('policyLoss'),
    valueLoss: ofValue('valueLoss'),
    entropy: ofPolicy('entropy'),
    approxKl: ofPolicy('approxKl'),
    clipFraction: ofPolicy('clipped'),
    gradNormPolicy: trunkMean(results, results.learning.gradientNorms, POLICY),
    gradNormValue: hasCritic ? trunkMean(results, results.learning.gradientNorms, VALUE) : 0,
    clipScalePolicy: trunkMean(results, results.learning.gradientScales, POLICY),
    costValueLoss: ofValue('costValueLoss'),
  }
}

/** The cross-entropy and the norm of its gradient. */
export function supervisedResults(results: Results): { loss: number; gradNorm: number } {
  const loss = agentMean(results, POLICY, LABEL_STATISTICS.offsets.crossEntropy)
  return { loss, gradNorm: trunkMean(results, results.learning.gradientNorms, POLICY) }
}

/**
 * Mean over the agents of the mean over their rows, in a fixed order.
 *
 * @param offset of the statistic, in bytes
 */
function agentMean({ spec, learning, shares }: Results, trunk: number, offset: number): number {
  const sums = new DataView(learning.memory.buffer, learning.statistics)
  let total = 0
  for (let agent = 0; agent < spec.agentCount; agent++) {
    let sum = 0
    for (let slice = 0; slice < SLICE_COUNT; slice++) {
      const item = (trunk * spec.agentCount + agent) * SLICE_COUNT + slice
      sum += sums.getFloat64(item * STATISTICS_BYTES + offset, true)
    }
    total += sum * shares[agent]
  }
  // Divided last: what is a share of each agent's rows stays one.
  return total / spec.agentCount
}

/** Mean over the agents of one trunk's figures in f64 [trunks, A]. */
function trunkMean({ spec, learning }: Results, figures: number, trunk: number): number {
  const own = new Float64Array(learning.memory.buffer, figures + 8 * trunk * spec.agentCount, spec.agentCount)
  return own.reduce((sum, figure) => sum + figure, 0) / spec.agentCount
}
