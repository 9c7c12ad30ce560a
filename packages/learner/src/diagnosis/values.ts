import type { MetricsCheck } from './finding.ts'
import { dueAfter, lateLines, medianOf, spanOf } from './history.ts'
import { figure } from './words.ts'

/** "Value loss above 10,000 after iteration 20" (recorded). */
const EXPLODING_LOSS = 10_000
const EXPLODING_AFTER = 20

/**
 * Losses that a critic in proper units does not have: squared errors of ten times the deviation of its targets, which is 1
 * where returns are normalised, and of some 10 reward units where they are not. Own choice.
 */
const LOSS_OUT_OF_SCALE = { normalised: 10, raw: 100 } as const

/** "Values near zero" (recorded): a twentieth of the deviation of the returns. Own choice of the figure. */
const SPREAD_MIN = 0.05
const SPREAD_AFTER = 50

/** The critic's loss is beyond anything that can be learnt from. */
export const valueLossExplodes: MetricsCheck = (config, metrics) => {
  const due = dueAfter(EXPLODING_AFTER, config)
  const lines = metrics.filter(({ iteration, criticLoss }) => iteration > due && (criticLoss ?? 0) > EXPLODING_LOSS)
  if (lines.length === 0) return null
  const worst = lines.reduce((a, b) => ((b.criticLoss ?? 0) > (a.criticLoss ?? 0) ? b : a))
  return {
    code: 'VALUE_LOSS_EXPLODES',
    severity: 'problem',
    title: 'The value loss explodes',
    evidence: `criticLoss ${figure(worst.criticLoss ?? 0)} in iteration ${worst.iteration}, above ${figure(EXPLODING_LOSS)} in ${lines.length} iterations after iteration ${due}; variance of the returns ${figure(worst.returnVariance)}.`,
    ...outOfScale(config.returnNormalisation),
  }
}

/** The critic's targets have a scale that its network and optimiser are not made for. */
export const valueLossOutOfScale: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(EXPLODING_AFTER, config))
  const loss = medianOf(lines, ({ criticLoss }) => criticLoss)
  const most = LOSS_OUT_OF_SCALE[config.returnNormalisation === 'none' ? 'raw' : 'normalised']
  if (loss === null || loss <= most || loss > EXPLODING_LOSS) return null
  return {
    code: 'VALUE_LOSS_OUT_OF_SCALE',
    severity: 'problem',
    title: 'The value loss is out of scale',
    evidence: `criticLoss ${figure(loss)} (median of ${spanOf(lines)}), above ${most}; variance of the returns ${figure(medianOf(lines, ({ returnVariance }) => returnVariance) ?? 0)}.`,
    ...outOfScale(config.returnNormalisation),
  }
}

function outOfScale(normalisation: string) {
  return {
    cause:
      normalisation === 'none'
        ? 'The critic is fitted to returns in reward units, summed over many steps. Its gradients grow with their square, and where they share a clip with the policy, or an optimiser, nothing is left for it.'
        : 'The returns are normalised, and still the critic is off by many deviations: the statistics and the returns they are applied to are not of the same thing, or the critic diverges.',
    remedy:
      normalisation === 'none'
        ? 'Give --return-normalisation=running, and a smaller --gamma.'
        : 'Give a smaller --learning-rate, and --return-normalisation=running.',
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
        ? 'Change the returns: --gamma=0 for independent rows, or --episodes=stream.'
        : 'Give --return-normalisation=running and the default --value-coef and --max-grad-norm-value.',
  }
}
