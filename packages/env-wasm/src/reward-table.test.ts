import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileConstraints } from './constraints.ts'
import { type EnvironmentSpec, PLAIN_ENVIRONMENT } from './environment-spec.ts'
import { compileEnvironment, type EnvironmentExports, instantiateEnvironment } from './module.ts'
import { writeEnvironmentPlan } from './plan.ts'
import {
  actionBands,
  actionRewards,
  BEST_ACTION_NAMES,
  bandsInWords,
  bestAction,
  bestConstant,
  DEFAULT_REWARDS,
  meanReward,
  REWARD_PRESETS,
  type RewardTable,
  rightShareNeeded,
} from './reward-table.ts'

const amount = fc.integer({ min: -20, max: 20 }).map((n) => n / 2)
const tables: fc.Arbitrary<RewardTable> = fc.record({
  truePositive: amount,
  trueNegative: amount,
  falsePositive: amount,
  falseNegative: amount,
  restrictiveCost: amount,
  alertCost: fc.oneof(amount, fc.constant(0)),
  alertedThreat: fc.integer({ min: 0, max: 4 }).map((n) => n / 4),
})
const ZERO: RewardTable = {
  truePositive: 0,
  trueNegative: 0,
  falsePositive: 0,
  falseNegative: 0,
  restrictiveCost: 0,
  alertCost: 0,
  alertedThreat: 0,
}

const ACTIONS = ['allow', 'block', 'quarantine', 'alert'] as const

/** What an action pays on an event that is a threat with probability p, from the definition. */
function pays(action: (typeof ACTIONS)[number], p: number, table: RewardTable): number {
  const { truePositive, trueNegative, falsePositive, falseNegative, restrictiveCost, alertCost, alertedThreat } = table
  if (action === 'allow') return p * falseNegative + (1 - p) * trueNegative
  if (action === 'alert') {
    const threat = falseNegative + alertedThreat * (truePositive - falseNegative)
    return p * threat + (1 - p) * trueNegative - alertCost
  }
  return p * truePositive + (1 - p) * falsePositive - restrictiveCost
}

describe('actionRewards', () => {
  const PLAN = 65536
  let memory: WebAssembly.Memory
  let env: EnvironmentExports
  beforeAll(async () => {
    memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
    env = instantiateEnvironment(await compileEnvironment(), memory)
  })

  it('are the definition, and what the environment pays, for every table', () => {
    fc.assert(
      fc.property(tables, (rewards) => {
        const rule = { agentCount: 1, rule: 'majority', faults: 0, fallbackAction: 0 } as const
        const spec: EnvironmentSpec = { ...PLAIN_ENVIRONMENT, ...rule, rewards }
        const split = { rows: 0, rowCount: 1, streamStarts: 0, streamCount: 1, labels: 0, constraints: 0 }
        writeEnvironmentPlan({ spec, constraints: compileConstraints(spec) }, split, {
          buffer: memory.buffer,
          at: PLAN,
        })
        for (const label of [0, 1]) {
          for (const [action, name] of ACTIONS.entries()) {
            // Amounts are halves and shares quarters: every sum is exact, in f32 as well.
            expect(actionRewards(rewards)[label][action]).toBe(pays(name, label, rewards))
            expect(env.tableReward(PLAN, label, action)).toBe(actionRewards(rewards)[label][action])
          }
        }
      }),
    )
  })
})

