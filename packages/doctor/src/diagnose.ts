/** Why a training goes as it does: everything that can be found in its metrics, its data and its evaluation. */
import type { Config } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import type { Evaluation, IterationMetrics } from '@vigil/runs'
import { actionMixOff, entropyCollapsed, noExploitation, oneAction } from './actions.ts'
import { alertReward, alertsMany, undecidedMany } from './alerts.ts'
import type { Finding, MetricsCheck } from './finding.ts'
import { policyStarvedByClipping, policyStarvedByCritic } from './gradients.ts'
import { isTooShort } from './history.ts'
import { inputsConstant, inputsWithoutSignal, labelLeakage, splitDuplicates, surveyInputs } from './inputs.ts'
import { notFinite } from './not-finite.ts'
import { alertNeverTried, greedyUnlikeSampled, responseFindings } from './responses.ts'
import { returnsMeasureTime, returnsUnexplainable, valueLossStuck } from './returns.ts'
import { constantOptimum } from './rewards.ts'
import { rewardNotRising, trainingAddedNothing } from './rising.ts'
import {
  budgetDoesNotBind,
  penaltyNearlyAlways,
  specificationAlwaysHolds,
  specificationNeverHolds,
} from './specifications.ts'
import { classesUnseen, splitMismatch } from './splits.ts'
import { agentsAlike, noBetterThanConstant, noFaultTolerated } from './team.ts'
import { labelsOf, threatRateOf } from './threat-rate.ts'
import { specificationUnreachable } from './unreachable-specifications.ts'
import {
  defectsOn,
  metricsPartial,
  ratioNotOne,
  ratioShape,
  rewardsOfOthers,
  valuesInOtherUnits,
} from './update-defects.ts'
import { evaluationUnlikeTraining, noThreatStopped, nothingAllowed } from './validations.ts'
import { valueLossExplodes, valueLossOutOfScale, valuesNearZero } from './values.ts'

/** Causes before what follows from them. */
const METRICS_CHECKS: readonly MetricsCheck[] = [
  notFinite,
  defectsOn,
  ratioShape,
  ratioNotOne,
  policyStarvedByCritic,
  rewardsOfOthers,
  valuesInOtherUnits,
  metricsPartial,
  returnsUnexplainable,
  returnsMeasureTime,
  penaltyNearlyAlways,
  specificationNeverHolds,
  evaluationUnlikeTraining,
  entropyCollapsed,
  policyStarvedByClipping,
  valueLossExplodes,
  valueLossOutOfScale,
  valueLossStuck,
  valuesNearZero,
  noThreatStopped,
  nothingAllowed,
  oneAction,
  actionMixOff,
  noExploitation,
  rewardNotRising,
  trainingAddedNothing,
  specificationAlwaysHolds,
  budgetDoesNotBind,
  noFaultTolerated,
]

/** Those that compare with the reward table, or with events that do not depend on what was done before. */
const OF_INDEPENDENT_EVENTS: ReadonlySet<MetricsCheck> = new Set([
  // Which compare with the reward table, or with a ceiling that holds for independent rewards.
  entropyCollapsed,
  valueLossStuck,

  rewardsOfOthers,
  returnsUnexplainable,
  returnsMeasureTime,
  evaluationUnlikeTraining,
  noThreatStopped,
  nothingAllowed,
  oneAction,
  actionMixOff,
  noExploitation,
])

/** Where actions have consequences. */
const RESPONSE_METRICS_CHECKS: readonly MetricsCheck[] = [
  ...METRICS_CHECKS.filter((check) => !OF_INDEPENDENT_EVENTS.has(check)),
  alertNeverTried,
  greedyUnlikeSampled,
]

/**
 * What the metrics of a run so far show, causes first. Cheap enough to be asked after every iteration.
 *
 * @param metrics the lines of metrics.jsonl in order; none = nothing is found
 */
export function diagnoseMetrics(config: Config, metrics: readonly IterationMetrics[]): Finding[] {
  const checks = config.environment === 'respond' ? RESPONSE_METRICS_CHECKS : METRICS_CHECKS
  return metrics.length === 0 ? [] : present(checks.map((check) => check(config, metrics)))
}

/** What the data show under the run's rewards and specifications. Takes a second or two for some 100,000 rows. */
export function diagnoseData(config: Config, dataset: Dataset): Finding[] {
  const survey = surveyInputs(config, dataset)
  return present([
    ...(config.environment === 'respond' ? [] : rewardFindings(config, dataset, survey)),
    labelLeakage(config, survey),
    splitMismatch(dataset),
    classesUnseen(dataset),
    specificationUnreachable(config, dataset),
    splitDuplicates(config, survey),
    inputsConstant(config, survey),
  ])
}

/** What the reward table makes of the labels and the inputs. */
function rewardFindings(config: Config, dataset: Dataset, survey: ReturnType<typeof surveyInputs>): (Finding | null)[] {
  const threatRate = threatRateOf(labelsOf(dataset, dataset.splits.train.rows))
  const optimum = constantOptimum(config, threatRate)
  // A table that makes a constant action the optimum has more to mend than its alerts.
  const alerts = optimum?.severity === 'problem' ? null : alertReward(config)
  return [optimum, alerts, inputsWithoutSignal(config, survey)]
}

/** What an evaluation of the team shows. Of a training that is too short to have learnt anything it is only noted. */
export function diagnoseEvaluation(config: Config, evaluation: Evaluation): Finding[] {
  const checks = evaluation.response === null ? [noBetterThanConstant, alertsMany, undecidedMany] : [undecidedMany]
  const found = present([
    ...responseFindings(evaluation),
    ...[...checks, agentsAlike].map((check) => check(config, evaluation)),
  ])
  if (!isTooShort(config)) return found
  const short = `Too short to tell: ${config.iterations} ${config.iterations === 1 ? 'iteration' : 'iterations'}.`
  return found.map((finding) => ({
    ...finding,
    severity: 'note',
    cause: `${short} ${finding.cause}`,
    remedy: 'Give more --iterations before anything else.',
  }))
}

function present(findings: readonly (Finding | null)[]): Finding[] {
  return findings.filter((finding) => finding !== null)
}
