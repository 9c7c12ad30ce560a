import { VigilError } from '@vigil/errors'
import { philox } from '@vigil/random'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileConstraints } from './constraints.ts'
import type { EnvironmentSpec } from './environment-spec.ts'
import { assertLaneStates } from './lane-state.ts'
import { openLanes, SPEC, type World } from './lanes.fixture.ts'
import { compileEnvironment } from './module.ts'
import { DEFAULT_REWARDS } from './reward-table.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

const open = (spec: EnvironmentSpec, world: World, laneCount = 1) => openLanes(module, { spec, world, laneCount })

const WORLD: World = { labels: [0, 1, 0, 0, 1, 0], streams: [[4, 0, 2], [1], [3, 5]] }

describe('stream episodes', () => {
  it('walk each stream from its first row to its last and terminate there', () => {
    const env = open(SPEC, WORLD)
    const seen: number[][] = [[]]
    for (let t = 0; t < 400; t++) {
      seen[seen.length - 1].push(env.observe().rows[0])
      const outcome = env.step([0, 0, 0, 0])
      expect(outcome.truncated).toEqual([0])
      if (outcome.terminated[0]) seen.push([])
    }
    const visits = new Map<string, number>()
    for (const episode of seen.slice(0, -1)) visits.set(`${episode}`, (visits.get(`${episode}`) ?? 0) + 1)
    expect([...visits.keys()].sort()).toEqual(['1', '3,5', '4,0,2'])
    for (const count of visits.values()) expect(count).toBeGreaterThan(40)
  })

  it('are truncated at the time limit, go on in the same stream, and show what would have come next', () => {
    const env = open({ ...SPEC, episodeSteps: 2 }, { labels: [0, 0, 0, 0, 0], streams: [[0, 1, 2, 3, 4]] })
    const expected = [
      { row: 0, terminated: 0, truncated: 0, next: 1 },
      { row: 1, terminated: 0, truncated: 1, next: 2 },
      { row: 2, terminated: 0, truncated: 0, next: 3 },
      { row: 3, terminated: 0, truncated: 1, next: 4 },
      { row: 4, terminated: 1, truncated: 0, next: 4 },
      { row: 0, terminated: 0, truncated: 0, next: 1 },
    ]
    for (const { row, terminated, truncated, next } of expected) {
      expect(env.observe().rows).toEqual([row])
      const outcome = env.step([1, 1, 1, 1])
      expect({ terminated: outcome.terminated[0], truncated: outcome.truncated[0] }).toEqual({ terminated, truncated })
      expect(outcome.nextRows).toEqual([next])
    }
  })

  it('carry the moving average of the team decisions until the episode ends', () => {
    const env = open({ ...SPEC, episodeSteps: 3 }, { labels: [0, 0, 0, 0, 0, 0], streams: [[0, 1, 2, 3, 4, 5]] })
    const averages = [0, 0, 0, 0]
    for (const [t, action] of [2, 2, 0, 1].entries()) {
      if (t === 3) averages.fill(0)
      for (const [a, value] of env.observe().context.entries()) expect(value).toBeCloseTo(averages[a], 6)
      const outcome = env.step([action, action, action, 3])
      for (let a = 0; a < 4; a++) averages[a] += ((a === action ? 1 : 0) - averages[a]) / 16
      for (let a = 0; a < 4; a++) expect(outcome.nextContext[a]).toBeCloseTo(averages[a], 6)
    }
  })
})

