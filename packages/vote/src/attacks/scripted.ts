/**
 * Attacks on the votes of a team, as functions from the honest votes to those that the team gets to count. Some agents are
 * faulty and vote as they please; the votes of the others stay as they are. Nothing here knows how votes are counted.
 */
import { fillUniforms, randomStream } from '@vigil/random'
import type { BatchVotes } from '../decide.ts'
import { isRestrictive, NO_ACTION } from '../rules/verdict.ts'

/** The honest votes on some events, and who of the team is faulty. */
export type AttackedTeam = {
  /** actions [rows, A] 0..3, scores [rows, A] in [0, 1]; not changed */
  readonly votes: Required<BatchVotes>
  /** faulty agents, ascending */
  readonly faulty: readonly number[]
  /** u32, of the attack `random` */
  readonly seed: number
  /** [rows] number of each event, ascending: what `random` draws depends on it, not on the choice of rows */
  readonly events: Uint32Array
}

/** What a faulty agent puts in place of an honest vote. */
type Forger = (at: {
  readonly action: number
  readonly score: number
  readonly event: number
  readonly agent: number
}) => { readonly action: number; readonly score: number }

const ABSENT = { action: NO_ACTION, score: 0 }
/** The clearest vote for each class: what every attack says that means one. */
const ALLOW = { action: 0, score: 0 }
const BLOCK = { action: 1, score: 1 }

const FORGERS = {
  crash: () => () => ABSENT,
  random: (seed: number): Forger => {
    const stream = randomStream(seed, 'attack')
    const drawn = new Float64Array(2)
    return ({ event, agent }) => {
      fillUniforms(stream, [event, agent, 0], drawn)
      return { action: Math.floor(drawn[0] * 4), score: drawn[1] }
    }
  },
  inverted:
    (): Forger =>
    ({ action, score }) => ({ action: isRestrictive(action) ? ALLOW.action : BLOCK.action, score: 1 - score }),
  'always-allow': () => () => ALLOW,
  'always-block': () => () => BLOCK,
} as const satisfies Record<string, (seed: number) => Forger>

/**
 * Attacks that need nothing but the votes:
 *
 *   crash         no vote
 *   random        any of the four actions, any score
 *   inverted      the other class than the agent's own judgement, and the mirrored score
 *   always-allow  allow with score 0
 *   always-block  block with score 1
 *   copy-cat      the vote of the next agent (counted round) that is honest: one opinion with the weight of several
 */
export const SCRIPTED_ATTACKS = [
  'crash',
  'random',
  'inverted',
  'always-allow',
  'always-block',
  'copy-cat',
] as const satisfies readonly (keyof typeof FORGERS | 'copy-cat')[]

/** A name in SCRIPTED_ATTACKS. */
export type ScriptedAttack = (typeof SCRIPTED_ATTACKS)[number]

/**
 * The votes under a scripted attack, in fresh arrays.
 *
 * @example
 * ```ts
 * const votes = { actions: Uint8Array.of(1, 1, 1, 0), scores: Float32Array.of(0.9, 0.8, 0.9, 0.2), agentCount: 4 }
 * attackVotes('always-allow', { votes, faulty: [0], seed: 1, events: Uint32Array.of(0) }).actions // [0, 1, 1, 0]
 * ```
 */
export function attackVotes(
  attack: ScriptedAttack,
  { votes, faulty, seed, events }: AttackedTeam,
): Required<BatchVotes> {
  const { agentCount: A } = votes
  const actions = votes.actions.slice()
  const scores = votes.scores.slice()
  const forge = attack === 'copy-cat' ? null : FORGERS[attack](seed)
  for (const agent of faulty) {
    const model = forge === null ? nextHonest(agent, faulty, A) : agent
    for (const [row, event] of events.entries()) {
      const action = votes.actions[row * A + model]
      const score = votes.scores[row * A + model]
      const vote = forge === null ? { action, score } : forge({ action, score, event, agent })
      actions[row * A + agent] = vote.action
      scores[row * A + agent] = vote.score
    }
  }
  return { actions, scores, agentCount: A }
}

/** The honest agent that comes after this one, counted round; itself where nobody is honest. */
function nextHonest(agent: number, faulty: readonly number[], agentCount: number): number {
  for (let step = 1; step < agentCount; step++) {
    const other = (agent + step) % agentCount
    if (!faulty.includes(other)) return other
  }
  return agent
}
