import { tf } from '@vigil/tfjs'
import type { Trunk, Trunks } from './trunk.ts'

/** Numbers of the team (parameters, moments, gradients or a mask), [A, N] for each trunk. */
export type TeamTensors = { readonly policy: tf.Tensor2D; readonly value: tf.Tensor2D | null }

/** [A, P] -> [A, N] per trunk; the caller disposes the tensors. */
export function splitTeam(values: ArrayLike<number>, agentCount: number, trunks: Trunks): TeamTensors {
  const parametersPerAgent = values.length / agentCount
  const split = (trunk: Trunk): tf.Tensor2D => {
    const own = new Float32Array(agentCount * trunk.parameterCount)
    for (let agent = 0; agent < agentCount; agent++) {
      const from = agent * parametersPerAgent + trunk.offset
      for (let index = 0; index < trunk.parameterCount; index++) {
        own[agent * trunk.parameterCount + index] = values[from + index]
      }
    }
    return tf.tensor2d(own, [agentCount, trunk.parameterCount])
  }
  return { policy: split(trunks.policy), value: trunks.value === null ? null : split(trunks.value) }
}

/** The inverse of `splitTeam`. */
export async function joinTeam(tensors: TeamTensors, trunks: Trunks): Promise<Float32Array> {
  const agentCount = tensors.policy.shape[0]
  const parametersPerAgent = trunks.policy.parameterCount + (trunks.value?.parameterCount ?? 0)
  const values = new Float32Array(agentCount * parametersPerAgent)
  for (const name of ['policy', 'value'] as const) {
    const trunk = trunks[name]
    if (trunk === null) continue
    const own = await tensors[name]!.data()
    for (let agent = 0; agent < agentCount; agent++) {
      const block = own.subarray(agent * trunk.parameterCount, (agent + 1) * trunk.parameterCount)
      values.set(block, agent * parametersPerAgent + trunk.offset)
    }
  }
  return values
}