describe('iid episodes', () => {
  it('draw the rows of the split uniformly, independently of the actions', () => {
    const world = {
      labels: [0, 0, 0, 0, 0, 0, 0, 1],
      streams: [
        [1, 3],
        [5, 7],
      ],
    }
    const env = open({ ...SPEC, mode: 'iid' }, world, 8)
    const other = open({ ...SPEC, mode: 'iid' }, world, 8)
    const counts = new Map<number, number>()
    for (let t = 0; t < 500; t++) {
      const { rows, context } = env.observe()
      expect(context).toEqual([])
      expect(other.observe().rows).toEqual(rows)
      for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1)
      expect(env.step(new Array(32).fill(t % 4)).terminated).toEqual(new Array(8).fill(0))
      other.step(new Array(32).fill((t + 1) % 4))
    }
    expect([...counts.keys()].sort()).toEqual([1, 3, 5, 7])
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })

  it('follow Philox(seed, environment)(step, lane)', () => {
    const env = open({ ...SPEC, mode: 'iid', seed: 9 }, { labels: [0, 0, 0], streams: [[0, 1, 2]] }, 3)
    const word = new Uint32Array(4)
    for (let t = 0; t < 20; t++) {
      const expected = [0, 1, 2].map((lane) => {
        philox([9, 1], [t, 0, lane, 0], word)
        return Math.floor((word[0] / 2 ** 32) * 3)
      })
      expect(env.observe().rows).toEqual(expected)
      env.step(new Array(12).fill(0))
    }
  })
})

const action = fc.integer({ min: 0, max: 3 })
const amount = fc.integer({ min: -20, max: 20 }).map((n) => n / 2)
const settings = fc
  .record({
    agentCount: fc.integer({ min: 1, max: 10 }),
    attribution: fc.constantFrom('own', 'consensus' as const),
    rule: fc.constantFrom('majority', 'quorum' as const),
    fallbackAction: action,
    rewardWeights: fc.constantFrom([1, 1] as const, [1.5, 0.25] as const),
    teamBonus: fc.constantFrom(0, 0.2),
    rewards: fc.record({
      truePositive: amount,
      trueNegative: amount,
      falsePositive: amount,
      falseNegative: amount,
      restrictiveCost: amount,
      alertCost: amount,
      alertedThreat: fc.constantFrom(0, 0.25, 0.5, 1),
    }),
    label: fc.integer({ min: 0, max: 1 }),
  })
  .chain((s) =>
    fc.record({
      spec: fc.constant({ ...SPEC, ...s, faults: Math.floor((s.agentCount - 1) / 3) } as EnvironmentSpec),
      label: fc.constant(s.label),
      actions: fc.array(action, { minLength: s.agentCount, maxLength: s.agentCount }),
      weights: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 4 * s.agentCount, maxLength: 4 * s.agentCount }),
    }),
  )

