import { tf } from '@vigil/tfjs'
import type { TrunkState } from './adam.ts'
import type { Trunk } from './team-network.ts'

/** Parameters and moments of the team, one entry for each trunk. */
export type TeamState = readonly TrunkState[]

/** [A, P] -> [A, N] for each trunk; the caller disposes the tensors. */
export function splitTeam(values: ArrayLike<number>, trunks: readonly Trunk[]): tf.Tensor2D[] {
  const sizes = trunks.map(({ parameterCount }) => parameterCount)
  const perAgent = sizes.reduce((sum, size) => sum + size, 0)
  return tf.tidy(() => tf.split(tf.tensor2d(Float32Array.from(values), [values.length / perAgent, perAgent]), sizes, 1))
}

/** The inverse of `splitTeam`. */
export async function joinTeam(tensors: readonly tf.Tensor2D[]): Promise<Float32Array> {
  const joined = tf.concat([...tensors], 1)
  try {
    return (await joined.data()).slice() as Float32Array
  } finally {
    joined.dispose()
  }
}

export function tensorsOf(state: TeamState): tf.Tensor[] {
  return state.flatMap(({ parameters, firstMoment, secondMoment }) => [parameters, firstMoment, secondMoment])
}
