/**
 * From the agents' votes to the team's action.
 *
 * Actions: 0 allow, 1 block, 2 quarantine, 3 alert. A rule finds the class, restrictive {1, 2} against permissive
 * {0, 3}, so that one who blocks and one who quarantines agree that there is a threat. The team's action is then the one
 * with most votes (`weighted`: most weight) inside the class that won; of two equal ones the smaller number.
 */
import { voteError } from './errors.ts'
import { majorityJudge, quorumJudge } from './rules/count.ts'
import { assertTolerates } from './rules/quorum.ts'
import { trimmedMedianJudge } from './rules/trimmed-median.ts'
import {
  type Action,
  type Ballots,
  isRestrictive,
  type Judge,
  NO_ACTION,
  type Verdict,
  type Winner,
} from './rules/verdict.ts'
import { assertWeights, weightedJudge } from './rules/weighted.ts'

/**
 * The rules, by name. All count the m ballots that are there, whoever is missing and why: n - f <= m <= n, and with fewer
 * there is no decision. What all honest agents want wins whichever ballots are missing and whatever f liars say
 * (docs/consensus.md has the proof). `margin` says what the margins count.
 *
 *   majority        more than half of the m ballots are for a class
 *   quorum          at least 2f + 1 - (n - m) ballots are for a class, and more than for the other
 *   trimmed-median  the f-trimmed median of the m threat scores lies above or below the threshold
 *   weighted        ballots with more than half of the weight of all m are for a class
 *
 * Differs: where n > 3f + 1 both classes can hold what `quorum` asks for; then the larger one wins, and an exact tie decides
 * nothing.
 */
export const DECISION_RULES = {
  majority: { margin: 'votes', judge: majorityJudge },
  quorum: { margin: 'votes', judge: quorumJudge },
  'trimmed-median': { margin: 'score', judge: trimmedMedianJudge },
  weighted: { margin: 'share of weight', judge: weightedJudge },
} as const satisfies Record<string, { margin: string; judge: (ballots: Ballots) => Judge }>

/** A name in DECISION_RULES. */
export type DecisionRule = keyof typeof DECISION_RULES

/** How votes are counted. */
export type VoteSettings = {
  readonly rule: DecisionRule
  /** f, Byzantine agents to be tolerated, n >= 3f + 1 */
  readonly faults: number
  /** what the team does when no class wins, or more than f ballots are missing: an action that is safe, by default 3 (escalate as an alert), or nothing */
  readonly fallbackAction?: Action | 'abstain'
  /** `trimmed-median`: the score above which it is a threat, in [0, 1], default 0.5 */
  readonly threshold?: number
  /** `weighted`: [A] from weightsOfSkill, default equal */
  readonly weights?: Uint32Array
}

/** What the team does about one event. */
export type Decision = {
  /** 0..3, or NO_ACTION where the team abstains */
  readonly action: number
  /** false: no class won and `action` is the fallback */
  readonly decided: boolean
  /** votes for the restrictive class, 0..n */
  readonly restrictiveVotes: number
  /** how clear it was, in the unit of the rule */
  readonly margin: number
}

/** What the team does about `rows` events. Arrays of shape [rows]. */
export type BatchDecision = {
  /** 0..3, or NO_ACTION where the team abstains */
  readonly actions: Uint8Array
  /** 1 = a class won, 0 = the fallback was taken */
  readonly decided: Uint8Array
  /** how clear it was, in the unit of the rule */
  readonly margin: Float64Array
  /**
   * 1 = some f agents voting otherwise or not at all, and leaving ballots of others out while n - f are counted, could have
   * changed the class that the team acts by
   */
  readonly flippable: Uint8Array
}

/** The votes on `rows` events. */
export type BatchVotes = {
  /** [rows, A] 0..3, or NO_ACTION of an agent that did not vote */
  readonly actions: Uint8Array
  /** [rows, A] threat scores in [0, 1], for `trimmed-median` alone; anything where an agent did not vote */
  readonly scores?: Float32Array
  readonly agentCount: number
}

/**
 * The team's decision about one event.
 *
 * @example
 * ```ts
 * decide({ actions: [1, 2, 1, 0], rule: 'quorum', faults: 1 })
 * // { action: 1, decided: true, restrictiveVotes: 3, margin: 2 }: block and quarantine are one class
 * ```
 *
 * @param actions one action 0..3 or NO_ACTION per agent; the order matters to `weighted` only
 * @param scores  one threat score per agent, for `trimmed-median`
 * @throws {VigilError} TOO_FEW_AGENTS, AGENT_COUNT, FAULTS, RULE, ACTION, SHAPE, SCORE, THRESHOLD, WEIGHTS
 */
export function decide({
  actions,
  scores,
  ...settings
}: { actions: ArrayLike<number>; scores?: ArrayLike<number> } & VoteSettings): Decision {
  const agentCount = actions.length
  assertTolerates(agentCount, settings.faults)
  for (let agent = 0; agent < agentCount; agent++) assertVote('actions', actions[agent])
  const votes = { actions: Uint8Array.from(actions), agentCount, ...settings }
  const batch = decideBatch(scores === undefined ? votes : { ...votes, scores: Float32Array.from(scores) })
  return {
    action: batch.actions[0],
    decided: batch.decided[0] === 1,
    restrictiveVotes: votes.actions.reduce((count, action) => count + (isRestrictive(action) ? 1 : 0), 0),
    margin: batch.margin[0],
  }
}