describe('rewards', () => {
  it('equal the definition, for every table, attribution, rule and bonus', () => {
    fc.assert(
      fc.property(settings, ({ spec, label, actions, weights }) => {
        const env = open(spec, { labels: [label], streams: [[0]] })
        const pi = weights.map((w, i) => w / weights.slice(4 * (i >> 2), 4 * (i >> 2) + 4).reduce((a, b) => a + b))
        const outcome = env.step(actions, pi)
        expect(outcome.actions).toEqual(actions)
        expect(outcome.teamActions[0]).toBe(voteOracle(spec, actions))
        for (let agent = 0; agent < spec.agentCount; agent++) {
          expect(outcome.rewards[agent]).toBeCloseTo(rewardOracle(spec, label, actions, agent), 4)
          let expected = 0
          for (let a = 0; a < 4; a++) {
            expected += pi[4 * agent + a] * rewardOracle(spec, label, actions.with(agent, a), agent)
          }
          expect(outcome.expected[agent]).toBeCloseTo(expected, 3)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('lanes', () => {
  it('are the same whether they step together or apart', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 64, maxLength: 64 }), (actions) => {
        const together = open({ ...SPEC, agentCount: 1, faults: 0, episodeSteps: 2 }, WORLD, 4)
        const again = open({ ...SPEC, agentCount: 1, faults: 0, episodeSteps: 2 }, WORLD, 2)
        for (let t = 0; t < 16; t++) {
          const four = actions.slice(4 * t, 4 * t + 4)
          expect(together.observe().rows.slice(0, 2)).toEqual(again.observe().rows)
          together.step(four)
          again.step(four.slice(0, 2))
        }
        expect(together.save().slice(0, again.save().length)).toEqual(again.save())
      }),
      { numRuns: 20 },
    )
  })
})

describe('assertLaneStates', () => {
  const environment = { ...SPEC, agentCount: 1, faults: 0 }
  const run = { laneCount: 3, environment, constraints: compileConstraints(environment), rowCount: 6 }
  const saved = () => {
    const env = open(environment, WORLD, 3)
    for (let t = 0; t < 5; t++) env.step([0, 1, 2])
    return env.save()
  }
  const words = (state: Uint8Array) => new Uint32Array(state.buffer)

  it('accepts what an environment saved', () => {
    expect(() => assertLaneStates(saved(), run)).not.toThrow()
  })

  it.each([
    ['a position behind the split', (state: Uint8Array) => words(state).set([6], 4)],
    ['a stream that ends before its position', (state: Uint8Array) => words(state).set([0], 5)],
    ['a stream that ends behind the split', (state: Uint8Array) => words(state).set([7], 5)],
    ['a context that is no number', (state: Uint8Array) => new Float32Array(state.buffer).set([Number.NaN], 7)],
  ])('refuses %s', (_, damage) => {
    const state = saved()
    damage(state)
    expect(() => assertLaneStates(state, run)).toThrow(/^The saved state of lane 0/)
  })

  it('refuses another number of lanes', () => {
    expect(() => assertLaneStates(saved().subarray(1), run)).toThrow(/belong to another configuration/)
  })
})

describe('writeEnvironmentPlan', () => {
  it.each([
    [{ faults: 2 }, /faults/],
    [{ seed: -1 }, /seed/],
    [{ fallbackAction: 4 }, /fallbackAction/],
    [{ teamBonus: Number.NaN }, /teamBonus/],
    [{ rewards: { ...DEFAULT_REWARDS, truePositive: Number.POSITIVE_INFINITY } }, /truePositive/],
    [{ rewards: { ...DEFAULT_REWARDS, alertCost: Number.NaN } }, /alertCost/],
    [{ rewards: { ...DEFAULT_REWARDS, alertedThreat: 1.5 } }, /alertedThreat/],
    [{ rewards: { ...DEFAULT_REWARDS, alertedThreat: -0.5 } }, /alertedThreat/],
    [{ rewardWeights: [1, Number.NaN] as const }, /rewardWeights/],
    [{ rewardWeights: [-1, 1] as const }, /rewardWeights/],
  ])('refuses %j', (change, message) => {
    expect(() => open({ ...SPEC, ...change }, WORLD)).toThrow(message)
    expect(() => open({ ...SPEC, ...change }, WORLD)).toThrow(VigilError)
  })
})

function voteOracle(spec: EnvironmentSpec, actions: readonly number[]): number {
  const needed = spec.rule === 'majority' ? Math.floor(spec.agentCount / 2) + 1 : 2 * spec.faults + 1
  for (const group of [
    [1, 2],
    [0, 3],
  ]) {
    const votes = actions.filter((a) => group.includes(a))
    if (votes.length < needed || 2 * votes.length <= actions.length) continue
    const first = votes.filter((a) => a === group[0]).length
    return first >= votes.length - first ? group[0] : group[1]
  }
  return spec.fallbackAction
}

function rewardOracle(spec: EnvironmentSpec, label: number, actions: readonly number[], agent: number): number {
  const paid = spec.attribution === 'own' ? actions[agent] : voteOracle(spec, actions)
  const restrictive = (a: number) => a === 1 || a === 2
  const { truePositive, trueNegative, falsePositive, falseNegative, restrictiveCost } = spec.rewards
  const { alertCost, alertedThreat } = spec.rewards
  const prevented = paid === 3 ? alertedThreat * (truePositive - falseNegative) : 0
  const table = restrictive(paid)
    ? (label ? truePositive : falsePositive) - restrictiveCost
    : (label ? falseNegative + prevented : trueNegative) - (paid === 3 ? alertCost : 0)
  const right = actions.filter((a) => restrictive(a) === (label === 1)).length
  const agreed = new Set(actions.map(restrictive)).size === 1 ? 1 : 0
  return (spec.rewardWeights ?? [1, 1])[label] * table + spec.teamBonus * (agreed + (2 * right) / actions.length)
}
