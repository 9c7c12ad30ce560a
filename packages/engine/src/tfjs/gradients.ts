import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import type { Minibatch, SupervisedBatch, UpdateSettings } from '../engine.ts'
import { acceptedTensor, lossTargets, networkInput } from './minibatch-tensors.ts'
import { clippedSurrogate, crossEntropy, lossWeights, PPO_TERMS, ppoTerms, type Surrogate } from './ppo-loss.ts'
import { type Trunk, trunkOutputs } from './team-network.ts'

/**
 * Terms and gradients of clipped PPO on a minibatch. Call inside `tf.tidy`.
 *
 * @param options.trunks     of the spec, in the order of `trunksOf`
 * @param options.parameters of each trunk, [A, N]
 * @param options.surrogate  see `ppoTerms`; by default each decision against its own
 * @returns terms [6, A] in the order of PPO_TERMS; of each trunk the gradients [A, N] of the agents' own losses, not clipped
 */
export function ppoGradients(options: {
  readonly spec: NetworkSpec
  readonly trunks: readonly Trunk[]
  readonly parameters: readonly tf.Tensor2D[]
  readonly minibatch: Minibatch
  readonly settings: Pick<UpdateSettings, 'clipEpsilon' | 'entropyCoef' | 'valueCoef' | 'constraintCoef'>
  readonly surrogate?: Surrogate
}): { terms: tf.Tensor2D; gradients: tf.Tensor2D[] } {
  const { spec, trunks, parameters, minibatch, settings, surrogate = clippedSurrogate } = options
  const input = networkInput(spec, minibatch)
  const targets = lossTargets(spec, minibatch)
  const terms = (...team: tf.Tensor[]) => {
    const [logits, critic] = trunks.map((trunk, index) =>
      trunkOutputs({ spec, trunk, parameters: team[index] as tf.Tensor2D, input }),
    )
    return ppoTerms({ logits, critic: critic ?? null }, targets, { clipEpsilon: settings.clipEpsilon, surrogate })
  }
  // The gradient of the weighted sum of the terms.
  const weights = tf.tile(tf.tensor2d(lossWeights(settings), [PPO_TERMS.length, 1]), [1, spec.agentCount])
  const { value, grads } = tf.valueAndGrads(terms)([...parameters], weights)
  return { terms: value as tf.Tensor2D, gradients: grads as tf.Tensor2D[] }
}

/**
 * Cross-entropy of each agent's policy. Call inside `tf.tidy`.
 *
 * @param options.trunk      the policy
 * @param options.parameters its numbers, [A, N]
 * @returns losses [A], and the gradient [A, N] of the agents' own losses, not clipped
 */
export function supervisedGradient(options: {
  readonly spec: NetworkSpec
  readonly trunk: Trunk
  readonly parameters: tf.Tensor2D
  readonly batch: SupervisedBatch
}): { losses: tf.Tensor1D; gradient: tf.Tensor2D } {
  const { spec, trunk, batch } = options
  const input = networkInput(spec, batch)
  const isAccepted = acceptedTensor(batch)
  const losses = (parameters: tf.Tensor2D) => crossEntropy(trunkOutputs({ spec, trunk, parameters, input }), isAccepted)
  const { value, grad } = tf.valueAndGrad(losses)(options.parameters, tf.ones([spec.agentCount]))
  return { losses: value as tf.Tensor1D, gradient: grad }
}
