import { type NetworkSpec, recurrentStateSize } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import type { Recurrence } from '../engine.ts'
import type { TeamArithmetic } from './team-arithmetic.ts'

/** How the rows of a minibatch follow one another: row = t * L + lane. */
export type RecurrentInput = {
  /** T */
  readonly stepCount: number
  /** L */
  readonly laneCount: number
  /** For each step [1, L, 1], 0 for lanes where an episode begins and 1 for the others; null where none begins. */
  readonly keep: readonly (tf.Tensor | null)[]
  /** `width` values from `offset` on of the recurrent state of a group's agents, [G, L, width]. */
  readonly state: (groupIndex: number, offset: number, width: number) => tf.Tensor
}

/** The recurrence of a minibatch as tensors. */
export function recurrentInput(arithmetic: TeamArithmetic, spec: NetworkSpec, recurrence: Recurrence): RecurrentInput {
  const { stepCount, laneCount, resets, state } = recurrence
  const stateSize = recurrentStateSize(spec)
  const { groupSize } = arithmetic
  return {
    stepCount,
    laneCount,
    keep: Array.from({ length: stepCount }, (_, step) => {
      const own = resets.subarray(step * laneCount, (step + 1) * laneCount)
      return own.includes(1)
        ? tf.tensor3d(
            Float32Array.from(own, (reset) => 1 - reset),
            [1, laneCount, 1],
          )
        : null
    }),
    state: (groupIndex, offset, width) => {
      const rowCount = groupSize * laneCount
      const values = new Float32Array(rowCount * width)
      for (let row = 0; row < rowCount; row++) {
        const from = (groupIndex * rowCount + row) * stateSize + offset
        values.set(state.subarray(from, from + width), row * width)
      }
      return tf.tensor3d(values, [groupSize, laneCount, width])
    },
  }
}
