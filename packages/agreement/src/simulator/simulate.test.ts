/** What the scenarios hold, and that with more faulty agents than allowed the checks fire. Long runs: simulate.slow.test.ts. */
import { describe, expect, test } from 'vitest'
import type { Message } from '../protocol/messages.ts'
import { type Claimed, claimed, NO_DIGEST, NO_LOCK } from '../protocol/statement.ts'
import { BEHAVIOURS, type BehaviourName } from './behaviours.ts'
import { culpritsOf } from './culprits.fixture.ts'
import { MUTANTS } from './mutants.fixture.ts'
import { partsOf, type Scenario, scenarioOf, without } from './scenario.ts'
import { commandOf, simulate } from './simulate.ts'
import { checkingOf, keysOf } from './team.ts'
import { World } from './world.ts'

describe('at most f faulty agents', () => {
  test('the scenarios hold everything that can go wrong, and never too much', () => {
    const scenarios = Array.from({ length: 2000 }, (_, i) => scenarioOf(i + 1))
    for (const { agentCount, faults, faulty, crashes } of scenarios) {
      const unsound = new Set([...faulty, ...crashes.filter(({ lost }) => lost)].map(({ agent }) => agent))
      expect(unsound.size).toBeLessThanOrEqual(faults)
      expect(agentCount).toBeGreaterThanOrEqual(3 * faults + 1)
    }
    const behaviours = scenarios.flatMap(({ faulty }) => faulty.flatMap((liar) => liar.behaviours))
    expect(new Set(behaviours)).toEqual(new Set(Object.keys(BEHAVIOURS)))
    expect(new Set(scenarios.map(({ faults }) => faults))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
    expect(Math.max(...scenarios.map(({ agentCount }) => agentCount))).toBe(31)
    expect(new Set(scenarios.flatMap(({ partitions }) => partitions.map(({ cut }) => cut))).size).toBe(3)
    expect(new Set(scenarios.flatMap(({ crashes }) => crashes.map(({ lost }) => lost))).size).toBe(2)
  })

  test('a seed is a run', () => {
    for (const seed of [2, 30, 75]) {
      expect(new World(scenarioOf(seed)).run()).toEqual(new World(scenarioOf(seed)).run())
    }
  })
})

describe('f + 1 faulty agents', () => {
  const behaviours: BehaviourName[] = ['equivocal-leader', 'collusion', 'double-vote', 'amnesia', 'fork']

  test('can make the others disagree; then more than f of them, and nobody else, are provably guilty', () => {
    let disagreements = 0
    for (let seed = 1; seed <= 1000; seed++) {
      const drawn = scenarioOf(seed, { faultsMax: seed % 2 === 0 ? 1 : 3, doubleEvery: 1 })
      const liars = Array.from({ length: drawn.faults + 1 }, (_, agent) => agent)
      const scenario: Scenario = {
        ...drawn,
        batches: 1,
        // What so many liars can do to a unanimous team is not the question here, and would end the run.
        unanimity: 0,
        crashes: [],
        faulty: liars.map((agent) => ({ agent, behaviours })),
      }
      const received: Message[] = []
      const { violations } = new World(scenario, { listener: ({ message }) => received.push(message) }).run()
      if (violations.every(({ check }) => check !== 'agreement')) continue
      disagreements++
      const culprits = culpritsOf(received, checkingOf(scenario, { batch: 0, verify: keysOf(scenario).verify }))
      expect(culprits.length).toBeGreaterThan(scenario.faults)
      expect(liars).toEqual(expect.arrayContaining(culprits))
    }
    expect(disagreements).toBeGreaterThan(3)
  })

  test('who forgets a lock from one view to the next is guilty of it', () => {
    const team = { seed: 1, agentCount: 4, faults: 1, rule: 'quorum', signatures: 'double' } as const
    const { signs, verify } = keysOf(team)
    const checking = checkingOf(team, { batch: 0, verify })
    const sign = (agent: number, statement: Claimed) => signs[agent]({ ...checking.settings.domain, ...statement })
    const committed = (view: number, digest: string, agents: readonly number[]): Message => {
      const signatures = agents.map((agent) => ({ agent, signature: sign(agent, claimed('commit', view, digest)) }))
      return { type: 'committed', certificate: { phase: 'commit', view, digest, signatures }, value: [] }
    }
    const statuses = [0, 1, 3].map((agent): Message => {
      const statement: Claimed = { kind: 'status', view: 1, digest: NO_DIGEST, lockView: NO_LOCK }
      const claim = { agent, view: 1, digest: NO_DIGEST, lockView: NO_LOCK, signature: sign(agent, statement) }
      return { type: 'status', claim, seen: null, lock: null, value: [] }
    })
    const received = [committed(0, 'a', [0, 1, 2]), ...statuses, committed(1, 'b', [0, 1, 3])]
    expect(culpritsOf(received, checking)).toEqual([0, 1])
    // Without their signatures the same statements show nothing.
    const unsigned = received.map((message) =>
      message.type === 'status' ? { ...message, claim: { ...message.claim, signature: '' } } : message,
    )
    expect(culpritsOf(unsigned, checking)).toEqual([])
  })
})

describe('a failure', () => {
  const mutation = MUTANTS['lock not carried into the next view']

  test('is shrunk, and repeats with the parts that it names', () => {
    const { failure } = simulate({ seed: 1, runs: 200, mutation })
    expect(failure).not.toBeNull()
    const { seed, without: left, outcome } = failure!
    expect(left.length).toBeGreaterThan(0)
    expect(commandOf(failure!)).toBe(
      `npx nx run consensus:simulate --runs=1 --seed=${seed} --without=${left.join(',')}`,
    )
    const again = simulate({ seed, runs: 1, without: left, mutation })
    expect(again.failure!.outcome.violations).toEqual(outcome.violations)
    // No single part more can be left out.
    for (const part of partsOf(failure!.scenario).filter((name) => name.startsWith('partition'))) {
      const fewer = new World(without(failure!.scenario, [part]), { mutation }).run()
      expect(fewer.violations.some(({ check }) => check === outcome.violations[0].check)).toBe(false)
    }
  })
})
