/**
 * From the agents' actions to the team's action.
 *
 * Actions: 0 allow, 1 block, 2 quarantine, 3 alert. Agents vote on the class first, restrictive {1, 2} against
 * permissive {0, 3}, so that one who blocks and one who quarantines agree that there is a threat. The team's action is
 * then the one with most votes inside the class that won; of two equal ones the smaller number.
 */
import { ConsensusError } from './errors.ts'
import { assertTolerates, quorumSize } from './quorum.ts'

/**
 * When a class wins:
 *   majority  more than half of all agents vote for it
 *   quorum    at least 2f + 1 agents vote for it, and more than for the other class
 *
 * Differs: where n > 4f + 1 both classes can hold 2f + 1 votes; then the larger one wins, and an exact tie decides nothing.
 */
export type DecisionRule = 'majority' | 'quorum'

/** 0 allow, 1 block, 2 quarantine, 3 alert. */
export type Action = 0 | 1 | 2 | 3

/** How votes are counted. */
export type VoteSettings = {
  readonly rule: DecisionRule
  /** f, Byzantine agents to be tolerated, n >= 3f + 1 */
  readonly faults: number
  /** what the team does when no class wins, default 3 (alert) */
  readonly fallbackAction?: Action
}

/** What the team does about one event. */
export type Decision = {
  readonly action: Action
  /** false: no class won and `action` is the fallback */
  readonly decided: boolean
  /** votes for the restrictive class, 0..n */
  readonly restrictiveVotes: number
  /** |restrictive - permissive| votes, 0..n */
  readonly margin: number
}

/** What the team does about `rows` events. Arrays of shape [rows]. */
export type BatchDecision = {
  /** 0..3 */
  readonly actions: Uint8Array
  /** 1 = a class won, 0 = the fallback was taken */
  readonly decided: Uint8Array
  /** |restrictive - permissive| votes, 0..n */
  readonly margin: Int8Array
  /** 1 = some f agents voting otherwise could turn the team's action from one class into the other */
  readonly flippable: Uint8Array
}

/**
 * The team's decision about one event.
 *
 * @param actions one action 0..3 per agent; the order does not matter
 * @throws {ConsensusError} TOO_FEW_AGENTS, AGENT_COUNT, FAULTS, RULE, ACTION
 */
export function decide({ actions, ...settings }: { actions: ArrayLike<number> } & VoteSettings): Decision {
  const agentCount = actions.length
  const outcomes = outcomesByVotes(agentCount, settings)
  const votes = [0, 0, 0, 0]
  for (let agent = 0; agent < agentCount; agent++) {
    assertAction('actions', actions[agent])
    votes[actions[agent]]++
  }
  const { winner } = outcomes[votes[1] + votes[2]]
  return {
    action: actionOf(winner, votes, settings.fallbackAction ?? 3),
    decided: winner !== 'none',
    restrictiveVotes: votes[1] + votes[2],
    margin: Math.abs(2 * (votes[1] + votes[2]) - agentCount),
  }
}

/**
 * The team's decisions about many events, and which of them f agents could have turned.
 *
 * @param actions [rows, A] 0..3
 * @returns fresh arrays of shape [rows]
 * @throws {ConsensusError} SHAPE when `actions` does not divide into rows; TOO_FEW_AGENTS, AGENT_COUNT, FAULTS, RULE, ACTION
 */
export function decideBatch({
  actions,
  agentCount,
  ...settings
}: { actions: Uint8Array; agentCount: number } & VoteSettings): BatchDecision {
  const outcomes = outcomesByVotes(agentCount, settings)
  const fallbackAction = settings.fallbackAction ?? 3
  if (actions.length % agentCount !== 0) {
    throw new ConsensusError('SHAPE', {
      field: 'actions',
      requirement: `must hold rows of ${agentCount} votes`,
      received: `${actions.length} votes`,
      remedy: 'Give every agent one vote on every event',
    })
  }
  const rows = actions.length / agentCount
  const batch = {
    actions: new Uint8Array(rows),
    decided: new Uint8Array(rows),
    margin: new Int8Array(rows),
    flippable: new Uint8Array(rows),
  }
  const votes = [0, 0, 0, 0]
  for (let row = 0; row < rows; row++) {
    votes.fill(0)
    for (let at = row * agentCount; at < (row + 1) * agentCount; at++) {
      if (actions[at] > 3) assertAction(`actions[${at}]`, actions[at])
      votes[actions[at]]++
    }
    const restrictiveVotes = votes[1] + votes[2]
    const { winner, flippable } = outcomes[restrictiveVotes]
    batch.actions[row] = actionOf(winner, votes, fallbackAction)
    batch.decided[row] = winner === 'none' ? 0 : 1
    batch.margin[row] = Math.abs(2 * restrictiveVotes - agentCount)
    batch.flippable[row] = flippable ? 1 : 0
  }
  return batch
}

type Winner = 'restrictive' | 'permissive' | 'none'

/** Everything that follows from the number of restrictive votes alone: entry r is for r of them, r = 0..n. */
function outcomesByVotes(
  agentCount: number,
  { rule, faults, fallbackAction = 3 }: VoteSettings,
): { winner: Winner; flippable: boolean }[] {
  assertTolerates(agentCount, faults)
  assertRule(rule)
  assertAction('fallbackAction', fallbackAction)
  // Every agent votes for one of two classes: more votes than the other class are more than half.
  const needed = rule === 'quorum' ? quorumSize(agentCount, faults) : 1
  const winners = Array.from({ length: agentCount + 1 }, (_, restrictive): Winner => {
    const permissive = agentCount - restrictive
    if (restrictive >= needed && restrictive > permissive) return 'restrictive'
    if (permissive >= needed && permissive > restrictive) return 'permissive'
    return 'none'
  })
  // As executed: without a winner the fallback's class counts.
  const executed = winners.map((winner) =>
    winner === 'none' ? isRestrictive(fallbackAction) : winner === 'restrictive',
  )
  return winners.map((winner, votes) => {
    // f changed votes move the count anywhere from votes - f to votes + f.
    const reachable = executed.slice(Math.max(0, votes - faults), votes + faults + 1)
    return { winner, flippable: reachable.includes(!executed[votes]) }
  })
}

function actionOf(winner: Winner, votes: readonly number[], fallbackAction: Action): Action {
  if (winner === 'restrictive') return votes[2] > votes[1] ? 2 : 1
  if (winner === 'permissive') return votes[3] > votes[0] ? 3 : 0
  return fallbackAction
}

function isRestrictive(action: Action): boolean {
  return action === 1 || action === 2
}

function assertRule(rule: string): void {
  if (rule === 'majority' || rule === 'quorum') return
  throw new ConsensusError('RULE', {
    field: 'rule',
    requirement: 'must be majority or quorum',
    received: String(rule),
    remedy: 'Choose one of the two',
  })
}

function assertAction(field: string, action: number): void {
  if (action === 0 || action === 1 || action === 2 || action === 3) return
  throw new ConsensusError('ACTION', {
    field,
    requirement: 'must be 0 (allow), 1 (block), 2 (quarantine) or 3 (alert)',
    received: String(action),
    remedy: 'Pass action numbers, not probabilities or class labels',
  })
}
