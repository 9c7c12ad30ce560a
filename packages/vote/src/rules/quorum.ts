/** How many Byzantine agents a team tolerates, and how many votes make a quorum. */
import { voteError } from '../errors.ts'

/** Counts of one row's votes are kept in a byte. */
const AGENT_COUNT_MAX = 127

/**
 * Most Byzantine agents that `agentCount` agents tolerate: f = floor((n - 1) / 3), since n >= 3f + 1 is needed
 * (Pease, Shostak and Lamport 1980, "Reaching agreement in the presence of faults").
 *
 * @example
 * ```ts
 * maxFaults(4) // 1
 * ```
 *
 * @param agentCount n, 1 to 127
 * @throws {VigilError} AGENT_COUNT
 */
export function maxFaults(agentCount: number): number {
  assertAgentCount(agentCount)
  return Math.floor((agentCount - 1) / 3)
}

/**
 * Votes that make a quorum when all n agents have voted: 2f + 1, so that at least f + 1 of them are honest
 * (Castro and Liskov 1999, "Practical Byzantine fault tolerance").
 *
 * @example
 * ```ts
 * quorumSize(4, 1) // 3
 * ```
 *
 * @param agentCount n, 1 to 127
 * @param faults     f, Byzantine agents to be tolerated; 0 makes a single vote a quorum
 * @throws {VigilError} TOO_FEW_AGENTS when n < 3f + 1; AGENT_COUNT, FAULTS
 */
export function quorumSize(agentCount: number, faults: number): number {
  assertTolerates(agentCount, faults)
  return 2 * faults + 1
}

/**
 * Ballots without which nothing is decided: n - f, as many as the honest agents alone can give. At most f of them lie, so
 * at least n - 2f >= f + 1 are honest, more than the liars.
 */
export function ballotsNeeded(agentCount: number, faults: number): number {
  return agentCount - faults
}

/** @throws {VigilError} AGENT_COUNT, FAULTS, TOO_FEW_AGENTS unless n >= 3f + 1 */
export function assertTolerates(agentCount: number, faults: number): void {
  assertAgentCount(agentCount)
  if (!Number.isInteger(faults) || faults < 0) {
    throw voteError('FAULTS', {
      field: 'faults',
      requirement: 'must be a whole number, 0 or more',
      received: String(faults),
      remedy: `${agentCount} agents tolerate at most ${maxFaults(agentCount)}`,
    })
  }
  const needed = 3 * faults + 1
  if (agentCount >= needed) return
  const agents = agentCount === 1 ? '1 agent' : `${agentCount} agents`
  throw voteError('TOO_FEW_AGENTS', {
    field: 'agents',
    requirement: `must number at least 3 x faults + 1 = ${needed} to tolerate ${faults} Byzantine (n >= 3f + 1)`,
    received: agents,
    remedy: `Use ${needed} agents or more, or set faults to ${maxFaults(agentCount)}, the most that ${agents} can tolerate`,
  })
}

function assertAgentCount(agentCount: number): void {
  if (Number.isInteger(agentCount) && agentCount >= 1 && agentCount <= AGENT_COUNT_MAX) return
  throw voteError('AGENT_COUNT', {
    field: 'agents',
    requirement: `must be a whole number from 1 to ${AGENT_COUNT_MAX}`,
    received: String(agentCount),
    remedy: 'Use 4 agents for one fault, 7 for two',
  })
}
