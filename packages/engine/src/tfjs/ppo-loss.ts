import { tf } from '@vigil/tfjs'
import type { UpdateSettings } from '../engine.ts'

/** Targets of a minibatch for the losses of the team; B rows. */
export type LossTargets = {
  /** [A, B, 4] one-hot */
  readonly actions: tf.Tensor3D
  /** [A, B] log pi_old(a | s) */
  readonly oldLogProbs: tf.Tensor2D
  /** [A, B] */
  readonly advantages: tf.Tensor2D
  /** [A, B] */
  readonly valueTargets: tf.Tensor2D
  /** [A, B, S], see `ConstraintTargets`; null where the network has no outputs for specifications */
  readonly costTargets: tf.Tensor3D | null
  /** [A, B, 4], see `Minibatch`; null = there is none */
  readonly direct: tf.Tensor3D | null
  /** [A, B] weights of the rows over their sum per agent, so that a sum of products is the mean over its rows */
  readonly rowShares: tf.Tensor2D
}

/** Rows of the tensor that `ppoTerms` returns. */
export const PPO_TERMS = ['policyLoss', 'valueLoss', 'entropy', 'approxKl', 'clipFraction', 'costValueLoss'] as const

/**
 * Loss of one agent as weights of its terms: policyLoss + valueCoef valueLoss - entropyCoef entropy (arXiv:1707.06347, eq. 9,
 * negated) + constraintCoef costValueLoss. The team's loss is the sum over its agents.
 *
 * @returns [6] in the order of PPO_TERMS
 */
export function lossWeights(settings: Pick<UpdateSettings, 'entropyCoef' | 'valueCoef' | 'constraintCoef'>): number[] {
  const weights = {
    policyLoss: 1,
    valueLoss: settings.valueCoef,
    entropy: -settings.entropyCoef,
    costValueLoss: settings.constraintCoef,
  }
  return PPO_TERMS.map((name) => (weights as { readonly [name: string]: number })[name] ?? 0)
}

/**
 * The terms of clipped PPO, one value per agent: agents are independent. E is the mean over the rows of weight 1.
 *
 *   ratio        = pi(a | s) / pi_old(a | s)                                                  (arXiv:1707.06347, section 3)
 *   policyLoss   = -E[min(ratio A, clip(ratio, 1 - clipEpsilon, 1 + clipEpsilon) A)]          (eq. 7, negated)
 *   valueLoss    = E[(V(s) - target)^2]                                                       (eq. 9, L^VF)
 *   entropy      = E[-sum_a pi(a | s) log pi(a | s)]                                          (eq. 9, S)
 *   approxKl     = E[(ratio - 1) - log ratio]                        (k3 of joschu.net/blog/kl-approx.html, KL(pi_old, pi))
 *   clipFraction = E[|ratio - 1| > clipEpsilon]
 *
 * Where `direct` d is given, policyLoss also has -E[sum_a d_a pi(a | s)]. `criticTerms` has the losses of the critic.
 *
 * @param outputs.logits [A, B, 4]
 * @param outputs.critic [A, B, columns of the value head]; null without a critic
 * @param options.surrogate how new log-probabilities are set against old ones
 * @returns [6, A] in the order of PPO_TERMS
 */
export function ppoTerms(
  outputs: { readonly logits: tf.Tensor3D; readonly critic: tf.Tensor3D | null },
  targets: LossTargets,
  { clipEpsilon, surrogate }: { readonly clipEpsilon: number; readonly surrogate: Surrogate },
): tf.Tensor2D {
  const { actions, direct, rowShares } = targets
  const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, rowShares), 1) // [A, B] -> [A]

  const logPi = tf.logSoftmax(outputs.logits)
  const logProbs: tf.Tensor2D = tf.sum(tf.mul(logPi, actions), 2)
  const { clippedLoss, approxKl, clipFraction } = surrogate({ ...targets, logProbs }, clipEpsilon)
  const policyLoss = direct === null ? clippedLoss : tf.sub(clippedLoss, mean(tf.sum(tf.mul(direct, tf.exp(logPi)), 2)))
  const zero = tf.zerosLike(policyLoss)
  const critic = outputs.critic === null ? null : criticTerms(outputs.critic, targets)
  const entropy = tf.neg(mean(tf.sum(tf.mul(tf.exp(logPi), logPi), 2)))
  return tf.stack([
    policyLoss,
    critic?.valueLoss ?? zero,
    entropy,
    approxKl,
    clipFraction,
    critic?.costValueLoss ?? zero,
  ]) as tf.Tensor2D
}

/** Decisions with their log-probabilities now; rowShares are the weights of their means. */
type Decisions = Pick<LossTargets, 'oldLogProbs' | 'advantages' | 'rowShares'> & {
  /** [A, B] log pi(a | s) */
  readonly logProbs: tf.Tensor2D
}

/** The terms of clipped PPO that are made of ratios, [A] each. */
export type Surrogate = (
  decisions: Decisions,
  clipEpsilon: number,
) => { readonly clippedLoss: tf.Tensor; readonly approxKl: tf.Tensor; readonly clipFraction: tf.Tensor }

/** @see ppoTerms, whose policyLoss without `direct` is the clipped loss */
export const clippedSurrogate: Surrogate = ({ logProbs, oldLogProbs, advantages, rowShares }, clipEpsilon) => {
  const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, rowShares), 1) // [A, B] -> [A]
  const logRatio = tf.sub(logProbs, oldLogProbs)
  const ratio = tf.exp(logRatio)
  const clipped = tf.mul(tf.clipByValue(ratio, 1 - clipEpsilon, 1 + clipEpsilon), advantages)
  return {
    clippedLoss: tf.neg(mean(tf.minimum(tf.mul(ratio, advantages), clipped))),
    approxKl: mean(tf.sub(tf.sub(ratio, 1), logRatio)),
    clipFraction: mean(tf.step(tf.sub(tf.abs(tf.sub(ratio, 1)), clipEpsilon))),
  }
}

/**
 * Losses of a critic, one value per agent: valueLoss, and costValueLoss = E[sum_s (costValue_s - costTarget_s)^2] over the
 * specifications s.
 */
function criticTerms(outputs: tf.Tensor3D, { valueTargets, costTargets, rowShares }: LossTargets) {
  const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, rowShares), 1) // [A, B] -> [A]
  const valueLossOf = (values: tf.Tensor) => mean(tf.square(tf.sub(tf.squeeze(values, [2]), valueTargets)))
  if (costTargets === null) return { valueLoss: valueLossOf(outputs) }
  const S = costTargets.shape[2]
  const [values, costValues] = tf.split(outputs, [1, S, outputs.shape[2] - 1 - S], 2)
  return {
    valueLoss: valueLossOf(values),
    costValueLoss: mean(tf.sum(tf.square(tf.sub(costValues, costTargets)), 2)),
  }
}

/** What is taken off the logits of actions that are not right: no probability is left of them. */
const EXCLUDED = 1e9

/**
 * Cross-entropy of the actions that are right, one mean per agent in nats.
 *
 * @param logits     [A, B, 4]
 * @param isAccepted [1, B, 4] 1 = right
 * @returns [A]
 */
export function crossEntropy(logits: tf.Tensor3D, isAccepted: tf.Tensor3D): tf.Tensor1D {
  const excluded = tf.mul(tf.sub(isAccepted, 1), EXCLUDED)
  const logLikelihood = tf.logSumExp(tf.add(tf.logSoftmax(logits), excluded), 2)
  return tf.neg(tf.mean(logLikelihood, 1)) as tf.Tensor1D
}
