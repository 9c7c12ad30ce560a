/** What every policy of an evaluation is given: counts, shares and reward, in this shape. */
import { z } from 'zod'
import { deriveRates } from './classification.ts'
import { count, share } from './schema-parts.ts'

/** What one policy did on the split: counts, shares derived from them (0 / 0 = 0), and its mean reward per event. */
export const policyScoresShape = {
  tp: count,
  fn: count,
  fp: count,
  tn: count,
  accuracy: share,
  precision: share,
  recall: share,
  f1: share,
  falsePositiveRate: share,
  /** Average precision of the policy's threat probability. */
  prAuc: share,
  /** Reward per event of the decisions, in the units of the reward table. */
  rewardMean: z.number(),
}

const policyScoresSchema = z.strictObject(policyScoresShape)

/** Counts, shares and reward of one policy on the split. */
export type PolicyScores = Readonly<z.infer<typeof policyScoresSchema>>

/** A value that contradicts another one of the same file. */
export type Inconsistency = { readonly path: readonly (string | number)[]; readonly message: string }

/** Counts that do not add up to the split's, and shares that do not follow from the counts. */
export function inconsistentScores(
  path: (string | number)[],
  scores: PolicyScores,
  { rows, threats }: { rows: number; threats: number },
): Inconsistency[] {
  const { tp, fn, fp, tn } = scores
  const found: Inconsistency[] = []
  const expectSum = (what: string, sum: number, expected: number) => {
    if (sum !== expected) found.push({ path, message: `${what} must be ${expected}, received ${sum}` })
  }
  expectSum('tp + fn (the threats)', tp + fn, threats)
  expectSum('tp + fn + fp + tn (the rows)', tp + fn + fp + tn, rows)
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
