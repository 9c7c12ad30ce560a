/** What every policy of an evaluation is given: counts, shares and reward, in this shape. */
import { meanReward, type RewardTable } from '@vigil/env-wasm'
import { z } from 'zod'
import { deriveRates } from './classification.ts'
import { count, share } from './schema-parts.ts'

/** What one policy did on the split: counts, shares derived from them (0 / 0 = 0), and its mean reward per event. */
export const policyScoresShape = {
  tp: count,
  fn: count,
  fp: count,
  tn: count,
  /** Alerts on threats, part of fn; and on benign events, part of tn. */
  threatAlerts: count,
  benignAlerts: count,
  /** Events without a decision of the vote, on which the fallback action was taken. */
  undecided: count,
  accuracy: share,
  precision: share,
  recall: share,
  f1: share,
  falsePositiveRate: share,
  /** Share of the events that are alerts, fallbacks included. */
  alertRate: share,
  /** Share of the events without a decision. */
  undecidedRate: share,
  /** Average precision of the policy's threat probability. */
  prAuc: share,
  /**
   * Reward per event of the decisions, in the units of the reward table. Where actions have consequences the mean return of a
   * stream instead, in the units of `response.costs`; of an agent, that of a team which does as this agent does.
   */
  rewardMean: z.number(),
}

const policyScoresSchema = z.strictObject(policyScoresShape)

/** Counts, shares and reward of one policy on the split. */
export type PolicyScores = Readonly<z.infer<typeof policyScoresSchema>>

/** A value that contradicts another one of the same file. */
export type Inconsistency = { readonly path: readonly (string | number)[]; readonly message: string }

/**
 * Counts that do not add up to the split's, and shares and rewards that do not follow from the counts.
 *
 * @param split rows and threats of the split, and the reward table where the file names it
 */
export function inconsistentScores(
  path: (string | number)[],
  scores: PolicyScores,
  { rows, threats, rewards }: { rows: number; threats: number; rewards?: RewardTable },
): Inconsistency[] {
  const { tp, fn, fp, tn, threatAlerts, benignAlerts } = scores
  const found: Inconsistency[] = []
  const expectSum = (what: string, sum: number, expected: number) => {
    if (sum !== expected) found.push({ path, message: `${what} must be ${expected}, received ${sum}` })
  }
  expectSum('tp + fn (the threats)', tp + fn, threats)
  expectSum('tp + fn + fp + tn (the rows)', tp + fn + fp + tn, rows)
  const expectPart = (name: string, part: number, whole: string, size: number) => {
    if (part > size)
      found.push({ path: [...path, name], message: `must be at most ${whole} (${size}), received ${part}` })
  }
  expectPart('threatAlerts', threatAlerts, 'fn', fn)
  expectPart('benignAlerts', benignAlerts, 'tn', tn)
  if (rewards !== undefined) {
    const expected = meanReward(scores, rewards)
    if (Math.abs(scores.rewardMean - expected) > 1e-6 * Math.max(1, Math.abs(expected))) {
      const message = `must follow from the counts and the rewards (${expected}), received ${scores.rewardMean}`
      found.push({ path: [...path, 'rewardMean'], message })
    }
  }
  return [...found, ...ratesNotDerived(path, scores)]
}

/** Shares are stored beside their counts for readers' convenience; a file where they disagree was changed by hand. */
function ratesNotDerived(path: (string | number)[], scores: PolicyScores): Inconsistency[] {
  const tolerance = 1e-6
  return Object.entries(deriveRates(scores))
    .filter(([name, derived]) => Math.abs(scores[name as 'f1'] - derived) > tolerance)
    .map(([name, derived]) => ({
      path: [...path, name],
      message: `must follow from the counts (${derived}), received ${scores[name as 'f1']}`,
    }))
}
