import { type NetworkSpec, STATISTICS_PER_SLICE } from '@vigil/policy-wasm'
import type { UpdateStats } from '../engine.ts'
import { type LearningMemory, SLICE_COUNT } from './learning-memory.ts'

/** Where the results of an update lie, and [A] 1 over the number of rows that each agent learnt from. */
type Results = { readonly spec: NetworkSpec; readonly learning: LearningMemory; readonly shares: Float64Array }

const POLICY = 0
const VALUE = 1

/** The statistics of a PPO update. */
export function ppoResults(results: Results, maxGradNormPolicy: number): UpdateStats {
  const hasCritic = results.spec.valueHidden !== null
  return {
    policyLoss: agentMean(results, POLICY, 0),
    valueLoss: hasCritic ? agentMean(results, VALUE, 0) : 0,
    entropy: agentMean(results, POLICY, 1),
    approxKl: agentMean(results, POLICY, 2),
    clipFraction: agentMean(results, POLICY, 3),
    gradNormPolicy: trunkMean(results, results.learning.gradientNorms, POLICY),
    gradNormValue: hasCritic ? trunkMean(results, results.learning.gradientNorms, VALUE) : 0,
    clipScalePolicy: trunkMean(results, results.learning.gradientScales, POLICY),
    starvedByCritic: starvedByCritic(results, maxGradNormPolicy),
    ratiosPerDecision: agentMean(results, POLICY, 4),
    costValueLoss: hasCritic ? agentMean(results, VALUE, 1) : 0,
    satisfactionLoss: hasCritic ? agentMean(results, VALUE, 2) : 0,
  }
}

/** The cross-entropy and the norm of its gradient. */
export function supervisedResults(results: Results): { loss: number; gradNorm: number } {
  return { loss: agentMean(results, POLICY, 0), gradNorm: trunkMean(results, results.learning.gradientNorms, POLICY) }
}

/** Mean over the agents of the mean over their rows, in a fixed order. */
function agentMean({ spec, learning, shares }: Results, trunk: number, statistic: number): number {
  const perAgent = SLICE_COUNT * STATISTICS_PER_SLICE
  const length = (trunk + 1) * spec.agentCount * perAgent
  const sums = new Float64Array(learning.memory.buffer, learning.statistics, length)
  let total = 0
  for (let agent = 0; agent < spec.agentCount; agent++) {
    let sum = 0
    for (let slice = 0; slice < SLICE_COUNT; slice++) {
      sum += sums[(trunk * spec.agentCount + agent) * perAgent + slice * STATISTICS_PER_SLICE + statistic]
    }
    total += sum * shares[agent]
  }
  // Divided last: what is a share of each agent's rows stays one.
  return total / spec.agentCount
}

/** Mean over the agents of what the factor lacks of that which the policy's own norm asks for, as a share. */
function starvedByCritic({ spec, learning }: Results, maxNorm: number): number {
  const { buffer } = learning.memory
  const norms = new Float64Array(buffer, learning.gradientNorms, spec.agentCount)
  const scales = new Float64Array(buffer, learning.gradientScales, spec.agentCount)
  // The factor has been rounded to f32.
  const shares = scales.map((scale, agent) => 1 - scale / Math.fround(maxNorm / Math.max(norms[agent], maxNorm)))
  return shares.reduce((sum, share) => sum + share, 0) / spec.agentCount
}

/** Mean over the agents of one trunk's figures in f64 [trunks, A]. */
function trunkMean({ spec, learning }: Results, figures: number, trunk: number): number {
  const own = new Float64Array(learning.memory.buffer, figures + 8 * trunk * spec.agentCount, spec.agentCount)
  return own.reduce((sum, figure) => sum + figure, 0) / spec.agentCount
}
