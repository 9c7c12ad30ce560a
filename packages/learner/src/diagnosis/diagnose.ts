/** Why a training goes as it does: everything that can be found in its metrics, its data and its evaluation. */
import type { Dataset } from '@vigil/data'
import type { Config } from '../config/config.ts'
import type { Evaluation } from '../run-files/evaluation.ts'
import type { IterationMetrics } from '../run-files/metrics.ts'
import { actionMixOff, entropyCollapsed, noExploitation, oneAction, rewardNotRising } from './actions.ts'
import type { Finding, MetricsCheck } from './finding.ts'
import { policyStarvedByClipping, policyStarvedByCritic } from './gradients.ts'
import { inputsConstant, inputsWithoutSignal, labelLeakage, splitDuplicates, surveyInputs } from './inputs.ts'
import { returnsMeasureTime, returnsUnexplainable, valueLossStuck } from './returns.ts'
import { constantOptimum } from './rewards.ts'
import { penaltyNearlyAlways, specificationAlwaysHolds, specificationNeverHolds } from './specifications.ts'
import { classesUnseen, splitMismatch } from './splits.ts'
import { agentsAlike, noBetterThanConstant, noFaultTolerated } from './team.ts'
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
  valueLossExplodes,
  valueLossOutOfScale,
  valueLossStuck,
  valuesNearZero,
  policyStarvedByClipping,
  noThreatStopped,
  nothingAllowed,
  oneAction,
  actionMixOff,
  entropyCollapsed,
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
  const { rows } = dataset.splits.train
  const threatRate = rows.reduce((sum, row) => sum + dataset.labels[row], 0) / rows.length
  return present([
    constantOptimum(config, threatRate),
    inputsWithoutSignal(config, survey),
    labelLeakage(config, survey),
    splitMismatch(dataset),
    classesUnseen(dataset),
    specificationUnreachable(config, dataset),
    splitDuplicates(config, survey),
    inputsConstant(config, survey),
  ])
}

/** What an evaluation of the team shows. */
export function diagnoseEvaluation(config: Config, evaluation: Evaluation): Finding[] {
  return present([noBetterThanConstant(config, evaluation), agentsAlike(config, evaluation)])
}

function present(findings: readonly (Finding | null)[]): Finding[] {
  return findings.filter((finding) => finding !== null)
}
