import * as tf from '@tensorflow/tfjs'

/** Targets of a minibatch for the losses of the team; R rows. */
export type LossTargets = {
  /** [A, R, 4] one-hot */
  readonly actions: tf.Tensor3D
  /** [A, R] log pi_old(a | s) */
  readonly oldLogProbs: tf.Tensor2D
  /** [A, R] */
  readonly advantages: tf.Tensor2D
  /** [A, R] */
  readonly valueTargets: tf.Tensor2D
  /** [A, R] weights of the rows over their sum per agent, so that a sum of products is the mean over its rows */
  readonly rowShares: tf.Tensor2D
}

/** What the losses depend on; `values` [A, R] is null where there is no critic. */
export type LossInputs = { readonly logits: tf.Tensor3D; readonly values: tf.Tensor2D | null }

/** Rows of the tensor that `ppoTerms` returns. */
export const PPO_TERMS = ['policyLoss', 'valueLoss', 'entropy', 'approxKl', 'clipFraction'] as const

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
 * @returns [5, A] in the order of PPO_TERMS
 */
function ppoTerms(inputs: LossInputs, targets: LossTargets, clipEpsilon: number): tf.Tensor2D {
  const { actions, oldLogProbs, advantages, valueTargets, rowShares } = targets
  const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, rowShares), 1) // [A, R] -> [A]

  const logPi = tf.logSoftmax(inputs.logits)
  const logRatio = tf.sub(tf.sum(tf.mul(logPi, actions), 2), oldLogProbs)
  const ratio = tf.exp(logRatio)
  const surrogate = tf.mul(ratio, advantages)
  const clippedSurrogate = tf.mul(tf.clipByValue(ratio, 1 - clipEpsilon, 1 + clipEpsilon), advantages)

  const policyLoss = tf.neg(mean(tf.minimum(surrogate, clippedSurrogate)))
  const valueLoss =
    inputs.values === null ? tf.zerosLike(policyLoss) : mean(tf.square(tf.sub(inputs.values, valueTargets)))
  const entropy = tf.neg(mean(tf.sum(tf.mul(tf.exp(logPi), logPi), 2)))
  const approxKl = mean(tf.sub(tf.sub(ratio, 1), logRatio))
  const clipFraction = mean(tf.step(tf.sub(tf.abs(tf.sub(ratio, 1)), clipEpsilon)))
  return tf.stack([policyLoss, valueLoss, entropy, approxKl, clipFraction]) as tf.Tensor2D
}

/**
 * Loss of one agent: policyLoss + valueCoef valueLoss - entropyCoef entropy (arXiv:1707.06347, eq. 9, negated). The
 * team's loss is the sum over its agents.
 *
 * @returns the terms [5, A] and the gradient of the team's loss with respect to logits [A, R, 4] and values [A, R]
 */
export function ppoLossGradient(
  inputs: LossInputs,
  targets: LossTargets,
  settings: { readonly clipEpsilon: number; readonly entropyCoef: number; readonly valueCoef: number },
): { terms: tf.Tensor2D; dLogits: tf.Tensor3D; dValues: tf.Tensor2D | null } {
  const coefficients = tf.tensor2d([[1], [settings.valueCoef], [-settings.entropyCoef], [0], [0]])
  const dTerms = tf.tile(coefficients, [1, inputs.logits.shape[0]])
  const terms = (logits: tf.Tensor, values?: tf.Tensor) =>
    ppoTerms(
      { logits: logits as tf.Tensor3D, values: (values ?? null) as tf.Tensor2D | null },
      targets,
      settings.clipEpsilon,
    )
  const variables = inputs.values === null ? [inputs.logits] : [inputs.logits, inputs.values]
  const { value, grads } = tf.valueAndGrads(terms)(variables, dTerms)
  return {
    terms: value as tf.Tensor2D,
    dLogits: grads[0] as tf.Tensor3D,
    dValues: (grads[1] ?? null) as tf.Tensor2D | null,
  }
}

/**
 * Cross-entropy of the decision "threat", P(threat) = pi(block) + pi(quarantine), one mean per agent in nats.
 *
 * @param logits    [A, R, 4]
 * @param isThreat  [1, R] labels
 * @param rowShares [1, R] 1 / B for each row, 0 for padding
 * @returns the losses [A] and the gradient of their sum with respect to the logits [A, R, 4]
 */
export function crossEntropyGradient(
  logits: tf.Tensor3D,
  isThreat: tf.Tensor2D,
  rowShares: tf.Tensor2D,
): { losses: tf.Tensor1D; dLogits: tf.Tensor3D } {
  const losses = (x: tf.Tensor3D) => {
    const [allow, restrictive, alert] = tf.split(tf.logSoftmax(x), [1, 2, 1], 2)
    const logThreat = tf.logSumExp(restrictive, 2)
    const logBenign = tf.logSumExp(tf.concat([allow, alert], 2), 2)
    const logLikelihood = tf.add(tf.mul(logThreat, isThreat), tf.mul(logBenign, tf.sub(1, isThreat)))
    return tf.neg(tf.sum(tf.mul(logLikelihood, rowShares), 1)) as tf.Tensor1D
  }
  const { value, grad } = tf.valueAndGrad(losses)(logits, tf.ones([logits.shape[0]]))
  return { losses: value, dLogits: grad }
}
