import { describe, expect, test } from 'vitest'
import { Ballots } from './ballots.ts'
import { ballotOf } from './team.fixture.ts'

/** What a leader of four does with ballots that come one after another; null = it waits. */
function afterEach(agents: readonly number[], away: readonly number[]): (number[] | null)[] {
  const ballots = new Ballots({ agentCount: 4, faults: 1 }, new Set(away))
  return agents.map((agent) => {
    ballots.put(ballotOf(agent))
    return ballots.gathered(() => undefined)?.map((ballot) => ballot.agent) ?? null
  })
}

describe('a leader', () => {
  test('waits for all agents but those that are away', () => {
    expect(afterEach([0, 2, 1, 3], [])).toEqual([null, null, null, [0, 1, 2, 3]])
    expect(afterEach([0, 2, 1], [3])).toEqual([null, null, [0, 1, 2]])
    expect(afterEach([0, 2, 1], [2])).toEqual([null, null, null])
  })

  test('counts the ballot of an agent that was thought to be away', () => {
    expect(afterEach([0, 3, 2, 1], [3])).toEqual([null, null, null, [0, 1, 2, 3]])
  })

  test('never does with the ballots of fewer than n - f, however many are away', () => {
    expect(afterEach([0, 1], [2, 3])).toEqual([null, null])
    expect(afterEach([0, 1, 2], [2, 3])).toEqual([null, null, [0, 1, 2]])
    const late = new Ballots({ agentCount: 4, faults: 1 }, new Set([2, 3]))
    for (const agent of [0, 1]) late.put(ballotOf(agent))
    late.stopWaiting()
    expect(late.gathered(() => undefined)).toBeNull()
  })
})
