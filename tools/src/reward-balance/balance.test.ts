import { DEFAULT_REWARDS, REWARD_PRESETS } from '@vigil/env-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectedReward, rewardBalance } from './balance.ts'
import { rightOnShare } from './policy.ts'
import { rates, tables } from './tables.arbitrary.ts'

const ZERO = {
  ...{ truePositive: 0, trueNegative: 0, falsePositive: 0, falseNegative: 0 },
  ...{ restrictiveCost: 0, alertCost: 0, alertedThreat: 0 },
}
const balance = (threatRate: number, rewards = DEFAULT_REWARDS, right = 0.85) =>
  rewardBalance({ threatRate, right, rewards })

describe('rewardBalance under the default table', () => {
  // Figures of the project's definition of the problem, to two decimals.
  it.each([
    [
      0.089,
      {
        'always-allow': '0.02',
        'always-alert': '-1.09',
        'always-block': '-7.90',
        'right-on-share': '-0.01',
        perfect: '1.67',
      },
    ],
    [
      0.1093,
      {
        'always-allow': '-0.20',
        'always-alert': '-1.11',
        'always-block': '-7.53',
        'right-on-share': '0.11',
        perfect: '1.82',
      },
    ],
  ])('at a threat rate of %d', (threatRate, expected) => {
    const { policies } = balance(threatRate)
    expect(Object.fromEntries(policies.map((p) => [p.name, p.expectedReward.toFixed(2)]))).toEqual(expected)
  })

  it('pays most for allow up to 0.2, for alert up to 8.5 / 19, then for block', () => {
    expect(balance(0.1).bands).toEqual([
      { action: 'allow', from: 0, to: expect.closeTo(0.2, 12) },
      { action: 'alert', from: expect.closeTo(0.2, 12), to: expect.closeTo(8.5 / 19, 12) },
      { action: 'block', from: expect.closeTo(8.5 / 19, 12), to: 1 },
    ])
  })

  it('prefers the constant action in whose band the rate lies', () => {
    expect(balance(0.199).withoutSignal.optima).toEqual(['always-allow'])
    expect(balance(0.201).withoutSignal.optima).toEqual(['always-alert'])
    expect(balance(0.448).withoutSignal.optima).toEqual(['always-block'])
    expect(balance(0.2).withoutSignal.optima).toEqual(['always-allow', 'always-alert'])
    expect(balance(8.5 / 19).withoutSignal.optima).toEqual(['always-alert', 'always-block'])
  })

  it('at 8.9 % asks for more than 85 %, at 10.93 % for less', () => {
    // Solved by hand: (9.5 - 18p + 1 - 11p) / (8.5p + 1 - p - E[all wrong]) with E[all wrong] = -10p - 9.5 (1 - p).
    expect(balance(0.089).rightShareNeeded).toBeCloseTo((0.021 + 9.5445) / (1.6675 + 9.5445), 12)
    expect(balance(0.089).rightShareNeeded).toBeGreaterThan(0.85)
    expect(balance(0.1093).rightShareNeeded).toBeLessThan(0.85)
  })
})

describe('rewardBalance', () => {
  it('under the earlier table', () => {
    const p = 0.1093
    const [allow, alert, block, right, perfect] = balance(p, REWARD_PRESETS.earlier).policies.map(
      (q) => q.expectedReward,
    )
    expect(allow).toBeCloseTo(2 * (1 - p) - 6 * p, 12)
    expect(alert).toBe(allow)
    expect(block).toBeCloseTo(4.95 * p - 3.05 * (1 - p), 12)
    expect(perfect).toBeCloseTo(4.95 * p + 2 * (1 - p), 12)
    expect(right).toBeCloseTo(0.85 * perfect + 0.15 * (-6 * p - 3.05 * (1 - p)), 12)
  })

  it('knows when nothing is to be gained by a signal', () => {
    expect(balance(0).rightShareNeeded).toBeNull()
    expect(balance(0.5, ZERO)).toMatchObject({
      withoutSignal: { optima: ['always-allow', 'always-alert', 'always-block'] },
      rightShareNeeded: null,
    })
    expect(balance(0.5, { ...ZERO, restrictiveCost: -1 })).toMatchObject({
      bands: [{ action: 'block', from: 0, to: 1 }],
      withoutSignal: { optima: ['always-block'], expectedReward: 1 },
      rightShareNeeded: null,
    })
  })

  it('finds the best constant action where the bands say it is, and no mix better', () => {
    fc.assert(
      fc.property(tables, rates, rates, rates, (rewards, threatRate, share, alertPart) => {
        const { withoutSignal, bands } = balance(threatRate, rewards)
        const alerts = alertPart * (1 - share)
        const mix = {
          ...{ name: 'perfect' as const, recall: share, falsePositiveRate: share },
          ...{ threatAlertRate: alerts, benignAlertRate: alerts },
        }
        expect(expectedReward(mix, threatRate, rewards)).toBeLessThanOrEqual(withoutSignal.expectedReward + 1e-9)
        // Rates are hundredths and rewards halves: what is not equal differs by far more than rounding.
        const band = bands.find(({ from, to }) => from - 1e-12 <= threatRate && threatRate <= to + 1e-12)!
        expect(withoutSignal.optima).toContain(`always-${band.action}`)
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it('says from which share on right decisions beat a constant action', () => {
    fc.assert(
      fc.property(tables, rates, (rewards, threatRate) => {
        const { rightShareNeeded, withoutSignal } = balance(threatRate, rewards)
        const earned = (share: number) => expectedReward(rightOnShare(share), threatRate, rewards)
        if (rightShareNeeded === null) {
          expect(earned(1)).toBeLessThanOrEqual(withoutSignal.expectedReward + 1e-9)
        } else {
          expect(rightShareNeeded).toBeGreaterThanOrEqual(0.5 - 1e-9)
          expect(rightShareNeeded).toBeLessThanOrEqual(1)
          expect(earned(rightShareNeeded)).toBeCloseTo(withoutSignal.expectedReward, 9)
        }
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})