describe('meanReward', () => {
  const none = { tp: 0, tn: 0, fp: 0, fn: 0, threatAlerts: 0, benignAlerts: 0 }

  it.each([
    [{ tp: 1 }, 8.5],
    [{ tn: 1 }, 1],
    [{ fp: 1 }, -9.5],
    [{ fn: 1 }, -10],
    [{ fn: 1, threatAlerts: 1 }, -2],
    [{ tn: 1, benignAlerts: 1 }, -1],
    [{ tp: 1, tn: 2, fp: 3, fn: 4 }, (8.5 + 2 - 28.5 - 40) / 10],
    [{ tp: 1, tn: 2, fp: 3, fn: 4, threatAlerts: 3, benignAlerts: 1 }, (8.5 + 0 - 28.5 - 16) / 10],
    [{}, 0],
  ])('of %j under the default table is %d', (counts, expected) => {
    expect(meanReward({ ...none, ...counts }, DEFAULT_REWARDS)).toBeCloseTo(expected, 12)
  })

  it('is the same for counts and for shares', () => {
    const shares = { tp: 0.1, tn: 0.2, fp: 0.3, fn: 0.4, threatAlerts: 0.2, benignAlerts: 0.1 }
    const counts = { tp: 1, tn: 2, fp: 3, fn: 4, threatAlerts: 2, benignAlerts: 1 }
    for (const table of Object.values(REWARD_PRESETS)) {
      expect(meanReward(shares, table)).toBeCloseTo(meanReward(counts, table), 12)
    }
  })

  it('pays alerts what allow pays in the earlier table', () => {
    const counts = { tp: 5, tn: 20, fp: 3, fn: 4, threatAlerts: 0, benignAlerts: 0 }
    const alerted = { ...counts, threatAlerts: 4, benignAlerts: 20 }
    expect(meanReward(alerted, REWARD_PRESETS.earlier)).toBe(meanReward(counts, REWARD_PRESETS.earlier))
  })
})

