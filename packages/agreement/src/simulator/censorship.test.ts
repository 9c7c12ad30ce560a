/**
 * Who leads may choose which n - f ballots are counted, and a quiet network drops late ones. What all honest agents want must
 * win all the same, under every rule.
 */

import { DECISION_RULES, type DecisionRule, decideBatch } from '@vigil/vote'
import { describe, expect, test } from 'vitest'
import { victimsOf } from './censorship.ts'
import { Draws } from './draws.ts'
import { BASE_TIMEOUT_MS, type Scenario, scenarioOf } from './scenario.ts'
import { checkingOf, votesOf } from './team.ts'
import { World } from './world.ts'

const RULES = Object.keys(DECISION_RULES) as DecisionRule[]
const RUNS = 300

/** No loss, delays up to a tenth of the time for view 0, every honest agent of one mind on every row, f liars against them. */
function quiet(
  seed: number,
  { faults, rule, leader }: { faults: number; rule: DecisionRule; leader: 'honest' | 'censor' },
): Scenario {
  const agentCount = 3 * faults + 1
  const agents = Array.from({ length: agentCount }, (_, agent) => agent)
  const liars = leader === 'censor' ? agents.slice(0, faults) : agents.slice(-faults)
  return {
    ...scenarioOf(seed),
    agentCount,
    faults,
    rule,
    unanimity: 1,
    batches: 1,
    faulty: liars.map((agent) => ({ agent, behaviours: leader === 'censor' ? ['censor'] : [] })),
    crashes: [],
    partitions: [],
    loss: 0,
    duplication: 0,
    delayMs: BASE_TIMEOUT_MS / 10,
    clockRates: agents.map(() => 1),
    healAtMs: 50 * BASE_TIMEOUT_MS,
    signatures: 'double',
  }
}

describe.each(RULES)('%s', (rule) => {
  test.each([
    ['n = 4, leaders that follow the protocol', 1, 'honest'],
    ['n = 4, a leader that leaves ballots out', 1, 'censor'],
    ['n = 7, leaders that follow the protocol', 2, 'honest'],
    ['n = 7, leaders that leave ballots out', 2, 'censor'],
  ] as const)(`${RUNS} runs, %s: the honest agents win every row`, (_, faults, leader) => {
    let short = 0
    for (let seed = 1; seed <= RUNS; seed++) {
      const outcome = new World(quiet(seed, { faults, rule, leader })).run()
      expect(outcome.violations, `seed ${seed}`).toEqual([])
      expect(outcome.unanimousRows).toBe(3)
      short += outcome.shortBatches
    }
    // Ballots of honest agents are missing in many of them: by lateness, and more by malice.
    expect(short).toBeGreaterThan(leader === 'censor' ? RUNS / 2 : RUNS / 10)
  })
})

test('the victims are at most f honest agents, and each way of choosing them occurs', () => {
  const team = { seed: 5, agentCount: 7, faults: 2, rule: 'weighted' } as const
  const { settings } = checkingOf(team, { batch: 0, verify: () => true })
  const votes = new Map(
    [0, 1, 2, 3, 4].map((agent) => [agent, votesOf({ seed: 5, unanimity: 0 }, { host: agent, batch: 0, lies: false })]),
  )
  const chosen = new Set<string>()
  for (let owner = 0; owner < 100; owner++) {
    const victims = victimsOf(new Draws(5, 'byzantine', owner), votes, settings)
    expect(victims.size).toBeLessThanOrEqual(2)
    for (const agent of victims) expect(votes.has(agent)).toBe(true)
    chosen.add([...victims].sort().join(' '))
  }
  const heaviest = [...votes.keys()].sort((a, b) => settings.decision.weights![b] - settings.decision.weights![a])
  expect(chosen).toContain(heaviest.slice(0, 2).sort().join(' '))
  expect(chosen).toContain('')
  expect(chosen.size).toBeGreaterThan(8)
})

test('the runs would notice: counted against all agents, the same leaders undo a unanimous team', () => {
  const againstAll: typeof decideBatch = (input) => {
    const batch = decideBatch(input)
    for (const row of batch.actions.keys()) {
      const row0 = row * input.agentCount
      const voted = input.actions.subarray(row0, row0 + input.agentCount)
      const votes = voted.filter(
        (action) => action < 4 && (action === 1 || action === 2) === (batch.actions[row] % 3 !== 0),
      )
      if (2 * votes.length <= input.agentCount) batch.decided[row] = 0
    }
    return batch
  }
  for (const leader of ['honest', 'censor'] as const) {
    const lost = Array.from({ length: RUNS }, (_, i) =>
      new World(quiet(i + 1, { faults: 1, rule: 'majority', leader }), { mutation: { count: againstAll } }).run(),
    ).filter(({ violations }) => violations.some(({ check }) => check === 'unanimity'))
    expect(lost.length).toBeGreaterThan(RUNS / 10)
  }
})
