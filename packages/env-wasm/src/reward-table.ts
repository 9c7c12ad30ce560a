/** What each kind of decision pays, in reward units. A restrictive action (block, quarantine) says "threat". */
export type RewardTable = {
  readonly truePositive: number
  readonly trueNegative: number
  readonly falsePositive: number
  readonly falseNegative: number
  /** Subtracted from the reward of every restrictive action. */
  readonly restrictiveCost: number
}

/** The default table: threats pay 8.5 when stopped, so a restrictive action pays above p = 10.5 / 29 = 0.362. */
export const DEFAULT_REWARDS: RewardTable = {
  truePositive: 10,
  trueNegative: 1,
  falsePositive: -8,
  falseNegative: -10,
  restrictiveCost: 1.5,
}

/** Name of a reward table that comes with Vigil. */
export type RewardPreset = 'default' | 'earlier'

/** The reward tables that come with Vigil: the default, and that of the attempts before it. */
export const REWARD_PRESETS: Readonly<Record<RewardPreset, RewardTable>> = {
  default: DEFAULT_REWARDS,
  earlier: { truePositive: 5, trueNegative: 2, falsePositive: -3, falseNegative: -6, restrictiveCost: 0.05 },
}

/** A figure for each outcome of a decision; a threat answered by a restrictive action is a true positive. */
export type Outcomes = { readonly tp: number; readonly tn: number; readonly fp: number; readonly fn: number }

/**
 * What each outcome pays, the cost of a restrictive action included, in reward units. The environment pays the same in
 * f32 (assembly/reward.ts); the tests hold both together.
 */
export function outcomeRewards(table: RewardTable): Outcomes {
  return {
    tp: table.truePositive - table.restrictiveCost,
    tn: table.trueNegative,
    fp: table.falsePositive - table.restrictiveCost,
    fn: table.falseNegative,
  }
}

/**
 * Mean reward per event by the table alone, without team bonus, in reward units:
 *
 *   sum_o weight_o reward_o / sum_o weight_o
 *
 * @param weights counts, or shares, of the outcomes, each >= 0
 * @returns 0 when all weights are 0
 */
export function meanReward(weights: Outcomes, table: RewardTable): number {
  const rewards = outcomeRewards(table)
  const total = weights.tp + weights.tn + weights.fp + weights.fn
  const sum = weights.tp * rewards.tp + weights.fp * rewards.fp + weights.tn * rewards.tn + weights.fn * rewards.fn
  return total === 0 ? 0 : sum / total
}

/**
 * For which threat probabilities p in (0, 1) a restrictive action pays more than a permissive one: above or below
 * `probability`, which lies in (0, 1), or for all of them or none. `indifferent` tables pay both actions alike.
 */
export type RestrictiveRange =
  | { readonly pays: 'above' | 'below'; readonly probability: number }
  | { readonly pays: 'always' | 'never' | 'indifferent'; readonly probability: null }

/**
 * Solves p tp + (1 - p) fp > p fn + (1 - p) tn for p, the outcomes standing for what they pay. With the gain on a threat
 * g = tp - fn and the loss on a benign event l = tn - fp this is p (g + l) > l.
 */
export function restrictiveRange(table: RewardTable): RestrictiveRange {
  const gainOnThreat = table.truePositive - table.restrictiveCost - table.falseNegative
  const lossOnBenign = table.trueNegative - table.falsePositive + table.restrictiveCost
  if (gainOnThreat === 0 && lossOnBenign === 0) return { pays: 'indifferent', probability: null }
  if (lossOnBenign <= 0 && gainOnThreat >= 0) return { pays: 'always', probability: null }
  if (lossOnBenign >= 0 && gainOnThreat <= 0) return { pays: 'never', probability: null }
  return { pays: gainOnThreat > 0 ? 'above' : 'below', probability: lossOnBenign / (lossOnBenign + gainOnThreat) }
}

/**
 * The threat probability above which a restrictive action pays, for a decision maker that compares a score with it.
 *
 * @returns in [0, 1]; 0 when a restrictive action always pays or never matters, 1 when it never pays, or only on events
 *   that are unlikely to be threats (`below`), which no threshold of this direction can express
 */
export function breakEvenProbability(table: RewardTable): number {
  const range = restrictiveRange(table)
  if (range.pays === 'above') return range.probability
  return range.pays === 'always' || range.pays === 'indifferent' ? 0 : 1
}

/**
 * On which share of both classes decisions must be right to earn more than the better constant action: right on a share x
 * earns E(x) = x E[perfect] + (1 - x) E[all wrong], where E[all wrong] = E[allow] + E[block] - E[perfect]; solved for E(x) =
 * the better constant.
 *
 * @param threatRate share of threats among the events, 0 to 1
 * @returns in [0, 1); null when no share earns more
 */
export function rightShareNeeded(threatRate: number, table: RewardTable): number | null {
  const benign = 1 - threatRate
  const allow = meanReward({ tp: 0, fp: 0, fn: threatRate, tn: benign }, table)
  const block = meanReward({ tp: threatRate, fp: benign, fn: 0, tn: 0 }, table)
  const perfect = meanReward({ tp: threatRate, fp: 0, fn: 0, tn: benign }, table)
  const best = Math.max(allow, block)
  // Equal but for the rounding of f64.
  if (perfect - best <= 1e-12 * Math.max(...Object.values(table).map(Math.abs))) return null
  const allWrong = allow + block - perfect
  return (best - allWrong) / (perfect - allWrong)
}
