import { dueAfter, lateLines, medianOf, spanOf } from './history.ts'
import type { MetricsCheck } from './finding.ts'
import { figure, percent } from './words.ts'

/**
 * Below this ceiling at least nine tenths of the returns' variance is noise to any critic. Own choice: independent rows have
 * it from gamma 0.95 on; the recorded attempts had 0.02.
 */
const CEILING_MIN = 0.1

/** Above this share the returns say rather how long the episode still lasts than how good it is. Own choice; recorded: 0.96. */
const TIME_TO_GO_MAX = 0.5

/** The returns are noise to any critic. Known from the first iteration on. */
export const returnsUnexplainable: MetricsCheck = (config, metrics) => {
  const ceiling = medianOf(metrics, (line) => line.explainableVarianceCeiling)
  if (ceiling === null || ceiling >= CEILING_MIN) return null
  const measured = medianOf(lateLines(metrics, 0), (line) => line.explainedVariance)
  const { gamma, episodes } = config
  const own = measured === null ? '' : ` The critic explains ${percent(measured)}.`
  return {
    code: 'RETURNS_UNEXPLAINABLE',
    severity: 'problem',
    title: `At most ${percent(ceiling)} of the variance of the returns can be explained`,
    evidence: `explainableVarianceCeiling ${figure(ceiling)} (${spanOf(metrics)}), below ${CEILING_MIN}; gamma ${gamma}, episodes ${episodes}.${own}`,
    cause:
      episodes === 'iid'
        ? `Rows are drawn independently, so what follows an event is noise to anybody who sees it: 1 - gamma^2 = ${figure(1 - gamma ** 2)} is all that can be explained. The normalised value loss cannot fall below ${figure(1 - ceiling)}, whatever the normalisation.`
        : 'What follows an event hardly depends on it here, and the discount sums up much of what follows.',
    remedy:
      episodes === 'iid'
        ? 'Give --gamma=0, the default for independent rows, or --episodes=stream --gamma=0.9.'
        : 'Give a smaller --gamma, such as 0.9.',
  }
}

/** The returns measure how much time is left. */
export const returnsMeasureTime: MetricsCheck = (config, metrics) => {
  const share = medianOf(metrics, (line) => line.timeToGoShare)
  if (share === null || share <= TIME_TO_GO_MAX) return null
  return {
    code: 'RETURNS_MEASURE_TIME',
    severity: 'problem',
    title: `${percent(share)} of the variance of the returns is time-to-go`,
    evidence: `timeToGoShare ${figure(share)} (${spanOf(metrics)}), above ${TIME_TO_GO_MAX}; gamma ${config.gamma}, rollouts of ${config.rolloutSteps} steps.`,
    cause:
      'Returns end where a rollout or an episode is cut, so that early steps have a larger sum than late ones whatever was decided. The inputs do not show the time that is left.',
    remedy: `Give --bootstrap=true, so that what follows a cut is estimated, and a smaller --gamma.`,
  }
}

/** "Value loss at 1.0 after iteration 50" (SYSTEM.md); 0.97 leaves room for what 1 - gamma^2 = 2 % could explain. */
const STUCK_LOSS = 0.97
const STUCK_AFTER = 50

/** The critic predicts no more than the mean. */
export const valueLossStuck: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(STUCK_AFTER, config))
  const loss = medianOf(lines, (line) => line.valueLoss)
  if (loss === null || loss < STUCK_LOSS) return null
  const ceiling = medianOf(lines, (line) => line.explainableVarianceCeiling)
  const isFloor = ceiling !== null && 1 - ceiling > STUCK_LOSS - CEILING_MIN
  return {
    code: 'VALUE_LOSS_STUCK',
    severity: 'problem',
    title: 'The critic is no better than predicting the mean return',
    evidence: `valueLoss ${figure(loss)} of the returns' variance (median of ${spanOf(lines)}), not below ${STUCK_LOSS}; explainable at most ${ceiling === null ? 'an unknown share' : percent(ceiling)}.`,
    cause: isFloor
      ? `That is the floor: no critic can get below ${figure(1 - (ceiling ?? 0))} of these returns, whatever the normalisation, the coefficient or the network.`
      : 'More could be explained. The critic does not learn: its learning rate, its gradient clip or the scale of its targets does not fit, or the inputs lack what the returns depend on.',
    remedy: isFloor
      ? 'Change the returns, not the critic: --gamma=0 for independent rows, or --episodes=stream.'
      : 'Give --return-normalisation=running, and look at gradNormValue against --max-grad-norm-value.',
  }
}
