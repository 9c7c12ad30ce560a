import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileConstraints } from './constraints.ts'
import type { EnvironmentSpec } from './environment-spec.ts'
import { compileEnvironment, type EnvironmentExports, instantiateEnvironment } from './module.ts'
import { PLAN_WORDS, writePlan } from './plan.ts'
import {
  breakEvenProbability,
  DEFAULT_REWARDS,
  meanReward,
  outcomeRewards,
  REWARD_PRESETS,
  type RewardTable,
  restrictiveRange,
  rightShareNeeded,
} from './reward-table.ts'

const amount = fc.integer({ min: -20, max: 20 }).map((n) => n / 2)
const tables: fc.Arbitrary<RewardTable> = fc.record({
  truePositive: amount,
  trueNegative: amount,
  falsePositive: amount,
  falseNegative: amount,
  restrictiveCost: amount,
})

/** Gain of a restrictive over a permissive action at threat probability p, from the definition. */
function gain(table: RewardTable, p: number): number {
  const { truePositive, trueNegative, falsePositive, falseNegative, restrictiveCost } = table
  return p * truePositive + (1 - p) * falsePositive - restrictiveCost - p * falseNegative - (1 - p) * trueNegative
}

describe('outcomeRewards', () => {
  const PLAN = 65536
  let memory: WebAssembly.Memory
  let env: EnvironmentExports
  beforeAll(async () => {
    memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
    env = instantiateEnvironment(await compileEnvironment(), memory)
  })

  it('are what the environment pays, for every table', () => {
    fc.assert(
      fc.property(tables, (rewards) => {
        const spec: EnvironmentSpec = {
          mode: 'iid',
          agentCount: 1,
          seed: 1,
          episodeSteps: 0,
          attribution: 'own',
          rule: 'majority',
          faults: 0,
          fallbackAction: 0,
          rewards,
          teamBonus: 0,
          specifications: [],
          observeConstraints: false,
        }
        const split = { rows: 0, rowCount: 1, streamStarts: 0, streamCount: 1, labels: 0, constraints: 0 }
        writePlan(
          { spec, constraints: compileConstraints(spec) },
          split,
          new Uint32Array(memory.buffer, PLAN, PLAN_WORDS),
        )
        expect({
          tp: env.tableReward(PLAN, 1, 1),
          tn: env.tableReward(PLAN, 0, 0),
          fp: env.tableReward(PLAN, 0, 1),
          fn: env.tableReward(PLAN, 1, 0),
        }).toEqual(outcomeRewards(rewards))
      }),
    )
  })
})

describe('meanReward', () => {
  it.each([
    [{ tp: 1, tn: 0, fp: 0, fn: 0 }, 8.5],
    [{ tp: 0, tn: 1, fp: 0, fn: 0 }, 1],
    [{ tp: 0, tn: 0, fp: 1, fn: 0 }, -9.5],
    [{ tp: 0, tn: 0, fp: 0, fn: 1 }, -10],
    [{ tp: 1, tn: 2, fp: 3, fn: 4 }, (8.5 + 2 - 28.5 - 40) / 10],
    [{ tp: 0, tn: 0, fp: 0, fn: 0 }, 0],
  ])('of %j under the default table is %d', (counts, expected) => {
    expect(meanReward(counts, DEFAULT_REWARDS)).toBeCloseTo(expected, 12)
  })

  it('is the same for counts and for shares', () => {
    const shares = { tp: 0.1, tn: 0.2, fp: 0.3, fn: 0.4 }
    const counts = { tp: 1, tn: 2, fp: 3, fn: 4 }
    expect(meanReward(shares, REWARD_PRESETS.earlier)).toBeCloseTo(meanReward(counts, REWARD_PRESETS.earlier), 12)
  })
})

describe('restrictiveRange', () => {
  const zero = { truePositive: 0, trueNegative: 0, falsePositive: 0, falseNegative: 0, restrictiveCost: 0 }

  it.each([
    ['the default table', DEFAULT_REWARDS, { pays: 'above', probability: 10.5 / 29 }],
    ['the earlier table', REWARD_PRESETS.earlier, { pays: 'above', probability: 5.05 / 16 }],
    ['a table that rewards blocking the benign', { ...zero, falsePositive: 1, falseNegative: 3 }, 'below'],
    ['a reward for blocking', { ...zero, restrictiveCost: -1 }, { pays: 'always', probability: null }],
    ['a price for blocking', { ...zero, restrictiveCost: 1 }, { pays: 'never', probability: null }],
    ['a table of zeros', zero, { pays: 'indifferent', probability: null }],
  ])('of %s', (_, table, expected) => {
    const range = restrictiveRange(table)
    expect(range).toEqual(expected === 'below' ? { pays: 'below', probability: 0.25 } : expected)
  })

  it('says where a restrictive action gains, for every table and probability', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 999 }), (table, thousandths) => {
        const p = thousandths / 1000
        const { pays, probability } = restrictiveRange(table)
        const difference = gain(table, p)
        // Amounts are halves, so a gain at a thousandth is 0 or at least 0.0005.
        const expected = Math.abs(difference) < 1e-9 ? 0 : Math.sign(difference)
        const side = probability === null || Math.abs(p - probability) < 1e-12 ? 0 : Math.sign(p - probability)
        const claim = { above: side, below: 0 - side, always: 1, never: -1, indifferent: 0 }[pays]
        expect(claim).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('breakEvenProbability', () => {
  it.each([
    [{}, 10.5 / 29],
    [{ restrictiveCost: -100 }, 0],
    [{ restrictiveCost: 100 }, 1],
    [{ truePositive: 0, trueNegative: 0, falsePositive: 0, falseNegative: 0, restrictiveCost: 0 }, 0],
    [{ truePositive: 0, trueNegative: 0, falsePositive: 1, falseNegative: 3, restrictiveCost: 0 }, 1],
  ])('with %j is %d', (change, expected) => {
    expect(breakEvenProbability({ ...DEFAULT_REWARDS, ...change })).toBeCloseTo(expected, 12)
  })
})

describe('rightShareNeeded', () => {
  it('is 85.31 % with the default table at 8.9 % threats', () => {
    expect(rightShareNeeded(0.089, DEFAULT_REWARDS)).toBeCloseTo(0.8531, 4)
  })

  it('is where decisions that are right on that share earn as much as the better constant action, for every table', () => {
    fc.assert(
      fc.property(tables, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (table, p) => {
        const right = (x: number) =>
          meanReward({ tp: p * x, fn: p * (1 - x), tn: (1 - p) * x, fp: (1 - p) * (1 - x) }, table)
        const best = Math.max(
          meanReward({ tp: p, fp: 1 - p, fn: 0, tn: 0 }, table),
          meanReward({ tp: 0, fp: 0, fn: p, tn: 1 - p }, table),
        )
        const share = rightShareNeeded(p, table)
        if (share === null) expect(right(1)).toBeLessThanOrEqual(best + 1e-9)
        else expect(Math.abs(right(share) - best)).toBeLessThan(1e-6)
      }),
    )
  })
})