describe('bestAction', () => {
  it('earns at least what every action earns, and intrudes least of those that earn as much', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 0, max: 64 }), (table, n) => {
        const p = n / 64 // exact, so that equal is equal
        const earned = (['allow', 'alert', 'block'] as const).map((name) => ({ name, reward: pays(name, p, table) }))
        const most = Math.max(...earned.map(({ reward }) => reward))
        const expected = earned.find(({ reward }) => reward === most)!.name
        expect(BEST_ACTION_NAMES[bestAction(p, table)]).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('actionBands', () => {
  const bands = (table: RewardTable) =>
    actionBands(table).map(({ action, from, to }) => [BEST_ACTION_NAMES[action], from, to])

  it('of the default table give each action one', () => {
    const [alert, block] = [0.2, 8.5 / 19]
    expect(bands(DEFAULT_REWARDS)).toEqual([
      ['allow', 0, expect.closeTo(alert, 12)],
      ['alert', expect.closeTo(alert, 12), expect.closeTo(block, 12)],
      ['block', expect.closeTo(block, 12), 1],
    ])
  })

  it.each([
    [1, 0.5],
    [2, 0.5],
    [0.5, 0.25],
    [3, 0.75],
  ])('with alert cost c = %d and worth s = %d put alert from c / 20s to (10.5 - c) / (29 - 20s)', (c, s) => {
    const [, alert] = bands({ ...DEFAULT_REWARDS, alertCost: c, alertedThreat: s })
    expect(alert).toEqual(['alert', expect.closeTo(c / (20 * s), 12), expect.closeTo((10.5 - c) / (29 - 20 * s), 12)])
  })

  it.each<[string, RewardTable, (string | number)[][]]>([
    ['a table of zeros', ZERO, [['allow', 0, 1]]],
    [
      'the earlier table',
      REWARD_PRESETS.earlier,
      [
        ['allow', 0, 5.05 / 16],
        ['block', 5.05 / 16, 1],
      ],
    ],
    [
      'alerts that are worth nothing',
      { ...DEFAULT_REWARDS, alertedThreat: 0 },
      [
        ['allow', 0, 10.5 / 29],
        ['block', 10.5 / 29, 1],
      ],
    ],
    [
      'alerts that are too dear',
      { ...DEFAULT_REWARDS, alertCost: 100 },
      [
        ['allow', 0, 10.5 / 29],
        ['block', 10.5 / 29, 1],
      ],
    ],
    ['alerts that are paid for', { ...DEFAULT_REWARDS, alertCost: -100 }, [['alert', 0, 1]]],
    ['free alerts that prevent all damage', { ...DEFAULT_REWARDS, alertCost: 0, alertedThreat: 1 }, [['alert', 0, 1]]],
    ['a reward for blocking', { ...ZERO, restrictiveCost: -1 }, [['block', 0, 1]]],
    ['a price for blocking', { ...ZERO, restrictiveCost: 1 }, [['allow', 0, 1]]],
    [
      'a table that rewards blocking the benign',
      { ...ZERO, falsePositive: 1, falseNegative: 3 },
      [
        ['block', 0, 0.25],
        ['allow', 0.25, 1],
      ],
    ],
    // All three earn -10/3 at a third: alert touches the edge in one point, and rounding must make no band of it.
    [
      'three lines through one point',
      { ...ZERO, truePositive: 2, falsePositive: -1, alertedThreat: 0.5, alertCost: 1 / 3 },
      [
        ['allow', 0, 1 / 3],
        ['block', 1 / 3, 1],
      ],
    ],
  ])('of %s', (_, table, expected) => {
    expect(bands(table)).toEqual(
      expected.map((band) => band.map((v) => (typeof v === 'number' ? expect.closeTo(v, 12) : v))),
    )
  })

  it('are where brute force finds each action best, for every table', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const found = actionBands(table)
        expect(found[0].from).toBe(0)
        expect(found.at(-1)!.to).toBe(1)
        expect(new Set(found.map(({ action }) => action)).size).toBe(found.length)
        for (const [i, { from, to }] of found.entries()) {
          expect(to).toBeGreaterThan(from)
          if (i > 0) expect(from).toBe(found[i - 1].to)
        }
        for (let n = 0; n <= 997; n++) {
          const p = n / 997
          const near = found.some(({ from }) => Math.abs(p - from) < 1e-9)
          const band = found.find(({ from, to }) => from <= p && p <= to)!
          const earned = pays(BEST_ACTION_NAMES[band.action], p, table)
          const most = Math.max(...ACTIONS.map((name) => pays(name, p, table)))
          expect(Math.abs(most - earned)).toBeLessThan(1e-8)
          if (!near && n > 0 && n < 997) expect(bestAction(p, table)).toBe(band.action)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('bandsInWords', () => {
  it.each<[RewardTable, string]>([
    [DEFAULT_REWARDS, 'allow pays most below a threat probability of 0.2, alert up to 0.447, block above'],
    [REWARD_PRESETS.earlier, 'allow pays most below a threat probability of 0.316, block above'],
    [ZERO, 'allow pays most whatever the threat probability'],
  ])('of %j', (table, words) => {
    expect(bandsInWords(table)).toBe(words)
  })
})

describe('bestConstant', () => {
  it('is the constant policy that earns most', () => {
    expect(bestConstant(0.1093, DEFAULT_REWARDS)).toEqual({ action: 0, reward: expect.closeTo(1 - 11 * 0.1093, 12) })
    expect(bestConstant(0.3, DEFAULT_REWARDS)).toEqual({ action: 3, reward: expect.closeTo(-1.3, 12) })
    expect(bestConstant(0.5, DEFAULT_REWARDS)).toEqual({ action: 1, reward: expect.closeTo(-0.5, 12) })
  })
})

describe('rightShareNeeded', () => {
  it('is 85.31 % with the default table at 8.9 % threats', () => {
    expect(rightShareNeeded(0.089, DEFAULT_REWARDS)).toBeCloseTo(0.8531, 4)
  })

  it('is null where alerting everything earns more than being right', () => {
    expect(rightShareNeeded(0.3, { ...DEFAULT_REWARDS, alertCost: 0, alertedThreat: 1 })).toBeNull()
  })

  it('is where decisions that are right on that share earn as much as the best constant action, for every table', () => {
    fc.assert(
      fc.property(tables, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (table, p) => {
        const none = { threatAlerts: 0, benignAlerts: 0 }
        const right = (x: number) =>
          meanReward({ tp: p * x, fn: p * (1 - x), tn: (1 - p) * x, fp: (1 - p) * (1 - x), ...none }, table)
        const best = Math.max(...ACTIONS.map((action) => pays(action, p, table)))
        const share = rightShareNeeded(p, table)
        if (share === null) expect(right(1)).toBeLessThanOrEqual(best + 1e-9)
        else expect(Math.abs(right(share) - best)).toBeLessThan(1e-6)
      }),
    )
  })
})
