import { assertLength } from './errors.ts'
import { deviationOf, momentsOf } from './return-normaliser.ts'

/**
 * Advantages of mean 0 and deviation 1, with ONE mean and deviation over all agents, so that an agent for whom a batch
 * hardly matters is not scaled up to one for whom it does.
 *
 *   out = (A - mean) / deviation, with the deviation of the population, or 1 where all advantages are equal
 *
 * Differs from implementations that add an epsilon to the deviation: advantages that differ by no more than rounding are
 * equal here, so that noise never becomes a gradient, and no others are touched, however small.
 *
 * @param advantages [any shape, all agents], reward units
 * @param magnitude  the largest of the numbers that the advantages are differences of, in absolute value: what they are
 *                   rounded by. By default the mean of the advantages
 * @param weights    [same] 0 or 1: whether an entry counts in mean and deviation; null: all do.
 *                   Entries of weight 0 are scaled like the others.
 * @param out        [same], overwritten; may be `advantages`
 * @returns the deviation, in the unit of the advantages
 * @throws {VigilError} SHAPE
 */
export function normaliseAdvantages({
  advantages,
  weights,
  magnitude,
  out,
}: {
  advantages: Float32Array
  weights: Float32Array | null
  magnitude?: number
  out: Float32Array
}): number {
  if (weights) assertLength('weights', weights.length, advantages.length)
  assertLength('out', out.length, advantages.length)
  const moments = momentsOf(advantages, weights)
  const deviation = deviationOf(moments, magnitude)
  const scale = 1 / deviation
  for (let i = 0; i < advantages.length; i++) out[i] = (advantages[i] - moments.mean) * scale
  return deviation
}

/**
 * Counterfactual advantages (COMA, arXiv:1705.08926, eq. 4): how much better the action was than what the policy gets on
 * average in the same state, the other agents' actions staying as they are.
 *
 *   A = r(a) - sum_a' pi(a') r(a')
 *
 * Differs: in place of a learnt Q stand the rewards that the environment pays for each of the four actions, which are
 * exact where gamma is 0 (independent events). The sum is taken where they are known, in packages/env-wasm.
 *
 * @param rewards         [T * E, A] r(a), reward units
 * @param expectedRewards [T * E, A] sum_a' pi(a') r(a')
 * @param out             [T * E, A], overwritten, reward units, not normalised
 * @throws {VigilError} SHAPE
 */
export function counterfactualAdvantages({
  rewards,
  expectedRewards,
  out,
}: {
  rewards: Float32Array
  expectedRewards: Float32Array
  out: Float32Array
}): void {
  assertLength('expectedRewards', expectedRewards.length, rewards.length)
  assertLength('out', out.length, rewards.length)
  for (let i = 0; i < rewards.length; i++) out[i] = rewards[i] - expectedRewards[i]
}
