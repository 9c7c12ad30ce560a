import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import type { Minibatch, UpdateSettings, UpdateStats } from '../engine.ts'
import { clipByAgentNorm } from './adam.ts'
import { ppoGradients } from './gradients.ts'
import { PPO_TERMS } from './ppo-loss.ts'
import type { Trunk } from './team-network.ts'

/** A team and what it is to learn from. */
export type RuleInput = {
  readonly spec: NetworkSpec
  readonly trunks: readonly Trunk[]
  /** Of each trunk, [A, N]. */
  readonly parameters: readonly tf.Tensor2D[]
  /** Of each trunk, [A, N], 1 = learns, 0 = frozen; null = all learn */
  readonly mask: readonly tf.Tensor2D[] | null
  readonly minibatch: Minibatch
  readonly settings: UpdateSettings
  /** Number of this update, from 1. */
  readonly step: number
}

/** From a minibatch to the gradient [A, N] of each trunk that Adam takes, and the figures of the update, [A] each. Called inside `tf.tidy`. */
export type GradientRule = (input: RuleInput) => {
  readonly gradients: readonly tf.Tensor2D[]
  readonly figures: Readonly<Record<keyof UpdateStats, tf.Tensor>>
}

/** Clipped PPO, the gradient of each trunk masked and clipped by its own norm. */
export const ppoRule: GradientRule = (input) => {
  const { mask, settings } = input
  const { terms, gradients } = ppoGradients(input)
  const trained = mask === null ? gradients : gradients.map((gradient, i) => tf.mul<tf.Tensor2D>(gradient, mask[i]))
  const maxNorms = [settings.maxGradNormPolicy, settings.maxGradNormValue]
  const clipped = trained.map((gradient, i) => clipByAgentNorm(gradient, maxNorms[i]))
  const [policy, critic] = clipped
  return {
    gradients: clipped.map(({ gradient }) => gradient),
    figures: {
      ...namedTerms(terms),
      gradNormPolicy: policy.norms,
      gradNormValue: critic?.norms ?? tf.zerosLike(policy.norms),
      clipScalePolicy: policy.scales,
    },
  }
}

/** [terms, A] -> [A] each. */
export function namedTerms(terms: tf.Tensor2D): Record<(typeof PPO_TERMS)[number], tf.Tensor> {
  const rows = tf.unstack(terms)
  return Object.fromEntries(PPO_TERMS.map((name, i) => [name, rows[i]])) as ReturnType<typeof namedTerms>
}
