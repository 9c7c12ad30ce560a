import type { Config } from '@vigil/config'
import { actionRewards, DEFAULT_REWARDS, type RewardTable } from '@vigil/env-wasm'
import type { MetricsCheck } from './finding.ts'
import { dueAfter, lateLines, medianOf, spanOf } from './history.ts'
import { foreseeableReturns } from './returns.ts'
import { figure } from './words.ts'

/** "Value loss above 10,000 after iteration 20" (recorded). */
const EXPLODING_LOSS = 10_000
const EXPLODING_AFTER = 20

/**
 * Losses that a critic in proper units does not have: squared errors of ten times the deviation of its targets, which is 1
 * where returns are normalised, and of some 10 reward units where they are not. Own choice.
 */
const LOSS_OUT_OF_SCALE = { normalised: 10, raw: 100 } as const

/** What the default table spans, from a threat missed to a threat stopped: the thresholds for raw returns are made for it. */
const DEFAULT_SPAN = spanOfRewards(DEFAULT_REWARDS)

/** "Values near zero" (recorded): a twentieth of the deviation of the returns. Own choice of the figure. */
const SPREAD_MIN = 0.05
const SPREAD_AFTER = 50

/** The critic's loss is beyond anything that can be learnt from. */
export const valueLossExplodes: MetricsCheck = (config, metrics) => {
  const due = dueAfter(EXPLODING_AFTER, config)
  const most = EXPLODING_LOSS * unitOf(config)
  const lines = metrics.filter(({ iteration, criticLoss }) => iteration > due && (criticLoss ?? 0) > most)
  if (lines.length === 0) return null
  const worst = lines.reduce((a, b) => ((b.criticLoss ?? 0) > (a.criticLoss ?? 0) ? b : a))
  return {
    code: 'VALUE_LOSS_EXPLODES',
    severity: 'problem',
    title: 'The value loss explodes',
    evidence: `criticLoss ${figure(worst.criticLoss ?? 0)} in iteration ${worst.iteration}, above ${figure(most)} in ${lines.length} iterations after iteration ${due}; variance of the returns ${figure(worst.returnVariance)}.`,
    ...outOfScale(config),
  }
}

/** The critic's targets have a scale that its network and optimiser are not made for. */
export const valueLossOutOfScale: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(EXPLODING_AFTER, config))
  const loss = medianOf(lines, ({ criticLoss }) => criticLoss)
  const unit = unitOf(config)
  const most = LOSS_OUT_OF_SCALE[config.returnNormalisation === 'none' ? 'raw' : 'normalised'] * unit
  if (loss === null || loss <= most || loss > EXPLODING_LOSS * unit) return null
  return {
    code: 'VALUE_LOSS_OUT_OF_SCALE',
    severity: 'problem',
    title: 'The value loss is out of scale',
    evidence: `criticLoss ${figure(loss)} (median of ${spanOf(lines)}), above ${figure(most)}; variance of the returns ${figure(medianOf(lines, ({ returnVariance }) => returnVariance) ?? 0)}.`,
    ...outOfScale(config),
  }
}

/** Raw losses are squares of reward units: a table that spans more than the default one has larger ones without a fault. */
function unitOf({ returnNormalisation, rewards }: Config): number {
  return returnNormalisation === 'none' ? Math.max(1, spanOfRewards(rewards) / DEFAULT_SPAN) ** 2 : 1
}

function spanOfRewards(table: RewardTable): number {
  const paid = actionRewards(table).flat()
  return Math.max(...paid) - Math.min(...paid)
}

function outOfScale({ returnNormalisation: normalisation, gamma }: Config) {
  const others = [
    ...(normalisation === 'running' ? ['a smaller --learning-rate'] : ['--return-normalisation=running']),
    ...(gamma > 0 ? ['a smaller --gamma'] : []),
  ]
  return {
    cause:
      normalisation === 'none'
        ? 'The critic is fitted to returns in reward units, summed over many steps. Its gradients grow with their square, and where they share a clip with the policy, or an optimiser, nothing is left for it.'
        : 'The returns are normalised, and still the critic is off by many deviations: the statistics and the returns they are applied to are not of the same thing, or the critic diverges.',
    remedy: `Give ${others.join(', and ')}.`,
  }
}

/** The critic says the same of everything. */
export const valuesNearZero: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(SPREAD_AFTER, config))
  const spread = medianOf(lines, ({ valueSpread }) => valueSpread)
  if (spread === null || spread >= SPREAD_MIN) return null
  const ceiling = medianOf(lines, (line) => line.explainableVarianceCeiling)
  const right = ceiling === null ? null : Math.sqrt(ceiling)
  return {
    code: 'VALUES_NEAR_ZERO',
    severity: 'problem',
    title: 'The critic says nearly the same of every event',
    evidence: `valueSpread ${figure(spread)} of the returns' deviation (median of ${spanOf(lines)}), below ${SPREAD_MIN}${right === null ? '' : `; a critic that explains all that can be explained would have ${figure(right)}`}.`,
    cause:
      right !== null && right < 4 * SPREAD_MIN
        ? 'Hardly anything of these returns can be foreseen, so their mean is nearly the best answer. The advantages are then returns less a constant: noise, mostly.'
        : 'The critic has not learnt to tell events apart: it answers the mean, so every advantage holds the whole noise of its return.',
    remedy:
      right !== null && right < 4 * SPREAD_MIN
        ? foreseeableReturns(config)
        : `Give ${config.returnNormalisation === 'running' ? '' : '--return-normalisation=running and '}the default --value-coef and --max-grad-norm-value.`,
  }
}
