import { describe, expect, test } from 'vitest'
import { MUTANTS } from './mutants.fixture.ts'
import { playAll, runTwins, type TwinsScenario, twinsKeys, twinsScenarios } from './twins.fixture.ts'

describe('every Twins scenario of four agents', () => {
  test.each([
    [3, 2, 1, 25_740],
    [2, 3, 1, 2853],
  ] as const)('%i rounds, up to %i sets, %i divisions: nothing is violated', (rounds, setsMax, divisions, count) => {
    expect(playAll({ rounds, setsMax, divisions })).toBe(count)
  })

  test('all are there once, up to names: their images are all choices of leaders and divisions', () => {
    // One round: 4 leaders, 16 divisions into at most two sets. By Burnside's lemma over the 12 renamings.
    expect([...twinsScenarios({ rounds: 1, setsMax: 2, divisions: 1 })].length).toBe(orbits(1))
    expect([...twinsScenarios({ rounds: 2, setsMax: 2, divisions: 1 })].length).toBe(orbits(2))
  })
})

test.each(['lock not carried into the next view', 'votes for two proposals of a view', 'quorum of 2f'] as const)(
  'Twins catch the mutant: %s',
  (name) => {
    expect(firstViolation(name)).not.toBeNull()
  },
)

function firstViolation(name: keyof typeof MUTANTS): TwinsScenario | null {
  const mutation = MUTANTS[name]
  const keys = twinsKeys(mutation)
  for (const scenario of twinsScenarios({ rounds: 2, setsMax: 2, divisions: 2 })) {
    if (runTwins(scenario, { keys, mutation }).length > 0) return scenario
  }
  return null
}

/** Classes of sequences of `rounds` rounds: the mean number of sequences that a renaming leaves as they are. */
function orbits(rounds: number): number {
  const orders = [
    [1, 2, 3],
    [1, 3, 2],
    [2, 1, 3],
    [2, 3, 1],
    [3, 1, 2],
    [3, 2, 1],
  ]
  let fixed = 0
  for (const order of orders) {
    for (const twins of [
      [0, 4],
      [4, 0],
    ]) {
      const hosts = [twins[0], ...order, twins[1]]
      const leaders = [0, ...order].filter((leader, i) => leader === i).length
      // Divisions into at most two sets are subsets up to complement.
      const divisions = Array.from({ length: 32 }, (_, subset) => subset).filter((subset) => {
        const image = hosts.reduce((sum, host, i) => sum | (((subset >> host) & 1) << i), 0)
        return image === subset || image === 31 - subset
      })
      fixed += ((leaders * divisions.length) / 2) ** rounds
    }
  }
  return fixed / 12
}
