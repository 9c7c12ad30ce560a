import { assertLength } from '../errors.ts'

/**
 * The advantage of the Lagrangian (arXiv:2007.03964, eq. 6 and section 5.2):
 *
 *   A = (A_r - sum_s lambda_s A_c,s) / (1 + sum_s lambda_s)
 *
 * Differs: A_r and each A_c,s come with mean 0 and deviation 1 over all agents, so that a multiplier says how many
 * deviations of reward one deviation of cost is worth, whatever the reward table and however rare violations are.
 *
 * @param advantages     [T, E, A] of the reward, normalised; overwritten
 * @param costAdvantages [S] of [T, E, A], normalised
 * @param multipliers    [S] lambda_s >= 0
 * @throws {VigilError} SHAPE
 */
export function mixAdvantages({
  advantages,
  costAdvantages,
  multipliers,
}: {
  advantages: Float32Array
  costAdvantages: readonly Float32Array[]
  multipliers: readonly number[]
}): void {
  assertLength('multipliers', multipliers.length, costAdvantages.length)
  const scale = 1 / (1 + multipliers.reduce((sum, multiplier) => sum + multiplier, 0))
  for (const costs of costAdvantages) assertLength('costAdvantages', costs.length, advantages.length)
  for (let i = 0; i < advantages.length; i++) {
    let mixed = advantages[i]
    for (let s = 0; s < multipliers.length; s++) mixed -= multipliers[s] * costAdvantages[s][i]
    advantages[i] = mixed * scale
  }
}
