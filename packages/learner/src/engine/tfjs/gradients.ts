import type { NetworkSpec } from '@vigil/policy-wasm'
import type { tf } from '@vigil/tfjs'
import type { Minibatch, SupervisedBatch, UpdateSettings } from '../engine.ts'
import { labelTargets, lossTargets, networkInput } from './minibatch-tensors.ts'
import { crossEntropyGradient, ppoLossGradient } from './ppo-loss.ts'
import type { TeamArithmetic } from './team-arithmetic.ts'
import { runTrunk } from './team-network.ts'
import type { TeamTensors } from './team-tensors.ts'
import type { Trunks } from './trunk.ts'

/** A team that gradients can be taken of. */
export type TeamNetwork = { readonly spec: NetworkSpec; readonly arithmetic: TeamArithmetic; readonly trunks: Trunks }

/**
 * Terms and gradients of clipped PPO on a minibatch. Call inside `tf.tidy`.
 *
 * @returns terms [8, A] in the order of PPO_TERMS; gradients of each agent's own loss, not clipped
 */
export function ppoGradients(options: {
  readonly network: TeamNetwork
  readonly parameters: TeamTensors
  readonly minibatch: Minibatch
  readonly settings: Pick<UpdateSettings, 'clipEpsilon' | 'entropyCoef' | 'valueCoef' | 'constraintCoef'>
}): { terms: tf.Tensor2D; gradients: TeamTensors } {
  const { parameters, minibatch, settings } = options
  const { spec, arithmetic, trunks } = options.network
  const input = networkInput(arithmetic, spec, minibatch)
  const policy = runTrunk({ arithmetic, input, trunk: trunks.policy, parameters: parameters.policy })
  const value =
    trunks.value === null || parameters.value === null
      ? null
      : runTrunk({ arithmetic, input, trunk: trunks.value, parameters: parameters.value })
  const outputs = { logits: policy.output, critic: value?.output ?? null }
  const targets = lossTargets(arithmetic, spec, minibatch)
  const { terms, dLogits, dCritic } = ppoLossGradient(outputs, targets, settings)
  return {
    terms,
    gradients: {
      policy: policy.gradient(dLogits),
      value: value === null || dCritic === null ? null : value.gradient(dCritic),
    },
  }
}

/**
 * Cross-entropy of each agent's policy and its gradient [A, N]. Call inside `tf.tidy`.
 *
 * @returns losses [A], gradient not clipped
 */
export function supervisedGradient(
  network: TeamNetwork,
  policyParameters: tf.Tensor2D,
  batch: SupervisedBatch,
): { losses: tf.Tensor1D; gradient: tf.Tensor2D } {
  const { spec, arithmetic, trunks } = network
  const input = networkInput(arithmetic, spec, batch)
  const policy = runTrunk({ arithmetic, input, trunk: trunks.policy, parameters: policyParameters })
  const { isThreat, rowShares } = labelTargets(arithmetic, batch)
  const { losses, dLogits } = crossEntropyGradient(policy.output, isThreat, rowShares)
  return { losses, gradient: policy.gradient(dLogits) }
}
