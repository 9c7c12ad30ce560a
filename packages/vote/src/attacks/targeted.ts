/**
 * Targeted collusion: faulty agents that know every honest vote and the truth, lead the batch, and say and leave out on each
 * event what makes the team's decision wrong, if anything they could do does. On these votes and weights no other votes of
 * the same agents, and no other choice of up to f ballots to leave out, do more harm.
 *
 * To make a threat pass or a benign event be stopped, every faulty agent votes for the wrong class with the most extreme
 * score, and the f honest ballots that stand most against it are left out: every rule counts that at least as much against
 * the right class as anything else. The one exception is that a rule does not decide with too few votes: there the
 * fallback may do the harm, so the other choice is that all keep silent.
 *
 * A leader leaves out the same ballots for a whole batch. Here they are chosen on every event, which is at least as bad.
 */
import { type BatchVotes, decideBatch, type VoteSettings } from '../decide.ts'
import { isRestrictive, NO_ACTION } from '../rules/verdict.ts'

/** In place of the opposition of an agent that has its part already. */
const TAKEN = -1

/** In place of an agent where there is none. */
const NOBODY = -1

/** Who attacks whom. */
export type Collusion = {
  /** actions [rows, A] 0..3, of every agent, scores [rows, A] in [0, 1]; not changed */
  readonly votes: Required<BatchVotes>
  /** [rows] 1 = threat, 0 = benign: which decision is wrong */
  readonly labels: Uint8Array
  /** the rule that the team counts by */
  readonly settings: VoteSettings
  /** the faulty agents; or how many, and on every event it is those who can do most */
  readonly faulty: readonly number[] | number
}

/**
 * The ballots that are counted when most harm is done, in fresh arrays, NO_ACTION for those left out. With 0 faulty agents the honest ones.
 *
 * @example
 * ```ts
 * // Three of four block a threat. Agent 0 lies and leads: it votes to allow, and leaves out a vote to block.
 * colludeAgainst({ votes, labels: Uint8Array.of(1), settings: { rule: 'quorum', faults: 1 }, faulty: [0] }).actions
 * // [0, 255, 1, 0]
 * ```
 */
export function colludeAgainst(collusion: Collusion): Required<BatchVotes> {
  const { votes, labels, settings, faulty } = collusion
  const { agentCount: A } = votes
  const isAny = typeof faulty === 'number'
  const liars = isAny ? new Array<number>(faulty).fill(0) : [...faulty]
  // Whoever is honest leaves nothing out that arrives.
  const leftOut = new Array<number>(liars.length === 0 ? 0 : settings.faults).fill(0)
  const opposition = new Float64Array(A)
  const loud = { actions: votes.actions.slice(), scores: votes.scores.slice(), agentCount: A }
  const silent = { actions: votes.actions.slice(), scores: votes.scores.slice(), agentCount: A }
  for (const [row, label] of labels.entries()) {
    const wrong = label === 1 ? 0 : 1
    measureOpposition(collusion, { row, wrong }, opposition)
    if (isAny) takeLargest(opposition, { above: TAKEN }, liars)
    else for (const agent of liars) opposition[agent] = TAKEN
    for (const agent of liars) {
      loud.actions[row * A + agent] = wrong
      loud.scores[row * A + agent] = wrong
      silent.actions[row * A + agent] = NO_ACTION
      silent.scores[row * A + agent] = 0
    }
    takeLargest(opposition, { above: 0 }, leftOut)
    for (const agent of leftOut) {
      if (agent === NOBODY) continue
      loud.actions[row * A + agent] = NO_ACTION
      loud.scores[row * A + agent] = 0
    }
  }
  const spoken = decideBatch({ ...loud, ...settings }).actions
  const kept = decideBatch({ ...silent, ...settings }).actions
  for (const [row, label] of labels.entries()) {
    const [harms, harmsSilently] = [spoken, kept].map((actions) => isRestrictive(actions[row]) !== (label === 1))
    if (harms || !harmsSilently) continue
    const from = row * A
    loud.actions.set(silent.actions.subarray(from, from + A), from)
    loud.scores.set(silent.scores.subarray(from, from + A), from)
  }
  return loud
}

/**
 * How much turning each agent of a row helps the wrong class, by the rule's own measure: how far it stands from it.
 *
 * @param out [A], overwritten
 */
function measureOpposition(
  { votes: { actions, scores, agentCount: A }, settings: { rule, weights } }: Collusion,
  { row, wrong }: { row: number; wrong: number },
  out: Float64Array,
): void {
  for (let agent = 0; agent < A; agent++) {
    const at = row * A + agent
    if (rule === 'trimmed-median') out[agent] = Math.abs(scores[at] - wrong)
    else if (isRestrictive(actions[at]) === (wrong === 1)) out[agent] = 0
    else out[agent] = rule === 'weighted' ? (weights?.[agent] ?? 1) : 1
  }
}

/**
 * The agents with the largest values above a bound, each of which becomes TAKEN; of equal ones the smaller number.
 *
 * @param out [k], overwritten with as many agents, NOBODY where there are too few
 */
function takeLargest(values: Float64Array, { above }: { above: number }, out: number[]): void {
  for (let i = 0; i < out.length; i++) {
    let largest = 0
    for (let agent = 1; agent < values.length; agent++) if (values[agent] > values[largest]) largest = agent
    out[i] = values[largest] > above ? largest : NOBODY
    if (out[i] !== NOBODY) values[largest] = TAKEN
  }
}
