import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { settingsWith } from './settings.fixture.ts'
import { targetThresholds } from './target-thresholds.ts'

const N = 4000

/** Rewards that tempt to block nearly everything: a missed threat is dear, a false alarm is cheap. */
const REWARDS = {
  ...DEFAULT_REWARDS,
  ...{ falseNegative: -90, falsePositive: -1, restrictiveCost: 0, alertCost: 0, alertedThreat: 0 },
}

const settings = (target: number, bound = 0.05) =>
  settingsWith([{ name: 'false alarms', formula: `G (fp_rate[50] <= ${bound})`, target }], REWARDS)

/** Far digits of a sine: numbers in [0, 1) that look random. */
const spread = (i: number, step: number) => Math.abs(Math.sin(i * step + step) * 43_758.5453) % 1

/** Events of which a tenth are threats; a threat's score is higher by `separation` on average. */
function part(separation: number, step: number) {
  const labels = Uint8Array.from({ length: N }, (_, i) => (spread(i, step) < 0.1 ? 1 : 0))
  const scores = Float32Array.from(labels, (label, i) => (spread(i, 2 * step) + separation * label) / (1 + separation))
  // The policy blocks what the rewards say pays.
  return { labels, scores, actions: Uint8Array.from(scores, (score) => (score > 0.2 ? 1 : 0)) }
}

const thresholds = (target: number, separation: number, bound?: number) => {
  const [validation, evaluated] = [part(separation, 12.9898), part(separation, 78.233)]
  const found = targetThresholds(
    settings(target, bound),
    { labels: validation.labels, policies: [validation] },
    { labels: evaluated.labels, policies: [{ ...evaluated, name: 'team' }] },
  )[0]
  return { found, validation, evaluated }
}

describe('targetThresholds', () => {
  it('meets a target that the policy misses, and earns less the higher the target', () => {
    const [low, high] = [0.5, 0.95].map((target) => thresholds(target, 0.5).found)
    for (const [found, target] of [
      [low, 0.5],
      [high, 0.95],
    ] as const) {
      expect(found.metOnValidation).toBe(true)
      expect(found.satisfied[0]).toBeGreaterThan(target - 0.1)
    }
    expect(high.threshold).toBeGreaterThan(low.threshold)
    expect(high.rewardMean).toBeLessThan(low.rewardMean)
  })

  it('takes what earns most where every threshold meets the target', () => {
    const { found, evaluated } = thresholds(0.95, 0.5, 1)
    const reward = (threshold: number) =>
      evaluated.scores.reduce((sum, score, i) => {
        const isThreat = evaluated.labels[i] === 1
        return sum + (score > threshold ? (isThreat ? 10 : -1) : isThreat ? -90 : 1)
      }, 0) / N
    expect(found.rewardMean).toBeCloseTo(reward(found.threshold), 6)
    // Nearly every threat is worth the false alarms that it takes.
    expect(found.recall).toBeGreaterThan(0.97)
  })

  it('says so where no threshold meets the target on validation', () => {
    const formula = 'G (detection_rate[50] >= 1 and fp_rate[50] <= 0)'
    const impossible = settingsWith([{ name: 'caught', formula, target: 0.99 }], REWARDS)
    const [validation, evaluated] = [part(0.1, 12.9898), part(0.1, 78.233)]
    const [found] = targetThresholds(
      impossible,
      { labels: validation.labels, policies: [validation] },
      { labels: evaluated.labels, policies: [{ ...evaluated, name: 'team' }] },
    )
    expect(found.metOnValidation).toBe(false)
  })

  it('is chosen on validation alone', () => {
    const { found, validation, evaluated } = thresholds(0.9, 0.5)
    const other = part(0.3, 37.719)
    const again = targetThresholds(
      settings(0.9),
      { labels: validation.labels, policies: [validation] },
      { labels: other.labels, policies: [{ ...other, name: 'team' }] },
    )[0]
    expect(again.threshold).toBe(found.threshold)
    expect(again.f1).not.toBe(found.f1)
    expect(evaluated.actions.some((action) => action === 3)).toBe(false)
  })

  it('asks an analyst about what it no longer blocks', () => {
    const { found, evaluated } = thresholds(0.95, 0.5)
    const alerts = evaluated.scores.filter((score, i) => evaluated.actions[i] === 1 && score <= found.threshold).length
    expect(alerts).toBeGreaterThan(0)
    expect(found.threatAlerts + found.benignAlerts).toBe(alerts)
  })
})
