import { type IterationMetrics, totalActions } from '@vigil/runs'
import type { MetricsCheck } from './finding.ts'
import { dueAfter, lateLines, meanOf, medianOf, spanOf } from './history.ts'
import { isUseless } from './validations.ts'
import { figure, percent } from './words.ts'

/** "One action above 95 %" (recorded). */
const ONE_ACTION_MAX = 0.95

/** "Action mix far from the threat rate" (recorded): three times as many restrictive actions, or a third. Own choice of the factor. */
const MIX_FACTOR_MAX = 3

/** When the two above are asked for; the record names 100 for the related TP = 0. */
const MIX_AFTER = 100

/** A policy this certain explores no more: e.g. 99.4 % for one action. Own choice. */
const ENTROPY_MIN = 0.05

/** When certainty is asked about. Own choice: a policy that is certain and useless so early has not explored. */
const ENTROPY_AFTER = 10

/** Nine tenths of ln 4, where all four actions are equally likely. A policy that knows all but cannot tell block from quarantine, or under a table with free alerts allow from alert, which are paid alike, has ln 2 at most. */
const ENTROPY_MAX = 0.9 * Math.log(4)

/** One action, whatever the event. */
export const oneAction: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(MIX_AFTER, config))
  if (lines.length === 0) return null
  const threatRate = meanOf(lines, (line) => line.threatRate)
  const shares = (['allow', 'block', 'quarantine', 'alert'] as const).map((name) => ({
    name,
    share: meanOf(lines, ({ actions }) => actions[name] / Math.max(1, totalActions(actions))),
    // Where threats are rare, a team that is right allows more than 95 %: half of the class is the least to be expected.
    most: Math.max(ONE_ACTION_MAX, 1 - (name === 'allow' || name === 'alert' ? threatRate : 1 - threatRate) / 2),
  }))
  const found = shares.find(({ share, most }) => share > most)
  if (found === undefined) return null
  return {
    code: 'ONE_ACTION',
    severity: 'problem',
    title: `The agents ${found.name} nearly everything`,
    evidence: `"${found.name}" is ${percent(found.share)} of the sampled actions (${spanOf(lines)}), above ${percent(found.most)}; ${percent(threatRate)} of the events are threats.`,
    cause:
      'A constant action is what is learnt where inputs carry no signal, where the reward favours one action, or where the policy gets no gradient and drifts.',
    remedy:
      'Look at the findings on inputs, rewards and gradients first. If there is none, give more --entropy-coef or a smaller --learning-rate.',
  }
}

/** Restrictive actions are far more, or fewer, than threats. */
export const actionMixOff: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(MIX_AFTER, config))
  if (lines.length === 0) return null
  const threatRate = meanOf(lines, (line) => line.threatRate)
  const restrictive = meanOf(
    lines,
    ({ actions }) => (actions.block + actions.quarantine) / Math.max(1, totalActions(actions)),
  )
  const isFew = restrictive * MIX_FACTOR_MAX < threatRate
  if (!isFew && restrictive <= MIX_FACTOR_MAX * threatRate) return null
  return {
    code: 'ACTION_MIX_OFF',
    severity: 'problem',
    title: isFew
      ? 'The agents stop far fewer events than are threats'
      : 'The agents stop far more events than are threats',
    evidence: `${percent(restrictive)} of the sampled actions are restrictive and ${percent(threatRate)} of the events are threats (${spanOf(lines)}), more than a factor ${MIX_FACTOR_MAX} apart.`,
    cause: isFew
      ? 'On these inputs hardly any group of events is threatening enough for a restrictive action to pay, or the policy has not learnt which.'
      : 'False alarms cost less than missed threats here, the policy has not learnt, or it still explores.',
    remedy:
      'Look at the findings on inputs and rewards; `npx nx run tools:reward-balance` says from which probability on a restrictive action pays.',
  }
}

/** Whether the policies explore no more. @param lines of metrics; none = no */
export function isCertain(lines: readonly IterationMetrics[]): boolean {
  const entropy = medianOf(lines, (line) => line.entropy)
  return entropy !== null && entropy < ENTROPY_MIN
}

/** Certain, and wrong. Annealed training ends certain, which is right where the policy is good. */
export const entropyCollapsed: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(ENTROPY_AFTER, config))
  if (!isCertain(lines) || !isUseless(config, metrics)) return null
  const entropy = medianOf(lines, (line) => line.entropy) ?? 0
  return {
    code: 'ENTROPY_COLLAPSED',
    severity: 'problem',
    title: 'The policies are certain, and useless',
    evidence: `entropy ${figure(entropy)} nats (median of ${spanOf(lines)}), below ${ENTROPY_MIN}, while the last validation earns no more than a constant action.`,
    cause: 'With one action left there is nothing to compare it with: no gradient leads out again.',
    remedy: `Give a smaller --learning-rate (it is ${config.learningRate}), fewer --epochs or more --entropy-coef.`,
  }
}

/** After half of the training the policies still act nearly at random. */
export const noExploitation: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, Math.max(dueAfter(MIX_AFTER, config), config.iterations / 2))
  const entropy = medianOf(lines, (line) => line.entropy)
  if (entropy === null || entropy <= ENTROPY_MAX) return null
  return {
    code: 'NO_EXPLOITATION',
    severity: 'problem',
    title: 'The policies still act nearly at random',
    evidence: `entropy ${figure(entropy)} nats (median of ${spanOf(lines)}), above ${figure(ENTROPY_MAX)}, nine tenths of ln 4 = ${figure(Math.log(4))}.`,
    cause: `The entropy bonus (entropyCoef ${config.entropyCoef}) outweighs what the policy gradient says, or the policy gets no gradient.`,
    remedy: 'Give a smaller --entropy-coef, such as 0.01, and leave --anneal=true. Look at the findings on gradients.',
  }
}
