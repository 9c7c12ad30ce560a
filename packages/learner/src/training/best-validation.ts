import type { BestValidation } from '../checkpoint/checkpoint.ts'
import type { Config } from '../config/config.ts'
import { usesMultipliers } from '../config/specifications.ts'

/**
 * What a validation is ranked by. Where training strives for targets, a team that meets them goes before one that earns
 * more: otherwise the checkpoint kept would be one of before the multipliers took hold.
 */
export function rankedBy(
  config: Pick<Config, 'stlMode' | 'specifications'>,
  { rewardMean, satisfied }: { readonly rewardMean: number; readonly satisfied: readonly number[] },
): Omit<BestValidation, 'iteration'> {
  const lacking = config.specifications.map(({ target }, s) => Math.max(0, target - satisfied[s]))
  return { shortfall: usesMultipliers(config) ? Math.max(0, ...lacking) : 0, rewardMean }
}

/** Whether a validation is better than the best so far: nearer to the targets or, equally near, with more reward. */
export function isBetter(candidate: BestValidation, best: BestValidation | null): boolean {
  if (best === null) return true
  if (candidate.shortfall !== best.shortfall) return candidate.shortfall < best.shortfall
  return candidate.rewardMean > best.rewardMean
}
