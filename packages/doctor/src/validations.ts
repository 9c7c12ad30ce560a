/** What the validations of a training say: greedy team decisions on rows that nothing was learnt from. */
import type { Config } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'
import { constantRewards, constantsInWords, isNoGain } from './constant-rewards.ts'
import type { Finding, MetricsCheck } from './finding.ts'
import { dueAfter, meanOf } from './history.ts'
import { decidedThreatRate, ratesDiffer } from './threat-rate.ts'
import { percent, signed } from './words.ts'

/** "TP = 0 in every evaluation after iteration 100" (recorded). */
const CONSTANT_AFTER = 100

/** One validation decides nothing. */
const VALIDATIONS_MIN = 2

type Validation = NonNullable<IterationMetrics['validation']>

function validationsAfter(due: number, metrics: readonly IterationMetrics[]) {
  return metrics.flatMap(({ iteration, validation }) =>
    validation !== null && iteration > due ? [{ iteration, ...validation }] : [],
  )
}

/** Whether the last validation earned about as little as a constant action; false where there is none yet, and nothing to gain. */
export function isUseless({ rewards }: Pick<Config, 'rewards'>, metrics: readonly IterationMetrics[]): boolean {
  const last = validationsAfter(0, metrics).at(-1)
  return last !== undefined && isNoGain(last.rewardMean, constantRewards(decidedThreatRate(last), rewards))
}

/** No threat was stopped in any validation of late. */
export const noThreatStopped: MetricsCheck = (config, metrics) => {
  const found = validationsAfter(dueAfter(CONSTANT_AFTER, config), metrics)
  if (found.length < VALIDATIONS_MIN || found.some(({ tp, fn }) => tp > 0 || fn === 0)) return null
  const last = found[found.length - 1]
  return {
    code: 'NO_THREAT_STOPPED',
    severity: 'problem',
    title: 'The team stops no threat',
    evidence: `TP = 0 of ${last.fn} threats in all ${found.length} validations of iterations ${found[0].iteration} to ${last.iteration}; reward ${signed(last.rewardMean)} per event.`,
    ...constantCause(config, last, last.alertRate > 0.5 ? 'alert' : 'allow'),
  }
}

/** No benign event was let through in any validation of late. */
export const nothingAllowed: MetricsCheck = (config, metrics) => {
  const found = validationsAfter(dueAfter(CONSTANT_AFTER, config), metrics)
  if (found.length < VALIDATIONS_MIN || found.some(({ tn, fp }) => tn > 0 || fp === 0)) return null
  const last = found[found.length - 1]
  return {
    code: 'NOTHING_ALLOWED',
    severity: 'problem',
    title: 'The team stops everything',
    evidence: `TN = 0 of ${last.fp} benign events in all ${found.length} validations of iterations ${found[0].iteration} to ${last.iteration}; reward ${signed(last.rewardMean)} per event.`,
    ...constantCause(config, last, 'block'),
  }
}

function constantCause(
  { rewards }: Config,
  last: Validation,
  action: 'allow' | 'block' | 'alert',
): Pick<Finding, 'cause' | 'remedy'> {
  const constants = constantRewards(decidedThreatRate(last), rewards)
  const isBest = constants.bestName === action
  const figures = `${constantsInWords(constants)}, perfect ${signed(constants.perfect)}`
  return {
    cause: isBest
      ? `Always ${action} is the best constant action here (${figures}): the team has found the optimum of inputs without signal, or learns nothing that goes beyond it.`
      : `Always ${action} is not even the best constant action here (${figures}): the policy does not follow its reward.`,
    remedy: isBest
      ? 'Look at the inputs first: where they tell nothing, no setting of the learner helps. Then at returns and gradients.'
      : 'Look at the findings on gradients, on the sampling of the rows and on defects of the update.',
  }
}

/** What is validated is not what was learnt from. */
export const evaluationUnlikeTraining: MetricsCheck = ({ rowsPerIteration, episodes, sampling }, metrics) => {
  // Weights make up for the proportions in which these rows are drawn.
  if (sampling === 'importance') return null
  const last = validationsAfter(0, metrics).at(-1)
  if (last === undefined) return null
  const [trained, validated] = [meanOf(metrics, (line) => line.threatRate), decidedThreatRate(last)]
  const events = { trained: metrics.length * rowsPerIteration, validated: last.tp + last.fn + last.fp + last.tn }
  const isFar = ratesDiffer({ rate: trained, events: events.trained }, { rate: validated, events: events.validated })
  if (!isFar) return null
  const finding = {
    code: 'EVALUATION_UNLIKE_TRAINING',
    title: 'Validation has another threat rate than training',
    evidence: `${percent(trained)} of the events learnt from are threats (iterations 1 to ${metrics.length}), ${percent(validated)} of those validated on.`,
  } as const
  if (episodes === 'stream') {
    return {
      ...finding,
      severity: 'note',
      cause:
        'Streams are drawn equally often and played from their beginning: short ones, and early rows, come more often until the long ones have been played.',
      remedy: 'Nothing need be done where validation is good; else more --iterations, or --episodes=iid.',
    }
  }
  return {
    ...finding,
    severity: 'problem',
    cause:
      'Rows are drawn in other proportions than they occur, or the parts of the split differ. A policy that fits the one rate stops too much or too little at the other.',
    remedy: 'Give --sampling=natural; with a temporal split compare with --split=stratified.',
  }
}
