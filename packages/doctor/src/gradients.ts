import { isCertain } from './actions.ts'
import type { MetricsCheck } from './finding.ts'
import { dueAfter, lateLines, medianOf, spanOf } from './history.ts'
import { figure, percent } from './words.ts'

/** Clips apart take nothing on each other's account, but for the rounding of f32. */
const STARVED_MAX = 0.001

/** PPO's clip takes the gradient of a decision away: above this share most of a batch teaches nothing. Own choice; recorded: 0.51 to 0.61. */
const CLIPPED_MAX = 0.5

/** Ratios leave the band while a policy is made from nothing: expected of the first iterations only. */
const CLIPPED_AFTER = 20

/** Below this norm per agent the policy has no gradient to speak of: 0.5 is the default clip, so a five-thousandth of it. Own choice. */
const NORM_MIN = 1e-4

/** The critic's gradient uses up the norm that the policy's is clipped to. */
export const policyStarvedByCritic: MetricsCheck = ({ maxGradNormPolicy }, metrics) => {
  const starved = metrics.filter(({ starvedByCritic }) => (starvedByCritic ?? 0) > STARVED_MAX)
  if (starved.length === 0) return null
  const worst = starved.reduce((a, b) => ((b.starvedByCritic ?? 0) > (a.starvedByCritic ?? 0) ? b : a))
  return {
    code: 'POLICY_STARVED_BY_CRITIC',
    severity: 'problem',
    title: "The critic's gradient uses up the policy's",
    evidence: `clipping takes ${percent(worst.starvedByCritic ?? 0)} of the policies' gradient on account of the critic's in iteration ${worst.iteration}, and more than ${percent(STARVED_MAX)} in ${starved.length} of ${metrics.length} iterations. Norms there: policy ${figure(worst.gradNormPolicy ?? 0)}, critic ${figure(worst.gradNormValue ?? 0)}; clip ${maxGradNormPolicy}.`,
    cause:
      'One norm is clipped over policy and critic together. Where the critic is the larger by far, the policy is scaled down with it, at worst below the epsilon of Adam, where nothing is learnt.',
    remedy: 'Clip them apart: leave `joint-clip` out of --defects.',
  }
}

/** The policy gets no gradient, by PPO's clip or because there is none. */
export const policyStarvedByClipping: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(CLIPPED_AFTER, config))
  const clipped = medianOf(lines, ({ clipFraction }) => clipFraction)
  const norm = medianOf(lines, (line) =>
    line.gradNormPolicy === null ? null : line.gradNormPolicy * (line.clipScalePolicy ?? 1),
  )
  const isClipped = clipped !== null && clipped > CLIPPED_MAX
  // A policy that is certain has no gradient by rights: ENTROPY_COLLAPSED speaks of it.
  const isVanished = norm !== null && norm < NORM_MIN && !isCertain(lines)
  if (!isClipped && !isVanished) return null
  return {
    code: 'POLICY_STARVED_BY_CLIPPING',
    severity: 'problem',
    title: isClipped ? 'Most decisions are outside of the clip band' : 'Nothing is left of the policy gradient',
    evidence: `clipFraction ${clipped === null ? 'not measured' : percent(clipped)} (at most ${percent(CLIPPED_MAX)}), gradient after clipping ${norm === null ? 'not measured' : figure(norm)} (at least ${NORM_MIN}); medians of ${spanOf(lines)}.`,
    cause: isClipped
      ? 'Where the ratio has left 1 +- clipEpsilon in the direction of the advantage, the loss is flat. Steps are too large, there are too many epochs, or the ratio is wrong before the first step.'
      : 'Advantages, entropy or a clip have left no gradient.',
    remedy: isClipped
      ? 'Give a smaller --learning-rate or fewer --epochs, or --target-kl=0.02.'
      : 'Look at what the critic takes and at the returns; give the default --max-grad-norm-policy=0.5.',
  }
}
