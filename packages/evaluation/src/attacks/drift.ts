import type { EvaluationSplit, Team } from '@vigil/actors'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import type { BatchVotes } from '@vigil/vote'

/** How far the weights are poisoned in equal parts of the split, one after another. */
const LEVELS = [0, 1 / 3, 2 / 3, 1]

/** The action that a poisoned agent takes instead: allow and block change places, and quarantine and alert. */
const SWAPPED = [1, 0, 3, 2]

/**
 * Drift: the weights of the faulty agents are poisoned slowly, so that they turn from honest to inverted while the split
 * goes by. What goes wrong first are the events that were close.
 *
 * @param attack parameters [A, P] of the honest team
 * @returns the votes of the whole team: honest agents may answer what the others' votes do to the context
 * @throws {VigilError} as the team's pool when it evaluates: SHARD_FAILED, NON_FINITE_POLICY, SPECIFICATION_VALUE, BUSY
 */
export async function driftingVotes(
  team: Team,
  {
    split,
    parameters,
    faulty,
  }: { readonly split: EvaluationSplit; readonly parameters: Float32Array; readonly faulty: readonly number[] },
): Promise<Required<BatchVotes>> {
  const { agentCount } = team.network
  const rows = team.dataset.splits[split].rows.length
  const actions = new Uint8Array(rows * agentCount)
  const scores = new Float32Array(rows * agentCount)
  for (const [part, level] of LEVELS.entries()) {
    team.publish(poisoned(team.network, { parameters, faulty, level }), 0)
    const voted = await team.pool.evaluate(split)
    const [from, to] = [part, part + 1].map((at) => agentCount * Math.floor((at * rows) / LEVELS.length))
    actions.set(voted.actions.subarray(from, to), from)
    scores.set(voted.scores.subarray(from, to), from)
  }
  return { actions, scores, agentCount }
}

/**
 * Weights on the way from honest to inverted: the output layer moves towards the one with the classes swapped. At level 1
 * an agent takes the other class wherever it took one.
 *
 * @param level 0 = honest, 1 = inverted
 * @returns [A, P]
 */
export function poisoned(
  network: NetworkSpec,
  {
    parameters,
    faulty,
    level,
  }: { readonly parameters: Float32Array; readonly faulty: readonly number[]; readonly level: number },
): Float32Array {
  const { slices, parametersPerAgent } = parameterLayout(network)
  const changed = parameters.slice()
  for (const { name, shape, offset, length } of slices) {
    if (name !== 'policy.head' && name !== 'policy.headBias') continue
    const width = shape.at(-1)!
    for (const agent of faulty) {
      const from = agent * parametersPerAgent + offset
      for (let i = 0; i < length; i++) {
        const swapped = parameters[from + i - (i % width) + SWAPPED[i % width]]
        changed[from + i] = (1 - level) * parameters[from + i] + level * swapped
      }
    }
  }
  return changed
}
