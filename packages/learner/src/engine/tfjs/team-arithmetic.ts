import type { tf } from '@vigil/tfjs'
import type { Recurrence } from '../engine.ts'

/** Tensors of one trunk by the names of its slices, for instance `dense.1`. */
export type TrunkTensors = { readonly [slice: string]: tf.Tensor }

/** Categorical columns of a minibatch, in the form that an arithmetic sums embedding rows from. */
export type CategoricalInput = {
  /** Sum of embedding rows: table [G, V, H] -> [G, R, H]. */
  readonly embeddingSum: (table: tf.Tensor) => tf.Tensor
  /** Its gradient: dSum [G, R, H] -> [G, V, H]. */
  readonly embeddingGradient: (dSum: tf.Tensor) => tf.Tensor
}

/**
 * The products of a team's network, in the way that is fast on one backend. The team is computed in groups of G
 * agents: G = 1 or G = A. Tensors have the group first, [G, R, width]; the input x [1, R, I] is shared by all.
 */
export type TeamArithmetic = {
  /** G */
  readonly groupSize: number
  /** R >= B, the rows that a minibatch of B rows is padded to with rows of weight 0. */
  readonly paddedRowCount: (size: number) => number
  /** categorical [B, C], each value inside its vocabulary. */
  readonly categoricalInput: (categorical: Uint16Array, size: number) => CategoricalInput
  /** [A, N] -> one list per group of tensors [G, ...shape]; where G is 1, vectors may come without the group. */
  readonly unpack: (flat: tf.Tensor2D, shapes: readonly (readonly number[])[]) => tf.Tensor[][]
  /** h W + b, with relu if asked: h [G, R, I], W [G, I, O], b as unpacked -> [G, R, O]. */
  readonly dense: (h: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor, activation: 'linear' | 'relu') => tf.Tensor
  /** h W: [G, R, I] or the shared input [1, R, I], and [G, I, O] -> [G, R, O]; R is any number of rows. */
  readonly product: (h: tf.Tensor, weights: tf.Tensor) => tf.Tensor
  /** x^T dy of the shared input: [1, R, I], [G, R, O] -> [G, I, O]. */
  readonly inputWeightGradient: (x: tf.Tensor, dy: tf.Tensor) => tf.Tensor
  /** h^T dy: [G, R, I], [G, R, O] -> [G, I, O]. */
  readonly weightGradient: (h: tf.Tensor, dy: tf.Tensor) => tf.Tensor
  /** dy W^T: [G, I, O] -> [G, R, O] -> [G, R, I]; what is prepared of W serves every call of the function returned. */
  readonly inputGradient: (weights: tf.Tensor) => (dy: tf.Tensor) => tf.Tensor
  /** Sum over the rows: [G, R, O] -> [G, O]. */
  readonly biasGradient: (dy: tf.Tensor) => tf.Tensor
  /** Rows of each step, row = t * L + lane: [G, R, W] -> T tensors [G, L, W], without the rows of padding. */
  readonly splitSteps: (rows: tf.Tensor, segments: Pick<Recurrence, 'stepCount' | 'laneCount'>) => tf.Tensor[]
}
