/** `majority` and `quorum`: the m ballots that are there are counted, n - f <= m <= n; with fewer there is no decision. */
import { ballotsNeeded, quorumSize } from './quorum.ts'
import type { Ballots, Judge, Winner } from './verdict.ts'

/** A class wins with more than half of the m ballots. Margin: votes between the classes. */
export function majorityJudge(ballots: Ballots): Judge {
  return countJudge(ballots, (counted) => Math.floor(counted / 2) + 1)
}

/** A class wins with 2f + 1 votes less one for every ballot that is missing, and more than the other. Margin: votes between the classes. */
export function quorumJudge(ballots: Ballots): Judge {
  const { agentCount, faults } = ballots
  const quorum = quorumSize(agentCount, faults)
  return countJudge(ballots, (counted) => quorum - (agentCount - counted))
}

function countJudge({ agentCount, faults, actions }: Ballots, neededOf: (counted: number) => number): Judge {
  const least = ballotsNeeded(agentCount, faults)
  const winnerOf = (restrictive: number, permissive: number): Winner => {
    const counted = restrictive + permissive
    if (counted < least || restrictive === permissive) return 'none'
    if (Math.max(restrictive, permissive) < neededOf(counted)) return 'none'
    return restrictive > permissive ? 'restrictive' : 'permissive'
  }
  // Everything but the action follows from two counts, and few pairs of them occur.
  const reached = new Map<number, Set<Winner>>()
  return (at, verdict) => {
    verdict.support.fill(0)
    for (let agent = at; agent < at + agentCount; agent++) if (actions[agent] < 4) verdict.support[actions[agent]]++
    const restrictive = verdict.support[1] + verdict.support[2]
    const permissive = verdict.support[0] + verdict.support[3]
    const key = restrictive * 256 + permissive
    let winners = reached.get(key)
    if (winners === undefined) {
      winners = winnersWithin({ restrictive, permissive, agentCount, faults }, winnerOf)
      reached.set(key, winners)
    }
    verdict.winner = winnerOf(restrictive, permissive)
    verdict.margin = Math.abs(restrictive - permissive)
    verdict.reachable.restrictive = winners.has('restrictive')
    verdict.reachable.permissive = winners.has('permissive')
    verdict.reachable.none = winners.has('none')
  }
}

/**
 * The winners of all pairs of counts that f liars and a leader that leaves ballots out can bring about: those that differ
 * from this one by f agents' votes, and those that follow by taking ballots away while n - f are left.
 */
function winnersWithin(
  from: { restrictive: number; permissive: number; agentCount: number; faults: number },
  winnerOf: (restrictive: number, permissive: number) => Winner,
): Set<Winner> {
  const { agentCount, faults } = from
  const winners = new Set<Winner>()
  const least = ballotsNeeded(agentCount, faults)
  const absentBefore = agentCount - from.restrictive - from.permissive
  const width = agentCount + 2
  const isInReach = new Uint8Array(width * width)
  for (let counted = agentCount; counted >= 0; counted--) {
    for (let restrictive = 0; restrictive <= counted; restrictive++) {
      const permissive = counted - restrictive
      const at = restrictive * width + permissive
      // Who is new in one group has left another: the newcomers are the agents that changed.
      const changed =
        Math.max(0, restrictive - from.restrictive) +
        Math.max(0, permissive - from.permissive) +
        Math.max(0, agentCount - counted - absentBefore)
      const isLeftOut = counted >= least && (isInReach[at + width] === 1 || isInReach[at + 1] === 1)
      if (changed > faults && !isLeftOut) continue
      isInReach[at] = 1
      winners.add(winnerOf(restrictive, permissive))
    }
  }
  return winners
}
