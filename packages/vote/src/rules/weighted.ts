/** `weighted`: agents count by their skill on validation data, within a bound that keeps f of them from outweighing the honest ballots. */
import { voteError } from '../errors.ts'
import { assertTolerates, ballotsNeeded } from './quorum.ts'
import { type Ballots, isRestrictive, type Judge } from './verdict.ts'

/** Weights are whole parts of this, so that sums are exact in any order. */
const PARTS = 1_000_000

/**
 * Weights in proportion to skill, moved towards equal ones as little as needed for the f heaviest agents to weigh less than
 * the n - 2f lightest: whatever f agents say and whichever f others are left out, the rest outweighs the liars.
 *
 *   w_i = (1 - t) skill_i / sum(skill) + t / n
 *
 * with the least t of 0, 1, 2, ... millionths that will do. Equal weights do, because n - 2f > f.
 *
 * @example
 * ```ts
 * weightsOfSkill([0.9, 0.5, 0.5, 0.1], 1) // [374999, 250000, 250000, 125000]
 * ```
 *
 * @param skills [A] finite, >= 0, e.g. F1 or balanced accuracy above chance on validation rows; without any skill all are equal
 * @param faults f
 * @returns [A] parts of a million, at most A of them lost to rounding
 * @throws {VigilError} SKILL, TOO_FEW_AGENTS, AGENT_COUNT, FAULTS
 */
export function weightsOfSkill(skills: ArrayLike<number>, faults: number): Uint32Array {
  const agentCount = skills.length
  assertTolerates(agentCount, faults)
  const given = Float64Array.from(skills)
  for (const [agent, skill] of given.entries()) assertSkill(agent, skill)
  const largest = Math.max(...given)
  const relative = given.map((skill) => (largest > 0 ? skill / largest : 1))
  const sum = relative.reduce((total, skill) => total + skill, 0)
  const shares = relative.map((skill) => skill / sum)
  const mixed = (t: number) => Uint32Array.from(shares, (share) => Math.floor((PARTS - t) * share + t / agentCount))
  // Both sides are linear in t; rounding may ask for a few millionths more than their crossing.
  const { heaviest, lightest } = extremesOf(shares, { agentCount, faults })
  const excess = heaviest - lightest
  const crossing = excess <= 0 ? 0 : excess / (excess + (agentCount - 3 * faults) / agentCount)
  let t = Math.max(0, Math.floor(crossing * PARTS) - 1)
  while (!isSound(mixed(t), { agentCount, faults })) t++
  return mixed(t)
}

/** @throws {VigilError} WEIGHTS unless there is one per agent and the f largest are together less than the n - 2f smallest */
export function assertWeights(
  weights: Uint32Array,
  { agentCount, faults }: { agentCount: number; faults: number },
): void {
  if (weights.length === agentCount && isSound(weights, { agentCount, faults })) return
  const { heaviest, lightest } = extremesOf(weights, { agentCount, faults })
  throw voteError('WEIGHTS', {
    field: 'weights',
    requirement:
      `must be ${agentCount} whole numbers of which the ${faults} largest are together less than ` +
      `the ${agentCount - 2 * faults} smallest`,
    received: weights.length === agentCount ? `${heaviest} and ${lightest}` : `${weights.length} weights`,
    remedy: 'Make them with weightsOfSkill(skills, faults), or bring them closer together',
  })
}

/** A class wins with more than half of the weight of the m ballots, m >= n - f. Margin: share of that weight between the classes. */
export function weightedJudge({ agentCount, faults, actions, weights }: Ballots): Judge {
  const heaviestFirst = [...weights.keys()].sort((a, b) => weights[b] - weights[a])
  const least = ballotsNeeded(agentCount, faults)
  return (at, verdict) => {
    verdict.support.fill(0)
    let counted = 0
    for (let agent = 0; agent < agentCount; agent++) {
      if (actions[at + agent] > 3) continue
      verdict.support[actions[at + agent]] += weights[agent]
      counted++
    }
    const restrictive = verdict.support[1] + verdict.support[2]
    const permissive = verdict.support[0] + verdict.support[3]
    const lead = restrictive - permissive
    verdict.winner = counted < least || lead === 0 ? 'none' : lead > 0 ? 'restrictive' : 'permissive'
    verdict.margin = counted === 0 ? 0 : Math.abs(lead) / (restrictive + permissive)

    const row = { actions, at, weights, heaviestFirst, faults }
    const towardsRestrictive = lead + mostGain(row, true)
    const towardsPermissive = -lead + mostGain(row, false)
    verdict.reachable.restrictive = towardsRestrictive > 0
    verdict.reachable.permissive = towardsPermissive > 0
    // Where somebody is missing, f more are too many.
    verdict.reachable.none = (towardsRestrictive >= 0 && towardsPermissive >= 0) || counted < agentCount
  }
}

type WeightedRow = {
  readonly actions: Uint8Array
  readonly at: number
  readonly weights: Uint32Array
  readonly heaviestFirst: readonly number[]
  readonly faults: number
}

/**
 * How much weight a class can gain on the other. Of f liars some that had not voted vote for it, which counts once, and the
 * others leave the other class for it, which counts twice; ballots for the other class are left out while n - f remain.
 * With a agents missing and j of them joining, f - (a - j) more can be left out: f - j opponents that turn and those are
 * together the 2f - a heaviest.
 *
 * @returns NaN when more than 2f agents are missing
 */
function mostGain({ actions, at, weights, heaviestFirst, faults }: WeightedRow, restrictive: boolean): number {
  const absent = [0]
  const opposed = [0]
  for (const agent of heaviestFirst) {
    const action = actions[at + agent]
    const sums = action > 3 ? absent : isRestrictive(action) !== restrictive ? opposed : null
    sums?.push(sums[sums.length - 1] + weights[agent])
  }
  const missing = absent.length - 1
  const heaviest = (count: number) => opposed[Math.min(count, opposed.length - 1)]
  let most = Number.NaN
  for (let joining = Math.max(0, missing - faults); joining <= Math.min(faults, missing); joining++) {
    const gain = absent[joining] + heaviest(faults - joining) + heaviest(2 * faults - missing)
    if (!(gain <= most)) most = gain
  }
  return most
}

function isSound(weights: ArrayLike<number>, team: { agentCount: number; faults: number }): boolean {
  const { heaviest, lightest } = extremesOf(weights, team)
  return heaviest < lightest
}

/** What the f heaviest and the n - 2f lightest agents weigh. */
function extremesOf(
  weights: ArrayLike<number>,
  { agentCount, faults }: { agentCount: number; faults: number },
): { heaviest: number; lightest: number } {
  const ascending = Array.from(weights).sort((a, b) => a - b)
  const sum = (some: readonly number[]) => some.reduce((total, weight) => total + weight, 0)
  return {
    heaviest: sum(ascending.slice(Math.max(0, ascending.length - faults))),
    lightest: sum(ascending.slice(0, agentCount - 2 * faults)),
  }
}

function assertSkill(agent: number, skill: number): void {
  if (Number.isFinite(skill) && skill >= 0) return
  throw voteError('SKILL', {
    field: `skills[${agent}]`,
    requirement: 'must be a finite number, 0 or more',
    received: String(skill),
    remedy: 'Use a score such as F1; an agent without any skill has 0',
  })
}
