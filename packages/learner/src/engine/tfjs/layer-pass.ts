import type { tf } from '@vigil/tfjs'
import type { RecurrentInput } from './recurrent-input.ts'
import type { CategoricalInput, TeamArithmetic, TrunkTensors } from './team-arithmetic.ts'
import type { Trunk } from './trunk.ts'

/** Inputs of a minibatch; R rows, of which the last may be padding. */
export type NetworkInput = {
  /** [1, R, denseSize + 1], the last column is 1 */
  readonly dense: tf.Tensor
  /** null where there are no categorical columns */
  readonly categorical: CategoricalInput | null
  /** null for a feed-forward network */
  readonly recurrence: RecurrentInput | null
}

/** One group's trunk on a minibatch. */
export type GroupTrunk = {
  readonly arithmetic: TeamArithmetic
  readonly trunk: Trunk
  readonly input: NetworkInput
  readonly groupIndex: number
  readonly weights: TrunkTensors
}

/** What a layer computed, and the way back through it. */
export type LayerPass = {
  /** [G, R, O] */
  readonly output: tf.Tensor
  /**
   * Back-propagation, by hand so that each product takes its backend's fast form.
   *
   * @param dOutput [G, R, O], 0 in rows of padding
   * @returns gradients by slice name, and with respect to the layer's input [G, R, I], null where that is the data
   */
  readonly backward: (dOutput: tf.Tensor) => { readonly gradients: TrunkTensors; readonly dInput: tf.Tensor | null }
}
