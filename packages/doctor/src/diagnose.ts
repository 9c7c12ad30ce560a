/** Why a training goes as it does: everything that can be found in its metrics, its data and its evaluation. */
import type { Config } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import type { Evaluation, IterationMetrics } from '@vigil/runs'
import { actionMixOff, entropyCollapsed, noExploitation, oneAction, rewardNotRising } from './actions.ts'
import { alertReward, alertsMany, undecidedMany } from './alerts.ts'
import type { Finding, MetricsCheck } from './finding.ts'
import { policyStarvedByClipping, policyStarvedByCritic } from './gradients.ts'
import { isTooShort } from './history.ts'
import { inputsConstant, inputsWithoutSignal, labelLeakage, splitDuplicates, surveyInputs } from './inputs.ts'
import { notFinite } from './not-finite.ts'
import { returnsMeasureTime, returnsUnexplainable, valueLossStuck } from './returns.ts'
import { constantOptimum } from './rewards.ts'
import { penaltyNearlyAlways, specificationAlwaysHolds, specificationNeverHolds } from './specifications.ts'
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
  specificationAlwaysHolds,
  noFaultTolerated,
]

/**
 * What the metrics of a run so far show, causes first. Cheap enough to be asked after every iteration.
 *
 * @param metrics the lines of metrics.jsonl in order; none = nothing is found
 */
export function diagnoseMetrics(config: Config, metrics: readonly IterationMetrics[]): Finding[] {
  return metrics.length === 0 ? [] : present(METRICS_CHECKS.map((check) => check(config, metrics)))
}

/** What the data show under the run's rewards and specifications. Takes a second or two for some 100,000 rows. */
export function diagnoseData(config: Config, dataset: Dataset): Finding[] {
  const survey = surveyInputs(config, dataset)
  const threatRate = threatRateOf(labelsOf(dataset, dataset.splits.train.rows))
  const optimum = constantOptimum(config, threatRate)
  return present([
    optimum,
    // A table that makes a constant action the optimum has more to mend than its alerts.
    optimum?.severity === 'problem' ? null : alertReward(config),
    inputsWithoutSignal(config, survey),
    labelLeakage(config, survey),
    splitMismatch(dataset),
    classesUnseen(dataset),
    specificationUnreachable(config, dataset),
    splitDuplicates(config, survey),
    inputsConstant(config, survey),
  ])
}

/** What an evaluation of the team shows. Of a training that is too short to have learnt anything it is only noted. */
export function diagnoseEvaluation(config: Config, evaluation: Evaluation): Finding[] {
  const found = present(
    [noBetterThanConstant, alertsMany, undecidedMany, agentsAlike].map((check) => check(config, evaluation)),
  )
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