/**
 * The team's decisions about many events, and which of them f agents could have turned.
 *
 * @example
 * ```ts
 * decideBatch({ actions: Uint8Array.of(1, 1, 1, 1, 1, 2, 0, 3), agentCount: 4, rule: 'majority', faults: 1 })
 * // { actions: [1, 3], decided: [1, 0], margin: [4, 0], flippable: [0, 1] }
 * ```
 *
 * @returns fresh arrays of shape [rows]
 * @throws {VigilError} SHAPE when arrays do not divide into rows; TOO_FEW_AGENTS, AGENT_COUNT, FAULTS, RULE, ACTION,
 *   SCORE, THRESHOLD, WEIGHTS
 */
export function decideBatch(input: BatchVotes & VoteSettings): BatchDecision {
  const ballots = checkedBallots(input)
  const fallback = input.fallbackAction ?? 3
  if (fallback !== 'abstain') assertAction('fallbackAction', fallback)
  const judge = DECISION_RULES[input.rule].judge(ballots)
  const rows = ballots.actions.length / ballots.agentCount
  const batch = {
    actions: new Uint8Array(rows),
    decided: new Uint8Array(rows),
    margin: new Float64Array(rows),
    flippable: new Uint8Array(rows),
  }
  const verdict: Verdict = {
    winner: 'none',
    margin: 0,
    support: new Float64Array(4),
    reachable: { restrictive: false, permissive: false, none: false },
  }
  const effects = { restrictive: 'restrictive', permissive: 'permissive', none: effectOf(fallback) }
  for (let row = 0; row < rows; row++) {
    judge(row * ballots.agentCount, verdict)
    const { winner, reachable } = verdict
    batch.actions[row] = actionOf(verdict, fallback)
    batch.decided[row] = winner === 'none' ? 0 : 1
    batch.margin[row] = verdict.margin
    const changes = (to: Winner) => reachable[to] && effects[to] !== effects[winner]
    batch.flippable[row] = changes('restrictive') || changes('permissive') || changes('none') ? 1 : 0
  }
  return batch
}

/** How an event fares: a fallback acts like the class that it belongs to, and doing nothing is a third thing. */
function effectOf(fallback: Action | 'abstain'): string {
  if (fallback === 'abstain') return 'nothing'
  return isRestrictive(fallback) ? 'restrictive' : 'permissive'
}

function actionOf({ winner, support }: Verdict, fallback: Action | 'abstain'): number {
  if (winner === 'restrictive') return support[2] > support[1] ? 2 : 1
  if (winner === 'permissive') return support[3] > support[0] ? 3 : 0
  return fallback === 'abstain' ? NO_ACTION : fallback
}

function checkedBallots(input: BatchVotes & VoteSettings): Ballots {
  const { actions, agentCount, faults, rule, threshold = 0.5 } = input
  assertTolerates(agentCount, faults)
  assertRule(rule)
  assertRows('actions', actions.length, agentCount)
  for (let at = 0; at < actions.length; at++) if (actions[at] > 3) assertVote(`actions[${at}]`, actions[at])
  const scores = input.scores ?? new Float32Array(0)
  if (rule === 'trimmed-median') assertScores({ scores, actions, threshold })
  const weights = input.weights ?? new Uint32Array(agentCount).fill(1)
  if (rule === 'weighted') assertWeights(weights, { agentCount, faults })
  return { agentCount, faults, actions, scores, weights, threshold }
}

function assertRows(field: string, length: number, agentCount: number): void {
  if (length % agentCount === 0) return
  throw voteError('SHAPE', {
    field,
    requirement: `must hold rows of ${agentCount} votes`,
    received: `${length} votes`,
    remedy: 'Give every agent one vote on every event',
  })
}

function assertScores({
  scores,
  actions,
  threshold,
}: {
  scores: Float32Array
  actions: Uint8Array
  threshold: number
}): void {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw voteError('THRESHOLD', {
      field: 'threshold',
      requirement: 'must be a number from 0 to 1',
      received: String(threshold),
      remedy: 'Pass a threat score, for example 0.5',
    })
  }
  if (scores.length !== actions.length) {
    throw voteError('SHAPE', {
      field: 'scores',
      requirement: `must hold one score per vote, ${actions.length} for the rule trimmed-median`,
      received: `${scores.length} scores`,
      remedy: 'Pass the agents threat scores in the order of their actions',
    })
  }
  for (let at = 0; at < scores.length; at++) {
    if (actions[at] === NO_ACTION || (scores[at] >= 0 && scores[at] <= 1)) continue
    throw voteError('SCORE', {
      field: `scores[${at}]`,
      requirement: 'must be a number from 0 to 1',
      received: String(scores[at]),
      remedy: 'Pass probabilities; an agent that gave no valid score did not vote (NO_ACTION)',
    })
  }
}

function assertRule(rule: string): void {
  if (Object.hasOwn(DECISION_RULES, rule)) return
  const names = Object.keys(DECISION_RULES).join(', ')
  throw voteError('RULE', {
    field: 'rule',
    requirement: `must be one of ${names}`,
    received: String(rule),
    remedy: 'Choose one of them',
  })
}

function assertVote(field: string, action: number): void {
  if (action !== NO_ACTION) assertAction(field, action)
}

function assertAction(field: string, action: number): void {
  if (action === 0 || action === 1 || action === 2 || action === 3) return
  throw voteError('ACTION', {
    field,
    requirement: 'must be 0 (allow), 1 (block), 2 (quarantine) or 3 (alert)',
    received: String(action),
    remedy: 'Pass action numbers, not probabilities or class labels',
  })
}
