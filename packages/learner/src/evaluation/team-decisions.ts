import type { EvaluationSplit } from '@vigil/actors'
import { decideBatch } from '@vigil/consensus'
import type { Config } from '../config/config.ts'
import { fallbackActionOf } from '../config/environment.ts'
import type { Team } from '../run/team.ts'

/** Decisions on every row of a split, in the split's order. */
export type SplitDecisions = {
  /** [n] */
  readonly labels: Uint8Array
  /** [n] */
  readonly classes: Uint8Array
  /** [n] P(threat | observable) where the generator knows it, else null */
  readonly posterior: Float32Array | null
  /** [n] the team's action after the vote */
  readonly actions: Uint8Array
  /** [n] 1 = a class of actions won the vote, 0 = the fallback action was taken */
  readonly decided: Uint8Array
  /** [n] |restrictive - permissive| votes */
  readonly margin: Int8Array
  /** [n] mean of the agents' threat scores */
  readonly scores: Float32Array
  readonly agents: readonly { readonly actions: Uint8Array; readonly scores: Float32Array }[]
}

/**
 * Every agent's action and the vote over them, on every row of a split.
 *
 * @param actOn turns an agent's greedy actions and threat scores [n, A] into the actions [n, A] that it votes for
 */
export async function decideSplit(
  team: Team,
  config: Config,
  split: EvaluationSplit,
  actOn: (greedy: Uint8Array, scores: Float32Array) => Uint8Array = (greedy) => greedy,
): Promise<SplitDecisions> {
  const { dataset } = team
  const { rows } = dataset.splits[split]
  const A = config.agents
  const greedy = await team.pool.evaluate(split)
  const votes = actOn(greedy.actions, greedy.scores)
  const { rule, faults } = config
  const decided = decideBatch({ actions: votes, agentCount: A, rule, faults, fallbackAction: fallbackActionOf(config) })
  const mean = new Float32Array(rows.length)
  for (let i = 0; i < rows.length; i++) {
    let sum = 0
    for (let agent = 0; agent < A; agent++) sum += greedy.scores[i * A + agent]
    mean[i] = sum / A
  }
  return {
    labels: Uint8Array.from(rows, (row) => dataset.labels[row]),
    classes: Uint8Array.from(rows, (row) => dataset.classes[row]),
    posterior: dataset.posterior === null ? null : Float32Array.from(rows, (row) => dataset.posterior![row]),
    actions: decided.actions,
    decided: decided.decided,
    margin: decided.margin,
    scores: mean,
    agents: Array.from({ length: A }, (_, agent) => ({
      actions: Uint8Array.from({ length: rows.length }, (_, i) => votes[i * A + agent]),
      scores: Float32Array.from({ length: rows.length }, (_, i) => greedy.scores[i * A + agent]),
    })),
  }
}
