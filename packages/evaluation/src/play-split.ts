import type { Acting, EvaluationSplit, Team } from '@vigil/actors'
import { CUT_OFF, LEDGER_ENTRIES } from '@vigil/env-wasm'
import { decideBatch } from '@vigil/vote'
import type { DecisionSettings } from './settings.ts'
import { voteSettings } from './vote-settings.ts'

/** What a team did with the streams of a split, where its actions had consequences. */
export type PlayedSplit = {
  /** [streams] what each brought, in reward units */
  readonly returns: Float64Array
  /** [streams, 8] the same by LEDGER_ENTRIES */
  readonly ledgers: Float64Array
  /** [n] the team's action by position in the split, CUT_OFF on events that did not happen */
  readonly actions: Uint8Array
  /** Positions of the events that were decided, ascending. */
  readonly decidedAt: Uint32Array
  /**
   * Of those events, in that order: label, the team's action, 1 = a class of actions won the vote; votes cast [n, A], and the
   * agents' threat scores [n, A].
   */
  readonly events: {
    readonly labels: Uint8Array
    readonly actions: Uint8Array
    readonly decided: Uint8Array
    readonly votes: Uint8Array
    readonly scores: Float32Array
  }
}

/**
 * Lets the greedy team act on every stream of a split, from its first event to where the team or the recording ends it.
 *
 * @param acting votes of agents that do not vote for their own action, and the stop level
 */
export async function playSplit(
  team: Team,
  settings: DecisionSettings,
  split: EvaluationSplit,
  acting: Acting = {},
): Promise<PlayedSplit> {
  const { labels, splits } = team.dataset
  const { rows } = splits[split]
  const A = settings.agents
  const played = await team.pool.evaluate(split, acting)
  if (played.ledgers === null) throw new TypeError('playSplit needs an environment with consequences.')
  const decidedAt = Uint32Array.from(rows.keys()).filter((position) => played.actions[position * A] !== CUT_OFF)
  const votes = new Uint8Array(decidedAt.length * A)
  const scores = new Float32Array(decidedAt.length * A)
  for (const [i, position] of decidedAt.entries()) {
    votes.set(played.actions.subarray(position * A, (position + 1) * A), i * A)
    scores.set(played.scores.subarray(position * A, (position + 1) * A), i * A)
  }
  const equal = new Uint32Array(A).fill(1)
  // The environment counts votes: majority or quorum.
  const rule = settings.rule === 'quorum' ? 'quorum' : 'majority'
  const { actions, decided } = decideBatch({ actions: votes, agentCount: A, ...voteSettings(settings, rule, equal) })
  const all = new Uint8Array(rows.length).fill(CUT_OFF)
  for (const [i, position] of decidedAt.entries()) all[position] = actions[i]
  return {
    returns: returnsOf(played.ledgers),
    ledgers: played.ledgers,
    actions: all,
    decidedAt,
    events: {
      labels: Uint8Array.from(decidedAt, (position) => labels[rows[position]]),
      ...{ actions, decided, votes, scores },
    },
  }
}

/** [streams] sum of each ledger [streams, 8]. */
function returnsOf(ledgers: Float64Array): Float64Array {
  const width = LEDGER_ENTRIES.length
  return Float64Array.from({ length: ledgers.length / width }, (_, stream) => {
    let sum = 0
    for (let entry = 0; entry < width; entry++) sum += ledgers[stream * width + entry]
    return sum
  })
}

/** Mean return of a stream. */
export function meanReturn({ returns }: Pick<PlayedSplit, 'returns'>): number {
  return returns.reduce((sum, value) => sum + value, 0) / returns.length
}
