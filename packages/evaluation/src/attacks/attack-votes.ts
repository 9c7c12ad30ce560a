import {
  attackVotes,
  type BatchVotes,
  colludeAgainst,
  SCRIPTED_ATTACKS,
  type ScriptedAttack,
  type VoteSettings,
} from '@vigil/vote'

/**
 * Attacks that need the honest votes and the truth alone: the scripted ones, and
 *
 *   targeted      the faulty agents know every vote and the truth, collude, and leave up to f ballots of others out
 *   targeted-any  the same, but on every event other agents may be the faulty ones: no attack of so many agents on these votes and weights is worse
 */
const VOTE_ATTACKS = [...SCRIPTED_ATTACKS, 'targeted', 'targeted-any'] as const

/** Attacks by other weights, which must act on the events themselves: see drift.ts and train-attackers.ts. */
const WEIGHT_ATTACKS = ['drift', 'trained'] as const

/** Every attack by name, in the order of evaluation.json. */
export const ATTACKS = [...VOTE_ATTACKS, ...WEIGHT_ATTACKS]

/** A name in ATTACKS. */
export type Attack = (typeof ATTACKS)[number]

/** An attack that changes votes that are there. */
export type VoteAttack = (typeof VOTE_ATTACKS)[number]

/** The attacks of every evaluation: they cost no further look at the events. */
export const CHEAP_ATTACKS: readonly Attack[] = VOTE_ATTACKS

/**
 * The attacks of an evaluation: the cheap ones, which every evaluation.json has, and what is asked for besides.
 *
 * @returns in the order of ATTACKS
 */
export function attacksAsked(asked: Attack | 'all' | undefined): readonly Attack[] {
  return ATTACKS.filter((attack) => asked === 'all' || attack === asked || CHEAP_ATTACKS.includes(attack))
}

/** Whether an attack needs votes alone. */
export function isVoteAttack(attack: Attack): attack is VoteAttack {
  return (VOTE_ATTACKS as readonly string[]).includes(attack)
}

/** What was voted on some events of a split, and the truth. */
export type Votes = {
  /** actions [n, A], scores [n, A] */
  readonly votes: Required<BatchVotes>
  /** [n] 1 = threat, 0 = benign */
  readonly labels: Uint8Array
  /** [n] positions in the split, ascending */
  readonly events: Uint32Array
}

/** The votes that are counted when these agents, or any `faultyCount` on each event (`targeted-any`), attack. */
export function votesUnder(
  attack: VoteAttack,
  { votes, labels, events }: Votes,
  by: { readonly faulty: readonly number[]; readonly settings: VoteSettings; readonly seed: number },
): Required<BatchVotes> {
  const { faulty, settings, seed } = by
  if (attack === 'targeted') return colludeAgainst({ votes, labels, settings, faulty })
  if (attack === 'targeted-any') return colludeAgainst({ votes, labels, settings, faulty: faulty.length })
  return attackVotes(attack satisfies ScriptedAttack, { votes, faulty, seed, events })
}
