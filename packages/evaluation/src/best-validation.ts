import { type BestValidation, type PpoSettings, usesMultipliers } from '@vigil/ppo'

/**
 * What a validation is ranked by. Where training strives for targets, a team that meets them goes before one that earns
 * more: otherwise the checkpoint kept would be one of before the multipliers took hold.
 */
export function rankedBy(
  settings: Pick<PpoSettings, 'specifications'> & { readonly stlMode: string },
  { rewardMean, satisfied }: { readonly rewardMean: number; readonly satisfied: readonly number[] },
): Ranked {
  return { shortfall: usesMultipliers(settings) ? shortfallOf(settings.specifications, satisfied) : 0, rewardMean }
}

/** By how much the specification that lacks most misses its target; 0 where all meet theirs. */
export function shortfallOf(
  specifications: readonly { readonly target: number }[],
  satisfied: readonly number[],
): number {
  return Math.max(0, ...specifications.map(({ target }, s) => target - satisfied[s]))
}

type Ranked = Omit<BestValidation, 'iteration'>

/** Whether a validation is better than the best so far: nearer to the targets or, equally near, with more reward. */
export function isBetter(candidate: Ranked, best: Ranked | null): boolean {
  if (best === null) return true
  if (candidate.shortfall !== best.shortfall) return candidate.shortfall < best.shortfall
  return candidate.rewardMean > best.rewardMean
}
