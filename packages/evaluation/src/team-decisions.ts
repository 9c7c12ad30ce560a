import type { EvaluationSplit, Team } from '@vigil/actors'
import { type BatchVotes, decideBatch, trimmedMeans } from '@vigil/vote'
import type { DecisionSettings } from './settings.ts'
import { skillWeights, voteSettings } from './vote-settings.ts'

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
  readonly margin: Int32Array
  /** what was counted: actions [n, A] and threat scores [n, A] */
  readonly votes: Required<BatchVotes>
  /** [n] f-trimmed mean of the agents' threat scores: no f agents carry it beyond the scores of the others */
  readonly scores: Float32Array
  readonly agents: readonly { readonly actions: Uint8Array; readonly scores: Float32Array }[]
}

/** What turns greedy actions and threat scores [n, A] into the actions [n, A] that are voted for. */
type ActOn = (greedy: Uint8Array, scores: Float32Array) => Uint8Array

/** The weights [A] that the agents' skill on the validation split gives them, by the policy that acts now. */
export async function weightsOfTeam(
  team: Team,
  { agents: agentCount, faults }: DecisionSettings,
  actOn: ActOn = (greedy) => greedy,
): Promise<Uint32Array> {
  const { actions, scores } = await team.pool.evaluate('validation')
  const labels = Uint8Array.from(team.dataset.splits.validation.rows, (row) => team.dataset.labels[row])
  return skillWeights({ actions: actOn(actions, scores), agentCount }, labels, faults)
}

/**
 * Every agent's action and the vote over them, on every row of a split.
 *
 * @param actOn turns an agent's greedy actions and threat scores [n, A] into the actions [n, A] that it votes for
 */
export async function decideSplit(
  team: Team,
  settings: DecisionSettings,
  split: EvaluationSplit,
  actOn: ActOn = (greedy) => greedy,
): Promise<SplitDecisions> {
  const { dataset } = team
  const { rows } = dataset.splits[split]
  const A = settings.agents
  const greedy = await team.pool.evaluate(split)
  const votes = { actions: actOn(greedy.actions, greedy.scores), scores: greedy.scores, agentCount: A }
  const weights = settings.rule === 'weighted' ? await weightsOfTeam(team, settings, actOn) : new Uint32Array(A).fill(1)
  const decided = decideBatch({ ...votes, ...voteSettings(settings, settings.rule, weights) })
  return {
    labels: Uint8Array.from(rows, (row) => dataset.labels[row]),
    classes: Uint8Array.from(rows, (row) => dataset.classes[row]),
    posterior: dataset.posterior === null ? null : Float32Array.from(rows, (row) => dataset.posterior![row]),
    actions: decided.actions,
    decided: decided.decided,
    margin: Int32Array.from({ length: rows.length }, (_, row) => voteMargin(votes.actions, A, row)),
    votes,
    scores: trimmedMeans(greedy.scores, A, settings.faults),
    agents: Array.from({ length: A }, (_, agent) => ({
      actions: Uint8Array.from({ length: rows.length }, (_, i) => votes.actions[i * A + agent]),
      scores: Float32Array.from({ length: rows.length }, (_, i) => greedy.scores[i * A + agent]),
    })),
  }
}

/** |restrictive - permissive| votes on a row of actions [n, A], whatever the rule counts. */
export function voteMargin(actions: Uint8Array, agentCount: number, row: number): number {
  let restrictive = 0
  for (let at = row * agentCount; at < (row + 1) * agentCount; at++) {
    if (actions[at] === 1 || actions[at] === 2) restrictive++
  }
  return Math.abs(2 * restrictive - agentCount)
}
