/** Slow oracle of the fault `ratio-matrix`, for tests only: one pair of decisions at a time, in float64. */
import { logPolicyOracle, type OracleLoss, ppoLossOracle } from '../../../engine/src/loss.oracle.ts'

/** Loss of one agent: that of PPO, but for the terms that are made of ratios. */
export function ratioMatrixOracle(
  options: Parameters<typeof ppoLossOracle>[0],
): OracleLoss & { readonly ratiosPerDecision: number } {
  const { agent, minibatch, settings } = options
  const { size, actions, oldLogProbs, advantages } = minibatch
  const own = ppoLossOracle({ ...options, minibatch: { ...minibatch, advantages: advantages.map(() => 0) } })
  const logPolicies = logPolicyOracle({ ...options, rows: minibatch })
  const rows = Array.from({ length: size }, (_, row) => row)
  const learnt = rows.filter((row) => minibatch.weights[agent * size + row] !== 0)
  const sums = { clipped: 0, approxKl: 0, clipFraction: 0 }
  for (const row of learnt) {
    for (const other of learnt) {
      const at = agent * size + row
      const logRatio = logPolicies[row][actions[at]] - oldLogProbs[agent * size + other]
      const ratio = Math.exp(logRatio)
      const banded = Math.min(Math.max(ratio, 1 - settings.clipEpsilon), 1 + settings.clipEpsilon)
      sums.clipped -= Math.min(ratio * advantages[at], banded * advantages[at])
      sums.approxKl += ratio - 1 - logRatio
      if (Math.abs(ratio - 1) > settings.clipEpsilon) sums.clipFraction++
    }
  }
  const mean = (sum: number) => (learnt.length === 0 ? 0 : sum / learnt.length ** 2)
  return {
    ...own,
    total: own.total + mean(sums.clipped),
    policyLoss: own.policyLoss + mean(sums.clipped),
    approxKl: mean(sums.approxKl),
    clipFraction: mean(sums.clipFraction),
    ratiosPerDecision: learnt.length,
  }
}
