import { totalActions } from '@vigil/runs'
import type { MetricsCheck } from './finding.ts'
import { medianOf, spanOf } from './history.ts'
import { count, figure, percent } from './words.ts'

/** On policy nothing has changed before the first step: f32 rounding alone, of clipFraction and of approxKl. */
const RATIO_SLACK = { clipFraction: 1e-5, approxKl: 1e-5 } as const

/** A band as narrow as this is left by rounding alone: the KL then decides. */
const CLIP_EPSILON_MIN = 1e-3

/** Pay for the own action is exact; what a rounding could make of it lies far below. */
const PAID_FOR_OTHERS_MAX = 0.001

/** The policy that learns is another one than the one that acted, before anything was learnt. */
export const ratioNotOne: MetricsCheck = ({ clipEpsilon }, metrics) => {
  const lines = metrics.filter(({ staleness }) => staleness === 0)
  const clipped = medianOf(lines, ({ firstClipFraction }) => firstClipFraction)
  const kl = medianOf(lines, ({ firstApproxKl }) => firstApproxKl)
  const isClipped = clipEpsilon >= CLIP_EPSILON_MIN && (clipped ?? 0) > RATIO_SLACK.clipFraction
  if (!isClipped && Math.abs(kl ?? 0) <= RATIO_SLACK.approxKl) return null
  return {
    code: 'RATIO_NOT_ONE',
    severity: 'problem',
    title: 'The ratio is not 1 before the first gradient step',
    evidence: `before any step of an iteration ${percent(clipped ?? 0)} of the ratios are outside of the clip band, approximate KL ${figure(kl ?? 0)} (medians of ${spanOf(lines)}); both must be 0.`,
    cause:
      'The update computes other probabilities than the rollout did for the same weights: recurrent state that was carried there and is zero here, dropout, other inputs, or log-probabilities of other events.',
    remedy:
      'Replay what acted: states stored with the rollout, no dropout (leave `replay-mismatch` and `ratio-matrix` out of --defects).',
  }
}

/** Ratios are formed between decisions that have nothing to do with each other. */
export const ratioShape: MetricsCheck = (_, metrics) => {
  const last = metrics[metrics.length - 1]
  const { ratiosPerDecision } = last
  if (ratiosPerDecision == null || ratiosPerDecision <= 1) return null
  return {
    code: 'RATIO_SHAPE',
    severity: 'problem',
    title: 'The loss forms ratios across decisions',
    evidence: `${count(ratiosPerDecision)} ratios per decision in iteration ${last.iteration}; there must be 1.`,
    cause:
      'Old log-probabilities of shape [T, 1] less new ones of shape [T] broadcast to a T x T matrix: the probability of one event over that of another.',
    remedy: 'Give both the shape [T] (leave `ratio-matrix` out of --defects).',
  }
}

/** Agents are paid for what others did. */
export const rewardsOfOthers: MetricsCheck = (config, metrics) => {
  const worst = metrics.reduce((a, b) => (b.paidForOthers > a.paidForOthers ? b : a))
  if (worst.paidForOthers <= PAID_FOR_OTHERS_MAX) return null
  const last = metrics[metrics.length - 1]
  return {
    code: 'REWARDS_OF_OTHERS',
    severity: 'problem',
    title: "Agents are paid for other agents' actions",
    evidence: `${percent(worst.paidForOthers)} of the agent-steps of iteration ${worst.iteration}, ${percent(last.paidForOthers)} of the last one, have a reward that the agent's own action does not earn; attribution ${config.attribution}.`,
    cause:
      "The reward follows the team's action after the vote. Where an agent was outvoted, its action is reinforced for what the others did.",
    remedy: 'Give --attribution=own (and leave `vote-reward` out of --defects).',
  }
}

/** The scale is 1 up to the rounding of f32. */
const VALUE_SCALE_SLACK = 1e-3

/** Advantages and targets are made with values in other units than rewards have. */
export const valuesInOtherUnits: MetricsCheck = (_, metrics) => {
  const wrong = metrics.filter(({ valueScale }) => Math.abs((valueScale ?? 1) - 1) > VALUE_SCALE_SLACK)
  if (wrong.length === 0) return null
  const last = wrong[wrong.length - 1]
  return {
    code: 'VALUES_IN_OTHER_UNITS',
    severity: 'problem',
    title: 'The advantages are made with values in other units than rewards',
    evidence: `the values used have ${figure(last.valueScale!)} times their scale in reward units in iteration ${last.iteration}; it must be 1. ${wrong.length} of ${metrics.length} iterations are so.`,
    cause:
      'The critic is fitted to normalised returns and so speaks in their units; its words are added to rewards as they are. As a baseline they hardly count, and where targets hold them they are too small.',
    remedy:
      'Turn values into reward units by the normaliser of the critic that acted (leave `value-units` out of --defects).',
  }
}

/** The printed figures are of a part of the iteration. */
export const metricsPartial: MetricsCheck = (config, metrics) => {
  const expected = config.rowsPerIteration * config.agents
  const partial = metrics.filter(({ actions }) => totalActions(actions) !== expected)
  if (partial.length === 0) return null
  const last = partial[partial.length - 1]
  const total = totalActions(last.actions)
  return {
    code: 'METRICS_PARTIAL',
    severity: 'problem',
    title: 'The metrics cover a part of the iteration',
    evidence: `iteration ${last.iteration} counts ${count(total)} actions, ${percent(total / expected)} of rowsPerIteration * agents = ${count(expected)}; ${partial.length} of ${metrics.length} iterations are so.`,
    cause:
      'Reward and actions are summed up over the end of the rollouts only. Their noise hides whether anything is learnt.',
    remedy: 'Count every step (leave `partial-metrics` out of --defects).',
  }
}

/** Defects of the earlier system that the config switches on. */
export const defectsOn: MetricsCheck = ({ defects }) => {
  if (defects.length === 0) return null
  return {
    code: 'DEFECTS_ON',
    severity: 'problem',
    title: 'The run repeats defects of the earlier system',
    evidence: `defects: ${defects.join(', ')}.`,
    cause: 'They are switched on by the config or its preset, in order to see what they cost.',
    remedy: 'Leave --defects out.',
  }
}
