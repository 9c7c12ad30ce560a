/** What a run hands on: everything that deciding with its team needs, and nothing of how it learnt. */

import type { BoostingModel } from '@vigil/boosting'
import type { BeliefSpec, EnvironmentSpec, TargetedSpecification } from '@vigil/env-wasm'
import type { FeaturePipeline } from '@vigil/features'
import type { StreamModel } from '@vigil/hidden-markov'
import type { NetworkSpec } from '@vigil/policy-wasm'
import type { Action, DecisionRule } from '@vigil/vote'
import type { InputReference } from './reference.ts'

/** Format of the files. It grows by one whenever files written before are no longer read. */
export const BUNDLE_VERSION = 4

/** A team that can decide. */
export type Bundle = {
  /** Training iteration whose weights these are, the best one on validation. */
  readonly iteration: number
  /** SHA-256 (hex) of the settings and of the rows that the team learnt from: they name the run. */
  readonly configFingerprint: string
  readonly datasetFingerprint: string
  /** The fitted features: how a raw event becomes the network's inputs. */
  readonly pipeline: FeaturePipeline
  readonly network: NetworkSpec
  /** The context inputs and, for people, what decisions pay. */
  readonly environment: EnvironmentSpec
  readonly vote: BundleVote
  /** What each agent's probabilities of quarantine and alert are multiplied by before it takes the likeliest action; above 0. */
  readonly stopFactor: number
  /** Where the belief comes from that the environment shows; null where it shows none, or the generator's own. */
  readonly belief: StreamBelief | null
  /** What the inputs of the training rows were like; null where nobody counted them. */
  readonly reference: InputReference | null
  /** Those in force, each with the share of the steps in which it is to hold. */
  readonly specifications: readonly TargetedSpecification[]
  /** [A, P] of the team, finite */
  readonly parameters: Float32Array
}

/** Trees that judge events, and what follows for a stream from what they say (docs/respond.md). */
export type TreeBelief = BeliefSpec & { readonly trees: BoostingModel }

/** What is believed of a stream: by trees, or by a hidden Markov model of its events. */
export type StreamBelief = TreeBelief | StreamModel

/** How the agents' votes become the team's decision. */
type BundleVote = {
  readonly rule: DecisionRule
  /** f, n >= 3f + 1 */
  readonly faults: number
  /** What the team does without a decision. */
  readonly fallbackAction: Action
  /** [A] of the rule `weighted`; all 1 under the others */
  readonly weights: Uint32Array
}
