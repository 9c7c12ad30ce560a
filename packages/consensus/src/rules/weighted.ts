/** `weighted`: agents count by their skill on validation data, within a bound that keeps f of them from deciding alone. */
import { ConsensusError } from '../errors.ts'
import { assertTolerates } from '../quorum.ts'
import { type Ballots, isRestrictive, type Judge } from './verdict.ts'

/** Weights are whole parts of this, so that sums are exact in any order. */
const PARTS = 1_000_000

/**
 * Weights in proportion to skill, but at most 1 / (2f + 1) each: f agents then hold less than half, and the n - f others
 * more than half, whoever they are. What the bound takes from an agent goes to the others in proportion.
 *
 * @param skills [A] finite, >= 0, e.g. F1 or balanced accuracy above chance on validation rows; without any skill all are equal
 * @param faults f
 * @returns [A] parts of a million, at most A of them lost to rounding
 * @throws {ConsensusError} SKILL, TOO_FEW_AGENTS, AGENT_COUNT, FAULTS
 */
export function weightsOfSkill(skills: ArrayLike<number>, faults: number): Uint32Array {
  const agentCount = skills.length
  assertTolerates(agentCount, faults)
  const given = Float64Array.from(skills)
  for (const [agent, skill] of given.entries()) assertSkill(agent, skill)
  const limit = 1 / (2 * faults + 1)
  const largest = Math.max(...given)
  const relative = given.map((skill) => (largest > 0 ? skill / largest : 1))
  const shares = new Float64Array(agentCount)
  const bounded = new Uint8Array(agentCount)
  // Every round binds at least one agent more, or is the last.
  for (let left = 1, changed = true; changed; ) {
    changed = false
    const free = [...relative.keys()].filter((agent) => bounded[agent] === 0)
    const sum = free.reduce((total, agent) => total + relative[agent], 0)
    for (const agent of free) shares[agent] = sum > 0 ? (left * relative[agent]) / sum : left / free.length
    for (const agent of free) {
      if (shares[agent] <= limit) continue
      shares[agent] = limit
      bounded[agent] = 1
      left -= limit
      changed = true
    }
  }
  return Uint32Array.from(shares, (share) => Math.floor(share * PARTS))
}

/** @throws {ConsensusError} WEIGHTS unless there is one per agent and any f of them are less than half */
export function assertWeights(
  weights: Uint32Array,
  { agentCount, faults }: { agentCount: number; faults: number },
): void {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const heaviest = [...weights].sort((a, b) => b - a).slice(0, faults)
  const held = heaviest.reduce((sum, weight) => sum + weight, 0)
  if (weights.length === agentCount && total > 0 && 2 * held < total) return
  throw new ConsensusError('WEIGHTS', {
    field: 'weights',
    requirement: `must be ${agentCount} whole numbers of which the ${faults} largest hold less than half`,
    received: weights.length === agentCount ? `${held} of ${total}` : `${weights.length} weights`,
    remedy: 'Make them with weightsOfSkill(skills, faults)',
  })
}

/** A class wins with more than half of the weight of all agents, those that did not vote included. Margin: share of the weight between the classes. */
export function weightedJudge({ agentCount, faults, actions, weights }: Ballots): Judge {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const heaviestFirst = [...weights.keys()].sort((a, b) => weights[b] - weights[a])
  return (at, verdict) => {
    verdict.support.fill(0)
    for (let agent = 0; agent < agentCount; agent++) {
      if (actions[at + agent] < 4) verdict.support[actions[at + agent]] += weights[agent]
    }
    const restrictive = verdict.support[1] + verdict.support[2]
    const permissive = verdict.support[0] + verdict.support[3]
    verdict.winner = 2 * restrictive > total ? 'restrictive' : 2 * permissive > total ? 'permissive' : 'none'
    verdict.margin = Math.abs(restrictive - permissive) / total

    // The f heaviest agents that do not vote for a class could; the f heaviest that do could stay away.
    const room = { joinRestrictive: 0, joinPermissive: 0, leaveRestrictive: 0, leavePermissive: 0 }
    const left = { joinRestrictive: faults, joinPermissive: faults, leaveRestrictive: faults, leavePermissive: faults }
    for (const agent of heaviestFirst) {
      const action = actions[at + agent]
      const votesRestrictive = isRestrictive(action)
      const votesPermissive = action < 4 && !votesRestrictive
      const weight = weights[agent]
      if (left[votesRestrictive ? 'leaveRestrictive' : 'joinRestrictive']-- > 0) {
        room[votesRestrictive ? 'leaveRestrictive' : 'joinRestrictive'] += weight
      }
      if (left[votesPermissive ? 'leavePermissive' : 'joinPermissive']-- > 0) {
        room[votesPermissive ? 'leavePermissive' : 'joinPermissive'] += weight
      }
    }
    verdict.reachable.restrictive = 2 * (restrictive + room.joinRestrictive) > total
    verdict.reachable.permissive = 2 * (permissive + room.joinPermissive) > total
    verdict.reachable.none =
      2 * (restrictive - room.leaveRestrictive) <= total && 2 * (permissive - room.leavePermissive) <= total
  }
}

function assertSkill(agent: number, skill: number): void {
  if (Number.isFinite(skill) && skill >= 0) return
  throw new ConsensusError('SKILL', {
    field: `skills[${agent}]`,
    requirement: 'must be a finite number, 0 or more',
    received: String(skill),
    remedy: 'Use a score such as F1; an agent without any skill has 0',
  })
}
