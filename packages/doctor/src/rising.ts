/** Whether the reward rises: from random weights, and over a rule or a team that training began with. */
import type { Config } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'
import { constantRewards } from './constant-rewards.ts'
import type { MetricsCheck } from './finding.ts'
import { dueAfter, lateLines, meanOf, spanOf } from './history.ts'
import { isUseless } from './validations.ts'
import { figure } from './words.ts'

/** "Rewards not rising" (recorded); the record has 100 for the related TP = 0. */
const RISEN_AFTER = 100

/** Of the gain that is left at the beginning, less than this is none. Own choice. */
const GAIN_MIN = 0.05

/** A rise of fewer standard errors is taken for chance. Own choice. */
const STANDARD_ERRORS = 2

const rewardOf = (line: IterationMetrics) => line.rewardMean

/**
 * Random weights earn no more after training. Where actions have no consequences it is not asked of a team that is good, as one
 * that was good from the beginning.
 */
export const rewardNotRising: MetricsCheck = (config, metrics) => {
  if (hasLearntBefore(config)) return null
  const late = lateLines(metrics, dueAfter(RISEN_AFTER, config))
  if (late.length === 0) return null
  const evidence = config.environment === 'respond' ? noRise(metrics, late) : noGain(config, metrics, late)
  if (evidence === null) return null
  return {
    code: 'REWARD_NOT_RISING',
    severity: 'problem',
    title: 'The reward does not rise',
    evidence,
    cause: 'Nothing is learnt that pays.',
    remedy: 'Look at the inputs first, then at returns and gradients.',
  }
}

/** What training began with, a rule or a team, earned as much as what became of it. */
export const trainingAddedNothing: MetricsCheck = (config, metrics) => {
  if (!hasLearntBefore(config)) return null
  const evidence = noRise(metrics, lateLines(metrics, dueAfter(RISEN_AFTER, config)))
  if (evidence === null) return null
  const [begun, remedy] =
    config.from === null
      ? ['its warm start', 'evaluation.json compares the team with tuned rules. Where it should do better, give']
      : [
          'the team that it began with',
          '`npx nx run learner:evaluate` scores both teams. Where this one should do better, give',
        ]
  return {
    code: 'TRAINING_ADDED_NOTHING',
    severity: 'note',
    title: `Training added nothing over ${begun}`,
    evidence,
    cause:
      'What training began with is near the best that these inputs allow; or its steps are too few or too small to be told from chance, or so large that they spoil as much as they gain.',
    remedy: `${remedy} more --iterations or another --learning-rate (it is ${config.learningRate}).`,
  }
}

/** Whether training began with weights that were no longer random: then the first reward may already be near the best. */
function hasLearntBefore({ warmStart, from }: Pick<Config, 'warmStart' | 'from'>): boolean {
  return warmStart === 'rule' || from !== null
}

/** The rewards of a useless team that has gained next to nothing of what the table leaves to gain; else null. */
function noGain(config: Config, metrics: readonly IterationMetrics[], late: readonly IterationMetrics[]) {
  if (!isUseless(config, metrics)) return null
  const early = metrics.slice(0, Math.max(1, Math.floor(metrics.length / 10)))
  const [before, now] = [meanOf(early, rewardOf), meanOf(late, rewardOf)]
  const threatRate = meanOf(late, (line) => line.threatRate)
  const most = constantRewards(threatRate, config.rewards).perfect
  if (now - before >= GAIN_MIN * Math.max(0, most - before)) return null
  return `mean reward ${figure(before)} in ${spanOf(early)} and ${figure(now)} in ${spanOf(late)}; perfect decisions earn ${figure(most)} by the table.`
}

/**
 * The rewards of the initial weights and of late, where these are not clearly higher; else null. The standard error of the
 * difference is sd sqrt(1/n + 1/m), with the standard deviation of late iterations for those of both.
 */
function noRise(metrics: readonly IterationMetrics[], late: readonly IterationMetrics[]) {
  const begun = metrics.filter(({ policyVersion }) => policyVersion === 0)
  if (begun.length === 0 || late.length === 0) return null
  const [before, now] = [meanOf(begun, rewardOf), meanOf(late, rewardOf)]
  const variance = late.reduce((sum, line) => sum + (line.rewardMean - now) ** 2, 0) / (late.length - 1)
  const standardError = Math.sqrt(variance * (1 / begun.length + 1 / late.length))
  if (now - before > STANDARD_ERRORS * standardError) return null
  return `sampled actions earned ${figure(before)} per event with the initial weights (${spanOf(begun)}) and ${figure(now)} in ${spanOf(late)}; the standard error of the difference is ${figure(standardError)}.`
}
