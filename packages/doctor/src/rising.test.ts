import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { diagnoseMetrics } from './diagnose.ts'
import type { Finding } from './finding.ts'
import { CONFIG, good, history, ITERATIONS, never } from './metrics.fixture.ts'

const COLD: LabConfigInput = { dataset: 'campaign', warmStart: 'none', iterations: ITERATIONS }
const WARM: LabConfigInput = { dataset: 'campaign', warmStart: 'rule', iterations: ITERATIONS }
const TRIAGE: LabConfigInput = { dataset: 'synthetic', iterations: ITERATIONS }

/** Of a run whose weights another run trained. */
const FROM = { run: 'runs/first', weightsSha256: '0'.repeat(64) }

/**
 * The last 10 of 60 iterations are late. They lie 0.1 above and below their mean by turns, so their standard deviation is
 * 0.1 sqrt(10 / 9), and that of the difference from one first iteration 0.1 sqrt(10 / 9) sqrt(1 + 1 / 10) = 0.1106.
 */
const STANDARD_ERROR = 0.1 * Math.sqrt(10 / 9) * Math.sqrt(1 + 1 / 10)

function rewards(first: number, late: number): IterationMetrics[] {
  return history((i) => ({ rewardMean: i === 1 ? first : late + (i % 2 === 0 ? 0.1 : -0.1), validation: null }))
}

function found(config: LabConfigInput, metrics: readonly IterationMetrics[], from: typeof FROM | null = null) {
  const resolved = { ...resolveLabConfig({ ...CONFIG, ...config }, 'test'), from }
  return diagnoseMetrics(resolved, metrics)
    .filter(({ code }) => code === 'REWARD_NOT_RISING' || code === 'TRAINING_ADDED_NOTHING')
    .map(({ code, severity }: Finding) => `${severity} ${code}`)
}

const ADDED_NOTHING = ['note TRAINING_ADDED_NOTHING']
const NOT_RISING = ['problem REWARD_NOT_RISING']

describe('a training that begins from a warm start', () => {
  it('has added nothing where its reward stays near the top', () => {
    expect(found(WARM, rewards(-0.02, -0.02))).toEqual(ADDED_NOTHING)
  })

  it('has added something where its reward rises by more than two standard errors, and not before', () => {
    expect(found(WARM, rewards(-1, -1 + 1.99 * STANDARD_ERROR))).toEqual(ADDED_NOTHING)
    expect(found(WARM, rewards(-1, -1 + 2.01 * STANDARD_ERROR))).toEqual([])
  })

  it('has added nothing where its reward falls', () => {
    expect(found(WARM, rewards(-1, -4))).toEqual(ADDED_NOTHING)
  })

  it('is compared with all that the initial weights have played, of stale batches too', () => {
    const stale = rewards(-1, 0).map((line) => ({ ...line, policyVersion: Math.max(0, line.iteration - 2) }))
    // The second iteration, at +0.1, is the initial weights' too: (-1 + 0.1) / 2 = -0.45.
    const metrics = stale.map((line) => (line.iteration > 50 ? { ...line, rewardMean: -0.5 } : line))
    const all = diagnoseMetrics(resolveLabConfig({ ...CONFIG, ...WARM }, 'test'), metrics)
    const evidence = all.find(({ code }) => code === 'TRAINING_ADDED_NOTHING')?.evidence
    expect(evidence).toContain('earned -0.4500 per event with the initial weights (iterations 1 to 2) and -0.5000 in')
    expect(evidence).toContain('standard error of the difference is 0.0000')
  })

  it('is not judged before anything may be expected', () => {
    expect(found(WARM, rewards(-1, -1).slice(0, 20))).toEqual([])
  })
})

describe('a training that begins with the team of another run', () => {
  it('has added nothing where its reward stays, whether the team is good or useless', () => {
    for (const validation of [good, never]) {
      const flat = rewards(1.4, 1.4).map((line) => ({ ...line, validation }))
      expect(found(TRIAGE, flat, FROM)).toEqual(ADDED_NOTHING)
    }
  })
})

describe('a training that begins with random weights', () => {
  it('does not rise where streams return what they returned at first', () => {
    expect(found(COLD, rewards(-1, -1))).toEqual(NOT_RISING)
    expect(found(COLD, rewards(-1, -1 + 1.99 * STANDARD_ERROR))).toEqual(NOT_RISING)
  })

  it('rises where streams return more, whatever the reward table of independent events says of it', () => {
    // Below what always allow earns by that table, and so "useless" there.
    expect(found(COLD, rewards(-6, -3))).toEqual([])
    const validated = rewards(-6, -3).map((line) => ({ ...line, validation: { ...never, rewardMean: -80 } }))
    expect(found(COLD, validated)).toEqual([])
  })

  it('of independent events is asked only where the team is useless', () => {
    const validated = (validation: typeof never) => rewards(-3, -3).map((line) => ({ ...line, validation }))
    expect(found(TRIAGE, validated(never))).toEqual(NOT_RISING)
    expect(found(TRIAGE, validated(good))).toEqual([])
  })
})
