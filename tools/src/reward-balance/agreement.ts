import { actionRewards, type Outcomes, type RewardTable } from '@vigil/env-wasm'
import { expectedReward } from './balance.ts'
import { outcomeShares, type Policy } from './policy.ts'

/** A mean of played rewards beside its expectation, in reward units. */
export type Agreement = {
  readonly meanReward: number
  /** Of the mean, if the expectation and the table hold: standard deviation of one reward / sqrt(samples). */
  readonly standardError: number
  /** Mean minus expectation, in standard errors; null where rewards vary by no more than f32 rounds. */
  readonly deviation: number | null
  /** Whether chance and rounding explain the difference. */
  readonly agrees: boolean
}

/** A true expectation is refused once in a million times, at most. */
const FALSE_ALARM = 1e-6

/**
 * Judges a mean of n independent rewards against its expectation mu by Bernstein's inequality (1924), which holds for
 * every n, where "five standard errors" would be wrong for rare threats:
 *
 *   P(|mean - mu| >= t) <= 2 exp(-n t^2 / (2 sigma^2 + 2 M t / 3)),  |reward - mu| <= M
 *
 * solved for t at FALSE_ALARM. For large n that is t = 5.4 standard errors.
 *
 * @param played mean reward of `samples` events at `threatRate`
 */
export function judge(played: {
  readonly policy: Policy
  readonly threatRate: number
  readonly rewards: RewardTable
  readonly samples: number
  readonly meanReward: number
}): Agreement {
  const { policy, threatRate, rewards, samples } = played
  const mu = expectedReward(policy, threatRate, rewards)
  const { variance, largestDeviation } = spread(outcomeShares(policy, threatRate), rewards, mu)
  const standardError = Math.sqrt(variance / samples)
  const logOdds = Math.log(2 / FALSE_ALARM)
  const rare = (largestDeviation * logOdds) / (3 * samples)
  const chance = rare + Math.hypot(rare, standardError * Math.sqrt(2 * logOdds))
  const rounding = roundingOf(rewards)
  const difference = played.meanReward - mu
  return {
    meanReward: played.meanReward,
    standardError,
    deviation: standardError > rounding ? difference / standardError : null,
    agrees: Math.abs(difference) <= chance + rounding,
  }
}

/** sigma^2 of one reward, and M over the outcomes that occur. */
function spread(
  { tp, fn, fp, tn, threatAlerts, benignAlerts }: Outcomes,
  table: RewardTable,
  mu: number,
): { variance: number; largestDeviation: number } {
  const [benign, threat] = actionRewards(table)
  const outcomes = [
    [tp, threat[1]],
    [fn - threatAlerts, threat[0]],
    [threatAlerts, threat[3]],
    [fp, benign[1]],
    [tn - benignAlerts, benign[0]],
    [benignAlerts, benign[3]],
  ]
  let variance = 0
  let largestDeviation = 0
  for (const [share, reward] of outcomes) {
    const deviation = Math.abs(reward - mu)
    variance += share * deviation ** 2
    if (share > 0) largestDeviation = Math.max(largestDeviation, deviation)
  }
  return { variance, largestDeviation }
}

/** Bound of what rounding does to a reward: f32 keeps 2^-24 of its size, and as much again covers the sums in f64. */
function roundingOf(rewards: RewardTable): number {
  const largest = Math.max(...actionRewards(rewards).flat().map(Math.abs))
  return 2 ** -23 * largest + 2 ** -148 // the second term for figures too small for f32
}
