/** `majority` and `quorum`: agents are counted. */
import { quorumSize } from '../quorum.ts'
import type { Ballots, Judge, Winner } from './verdict.ts'

/** A class wins with more than half of all agents, those that did not vote included. Margin: votes between the classes. */
export function majorityJudge(ballots: Ballots): Judge {
  return countJudge(ballots, Math.floor(ballots.agentCount / 2) + 1)
}

/** A class wins with 2f + 1 votes and more than the other. Margin: votes between the classes. */
export function quorumJudge(ballots: Ballots): Judge {
  return countJudge(ballots, quorumSize(ballots.agentCount, ballots.faults))
}

function countJudge({ agentCount, faults, actions }: Ballots, needed: number): Judge {
  const winnerOf = (restrictive: number, permissive: number): Winner => {
    if (restrictive >= needed && restrictive > permissive) return 'restrictive'
    return permissive >= needed && permissive > restrictive ? 'permissive' : 'none'
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

/** The winners of all pairs of counts that differ from this one by at most f agents' votes. */
function winnersWithin(
  from: { restrictive: number; permissive: number; agentCount: number; faults: number },
  winnerOf: (restrictive: number, permissive: number) => Winner,
): Set<Winner> {
  const winners = new Set<Winner>()
  const { agentCount, faults } = from
  for (
    let restrictive = Math.max(0, from.restrictive - faults);
    restrictive <= from.restrictive + faults;
    restrictive++
  ) {
    for (let permissive = Math.max(0, from.permissive - faults); permissive <= from.permissive + faults; permissive++) {
      const absent = agentCount - restrictive - permissive
      if (absent < 0) continue
      const absentBefore = agentCount - from.restrictive - from.permissive
      // Who is new in one group has left another: the newcomers are the agents that changed.
      const changed =
        Math.max(0, restrictive - from.restrictive) +
        Math.max(0, permissive - from.permissive) +
        Math.max(0, absent - absentBefore)
      if (changed <= faults) winners.add(winnerOf(restrictive, permissive))
    }
  }
  return winners
}
