import { tf } from '@vigil/tfjs'
import type { UpdateSettings } from '../engine.ts'

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
  /** [A, R, S] and [1, R, S] 0 or 1, see `ConstraintTargets`; null where the network has no outputs for specifications */
  readonly constraints: { readonly costTargets: tf.Tensor3D; readonly satisfied: tf.Tensor3D } | null
  /** [A, R], see `Minibatch`; null = there is none */
  readonly direct: tf.Tensor2D | null
  /** [A, R] weights of the rows over their sum per agent, so that a sum of products is the mean over its rows */
  readonly rowShares: tf.Tensor2D
}

/**
 * What the losses depend on: outputs of the heads, [A, R, 4] and [A, R, columns of the value head]; null where there is no
 * critic.
 */
export type LossInputs = { readonly logits: tf.Tensor3D; readonly critic: tf.Tensor3D | null }

/** Rows of the tensor that `ppoTerms` returns. */
export const PPO_TERMS = [
  'policyLoss',
  'valueLoss',
  'entropy',
  'approxKl',
  'clipFraction',
  'costValueLoss',
  'satisfactionLoss',
  'ratiosPerDecision',
] as const

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
 * Where `direct` d is given, policyLoss also has -E[d (pi(block | s) + pi(quarantine | s))]. `criticTerms` has the losses of
 * the critic.
 *
 * @returns [8, A] in the order of PPO_TERMS
 */
function ppoTerms(inputs: LossInputs, targets: LossTargets, clipEpsilon: number): tf.Tensor2D {
  const { actions, oldLogProbs, advantages, direct, rowShares } = targets
  const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, rowShares), 1) // [A, R] -> [A]

  const logPi = tf.logSoftmax(inputs.logits)
  const logRatio = tf.sub(tf.sum(tf.mul(logPi, actions), 2), oldLogProbs)
  const ratio = tf.exp(logRatio)
  const surrogate = tf.mul(ratio, advantages)
  const clippedSurrogate = tf.mul(tf.clipByValue(ratio, 1 - clipEpsilon, 1 + clipEpsilon), advantages)

  const clippedLoss = tf.neg(mean(tf.minimum(surrogate, clippedSurrogate)))
  const policyLoss =
    direct === null ? clippedLoss : tf.sub(clippedLoss, mean(tf.mul(direct, restrictiveProbability(logPi))))
  const zero = tf.zerosLike(policyLoss)
  const critic = inputs.critic === null ? null : criticTerms(inputs.critic, targets)
  const entropy = tf.neg(mean(tf.sum(tf.mul(tf.exp(logPi), logPi), 2)))
  const approxKl = mean(tf.sub(tf.sub(ratio, 1), logRatio))
  const clipFraction = mean(tf.step(tf.sub(tf.abs(tf.sub(ratio, 1)), clipEpsilon)))
  return tf.stack([
    policyLoss,
    critic?.valueLoss ?? zero,
    entropy,
    approxKl,
    clipFraction,
    critic?.costValueLoss ?? zero,
    critic?.satisfactionLoss ?? zero,
    mean(tf.onesLike(ratio)),
  ]) as tf.Tensor2D
}

/** pi(block | s) + pi(quarantine | s): [A, R, 4] -> [A, R]. */
function restrictiveProbability(logPi: tf.Tensor): tf.Tensor {
  const [, restrictive] = tf.split(logPi, [1, 2, 1], 2)
  return tf.sum(tf.exp(restrictive), 2)
}

/**
 * Losses of a critic, one value per agent; sums over the specifications s, z_s the logit of their satisfaction.
 *
 *   costValueLoss    = E[sum_s (costValue_s - costTarget_s)^2]
 *   satisfactionLoss = E[sum_s -satisfied_s log sigmoid(z_s) - (1 - satisfied_s) log sigmoid(-z_s)]
 *                    = E[sum_s max(z_s, 0) - satisfied_s z_s + log(1 + e^-|z_s|)]
 */
function criticTerms(outputs: tf.Tensor3D, { valueTargets, constraints, rowShares }: LossTargets) {
  const mean = (x: tf.Tensor) => tf.sum(tf.mul(x, rowShares), 1) // [A, R] -> [A]
  const valueLossOf = (values: tf.Tensor) => mean(tf.square(tf.sub(tf.squeeze(values, [2]), valueTargets)))
  if (constraints === null) return { valueLoss: valueLossOf(outputs) }
  const { costTargets, satisfied } = constraints
  const S = satisfied.shape[2]
  const [values, costValues, logits] = tf.split(outputs, [1, S, S, outputs.shape[2] - 1 - 2 * S], 2)
  const softplus = tf.add(tf.relu(logits), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(logits))))))
  return {
    valueLoss: valueLossOf(values),
    costValueLoss: mean(tf.sum(tf.square(tf.sub(costValues, costTargets)), 2)),
    satisfactionLoss: mean(tf.sum(tf.sub(softplus, tf.mul(satisfied, logits)), 2)),
  }
}

/**
 * Loss of one agent: policyLoss + valueCoef valueLoss - entropyCoef entropy (arXiv:1707.06347, eq. 9, negated)
 * + constraintCoef (costValueLoss + satisfactionLoss). The team's loss is the sum over its agents.
 *
 * @returns the terms [8, A] and the gradient of the team's loss with respect to the two heads' outputs
 */
export function ppoLossGradient(
  inputs: LossInputs,
  targets: LossTargets,
  settings: Pick<UpdateSettings, 'clipEpsilon' | 'entropyCoef' | 'valueCoef' | 'constraintCoef'>,
): { terms: tf.Tensor2D; dLogits: tf.Tensor3D; dCritic: tf.Tensor3D | null } {
  const { entropyCoef, valueCoef, constraintCoef } = settings
  const coefficients = tf.tensor2d([
    [1],
    [valueCoef],
    [-entropyCoef],
    [0],
    [0],
    [constraintCoef],
    [constraintCoef],
    [0],
  ])
  const dTerms = tf.tile(coefficients, [1, inputs.logits.shape[0]])
  const terms = (logits: tf.Tensor, critic?: tf.Tensor) =>
    ppoTerms(
      { logits: logits as tf.Tensor3D, critic: (critic ?? null) as tf.Tensor3D | null },
      targets,
      settings.clipEpsilon,
    )
  const variables = inputs.critic === null ? [inputs.logits] : [inputs.logits, inputs.critic]
  const { value, grads } = tf.valueAndGrads(terms)(variables, dTerms)
  return {
    terms: value as tf.Tensor2D,
    dLogits: grads[0] as tf.Tensor3D,
    dCritic: (grads[1] ?? null) as tf.Tensor3D | null,
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
