import type { Config } from '@vigil/config'
import type { MetricsCheck } from './finding.ts'
import { dueAfter, isFalling, lateLines, medianOf, spanOf } from './history.ts'
import { figure, percent } from './words.ts'

/**
 * Below this ceiling at least nine tenths of the returns' variance is noise to any critic. Own choice: independent rows have
 * it from gamma 0.95 on; the recorded attempts had 0.02.
 */
const CEILING_MIN = 0.1

/**
 * Above this share the returns say rather how long the episode still lasts than how good it is. Own choice between measured
 * medians: 0.02 to 0.12 (streams and independent rows, bootstrapped), 0.64 to 0.73 (GAE, not bootstrapped), recorded 0.96.
 */
const TIME_TO_GO_MAX = 0.3
const TIME_TO_GO_ITERATIONS = 5

/** A new policy acts at random, which is noise to a critic too; the record names 20 for the related value loss. */
const CEILING_AFTER = 20

/** The returns are noise to any critic. Of independent rows the discount alone says so, from the first iteration on. */
export const returnsUnexplainable: MetricsCheck = (config, metrics) => {
  const { gamma, gaeLambda, episodes } = config
  // Without a discount only the sampling of actions is left as noise, and it ends when the policy learns.
  if (gamma === 0) return null
  const late = lateLines(metrics, dueAfter(CEILING_AFTER, config))
  const lines = late.length > 0 ? late : metrics
  // As in the ceiling: advantages and targets of GAE look ahead by gamma lambda.
  const isMonteCarlo = config.returns === 'monte-carlo'
  const own = 1 - (isMonteCarlo ? gamma : gamma * gaeLambda) ** 2
  const byDiscount = episodes === 'iid' ? own : 1
  const measured = late.length > 0 ? (medianOf(late, (line) => line.explainableVarianceCeiling) ?? 1) : 1
  const ceiling = Math.min(byDiscount, measured)
  if (ceiling >= CEILING_MIN) return null
  const [shown, explained] = [
    medianOf(lines, (line) => line.explainableVarianceCeiling),
    medianOf(lines, (line) => line.explainedVariance),
  ]
  return {
    code: 'RETURNS_UNEXPLAINABLE',
    severity: 'problem',
    title: `Hardly anything of the returns follows from the events: ${percent(ceiling)} of their variance`,
    evidence: `explainableVarianceCeiling ${shown === null ? 'not measured' : figure(shown)}, explainedVariance ${explained === null ? 'not measured' : figure(explained)} (medians of ${spanOf(lines)}); gamma ${gamma}, episodes ${episodes}, where less than ${CEILING_MIN} is too little.`,
    cause:
      episodes === 'iid'
        ? `Rows are drawn independently, so what follows an event is noise to anybody who sees it alone: its own reward has ${isMonteCarlo ? '1 - gamma^2' : '1 - (gamma lambda)^2'} = ${figure(own)} of the variance, and of that the action to be sampled is noise too. ${floorWords(1 - ceiling, explained !== null && explained > ceiling)}`
        : 'What follows hardly depends on where the stream stands, or the actions, which no critic knows, are still drawn nearly at random.',
    remedy:
      episodes === 'iid'
        ? `Give --gamma=0, the default for independent rows, or ${streamFlags(config)} --gamma=0.9.`
        : 'Give a smaller --gamma, such as 0.9, and a smaller --entropy-coef.',
  }
}

function floorWords(floor: number, isPassed: boolean): string {
  return isPassed
    ? 'This critic explains more, by what it remembers of earlier events or of its own words.'
    : `The normalised value loss cannot fall below ${figure(floor)}, whatever the normalisation.`
}

/** What makes rows follow from each other; only rows drawn as they occur come in streams. */
function streamFlags({ sampling }: Pick<Config, 'sampling'>): string {
  return `--episodes=stream${sampling !== 'natural' ? ' --sampling=natural' : ''}`
}

/** How returns are made that more of can be foreseen, as a sentence. */
export function foreseeableReturns(config: Pick<Config, 'gamma' | 'episodes' | 'sampling'>): string {
  if (config.gamma === 0)
    return 'Give a smaller --entropy-coef: without a discount only the sampling of actions is noise.'
  if (config.episodes === 'stream') return 'Give a smaller --gamma.'
  return `Give --gamma=0, the default for independent rows, or ${streamFlags(config)}.`
}

/** The returns measure how much time is left. */
export const returnsMeasureTime: MetricsCheck = (config, metrics) => {
  // Values that nothing was learnt for stand at the cuts of the first rollouts.
  const share = metrics.length < TIME_TO_GO_ITERATIONS ? null : medianOf(metrics, (line) => line.timeToGoShare)
  if (share === null || share <= TIME_TO_GO_MAX) return null
  return {
    code: 'RETURNS_MEASURE_TIME',
    severity: 'problem',
    title: `${percent(share)} of the variance of the returns is time-to-go`,
    evidence: `timeToGoShare ${figure(share)} (${spanOf(metrics)}), above ${TIME_TO_GO_MAX}; gamma ${config.gamma}, rollouts of ${config.rolloutSteps} steps.`,
    cause:
      'Returns end where a rollout or an episode is cut, so that early steps have a larger sum than late ones whatever was decided. The inputs do not show the time that is left.',
    remedy: config.bootstrap
      ? 'Give a smaller --gamma.'
      : 'Give --bootstrap=true, so that what follows a cut is estimated, and a smaller --gamma.',
  }
}

/** "Value loss at 1.0 after iteration 50" (recorded); 0.97 leaves room for what 1 - gamma^2 = 2 % could explain. */
const STUCK_LOSS = 0.97
const STUCK_AFTER = 50

/** A loss this near to the least that is possible is the least. Own choice: the room that 0.97 leaves below 1. */
const FLOOR_SLACK = 0.03

/** The critic predicts no more than the mean. */
export const valueLossStuck: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(STUCK_AFTER, config))
  const loss = medianOf(lines, (line) => line.valueLoss)
  if (loss === null || loss < STUCK_LOSS || isFalling(metrics, lines, (line) => line.valueLoss)) return null
  const explained = medianOf(lines, (line) => line.explainedVariance)
  const ceiling = medianOf(lines, (line) => line.explainableVarianceCeiling)
  const isFloor = ceiling !== null && (explained ?? 0) <= ceiling && loss - (1 - ceiling) < FLOOR_SLACK
  return {
    code: 'VALUE_LOSS_STUCK',
    severity: 'problem',
    title: 'The critic is no better than predicting the mean return',
    evidence: `valueLoss ${figure(loss)} of the returns' variance (median of ${spanOf(lines)}), not below ${STUCK_LOSS}; explainable at most ${ceiling === null ? 'an unknown share' : percent(ceiling)}.`,
    cause: isFloor
      ? `That is the floor: no critic can get below ${figure(1 - (ceiling ?? 0))} of these returns, whatever the normalisation, the coefficient or the network.`
      : `${loss > 1 + FLOOR_SLACK ? 'It is worse than the mean, which can always be had.' : 'More could be explained.'} The critic does not learn: its learning rate, its gradient clip or the scale of its targets does not fit, or the inputs lack what the returns depend on.`,
    remedy: isFloor
      ? `Change the returns, not the critic. ${foreseeableReturns(config)}`
      : `${config.returnNormalisation === 'running' ? 'Look at' : 'Give --return-normalisation=running, and look at'} gradNormValue against --max-grad-norm-value, and at --learning-rate.`,
  }
}
