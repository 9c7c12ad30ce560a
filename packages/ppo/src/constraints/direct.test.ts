import { describe, expect, it } from 'vitest'
import { TEAM } from '../team.fixture.ts'
import { constrainedTrajectory, FIXTURE } from './constraint.fixture.ts'
import { type DecisionHistory, extendHistory, historyColumns, isHistory } from './decision-history.ts'
import { directOf, historyLength } from './direct.ts'

const { stepCount: T, laneCount: E } = FIXTURE
const LANES = 2 * E
const NONE = new Uint8Array(0)
const formulas = ['G (fp_rate[6] <= 0.1)', 'G (detection_rate[4] >= 0.9)', 'G (false_positive < 0.5 or cpu < 0.9)']
const settings = settingsOf(formulas)

function settingsOf(formulas: readonly string[]) {
  const specifications = formulas.map((formula) => ({ name: formula, formula, target: 0.9 }))
  const environment = { ...TEAM.environment, specifications: formulas, observeConstraints: true }
  return { stlMode: 'lagrangian+direct', specifications, environment } as const
}

/** Rows 0 to 63, every fourth a threat; decisions that differ from shard to shard. */
const LABELS = Uint8Array.from({ length: 64 }, (_, row) => (row % 4 === 0 ? 1 : 0))
const rollout = (shard: number, change = {}) =>
  constrainedTrajectory(shard, {
    specificationCount: 3,
    robustness: Float32Array.from({ length: T * E * 3 }, (_, i) => Math.sin(i)),
    teamActions: Uint8Array.from({ length: T * E }, (_, i) => (i * 7 + shard) % 4),
    ...change,
  })
const trajectories = [rollout(0), rollout(1)]
const decided = { trajectories, labels: LABELS, runsOn: false }
/** What happened at step t in a lane: [shard, event of the shard]. */
const eventAt = (t: number, lane: number) => [Math.floor(lane / E), t * E + (lane % E)] as const

describe('extendHistory', () => {
  it('puts the shards side by side, step under step', () => {
    const { restrictive, threat } = historyColumns(extendHistory(NONE, decided, 100), LANES)
    expect(restrictive.length).toBe(T * LANES)
    for (let i = 0; i < T * LANES; i++) {
      const [shard, event] = eventAt(Math.floor(i / LANES), i % LANES)
      const { teamActions, rows } = trajectories[shard]
      expect(restrictive[i]).toBe([0, 1, 1, 0][teamActions[event]])
      expect(threat[i]).toBe(LABELS[rows[event]])
    }
  })

  it('keeps the newest steps, and knows where episodes begin across rollouts', () => {
    const ended = (flag: 'terminated' | 'truncated', event: number) => ({
      [flag]: Uint8Array.from({ length: T * E }, (_, i) => (i === event ? 1 : 0)),
    })
    const first = [rollout(0, ended('terminated', (T - 1) * E + 2)), rollout(1, ended('truncated', E + 1))]
    const one = extendHistory(NONE, { trajectories: first, labels: LABELS, runsOn: false }, 3)
    expect(one.length).toBe(3 * LANES)
    const two = extendHistory(one, decided, 6)
    expect(two.length).toBe(6 * LANES)
    expect(two.subarray(0, 2 * LANES)).toEqual(one.subarray(LANES))
    // Rows 2 and 3 of the first rollout, then the second: lane 2 began anew with it, lane E + 1 at row 2.
    const { begins } = historyColumns(two, LANES)
    const begun = [...begins.keys()].filter((i) => begins[i] === 1)
    expect(begun).toEqual([...Array.from({ length: LANES }, (_, lane) => lane), 2 * LANES + 2])
    const { begins: all } = historyColumns(
      extendHistory(NONE, { trajectories: first, labels: LABELS, runsOn: false }, 9),
      LANES,
    )
    expect(all[2 * LANES + E + 1]).toBe(1)
    // Where windows go on across episodes, they begin with the lane alone.
    const across = extendHistory(NONE, { trajectories: first, labels: LABELS, runsOn: true }, 9)
    const { begins: once } = historyColumns(across, LANES)
    expect([...once.keys()].filter((i) => once[i] === 1)).toEqual(Array.from({ length: LANES }, (_, lane) => lane))
    expect([isHistory(two), isHistory(Uint8Array.of(1, 8))]).toEqual([true, false])
  })
})

describe('directOf', () => {
  const input = { ...decided, history: NONE, multipliers: [1, 0, 5] }

  it('looks as far back as the windows do', () => {
    expect(historyLength(settings)).toBe(6)
    expect(historyLength({ ...settings, stlMode: 'lagrangian' })).toBe(0)
  })

  it.each([
    // Eight steps back, and what the fifth of them looks back on itself.
    ['G (rate(fp_rate[3])[8] <= 0.1)', 7 + 3],
    ['G (once[0,9] (false_positive < 0.5))', 9],
    ['G (false_positive < 0.5 or F[0,5] (true_positive > 0.5))', 5],
    ['G (F[0,2] (rate(false_positive)[5] <= 0.1))', 2 + 4],
    ['G (false_positive < 0.5 since true_positive > 0.5)', 256],
    ['G (fp_rate[1000] <= 0.1)', 256],
    ['G (rate(cpu)[8] <= 0.1)', 0],
  ])('keeps of %s the steps that it depends on: %i', (formula, length) => {
    const watched = settingsOf([formula])
    expect(historyLength(watched)).toBe(length)
    if (length === 0 || length === 256) return
    const before = [2, 3, 4, 5].reduce<DecisionHistory>(
      (history, shard) =>
        extendHistory(history, { ...decided, trajectories: [rollout(shard), rollout(shard + 1)] }, 99),
      NONE,
    )
    const withSteps = (steps: number) =>
      directOf(watched, { ...decided, history: before.subarray(before.length - steps * LANES), multipliers: [1] })!
    const kept = withSteps(length)
    for (const [i, value] of withSteps(length + 4).entries()) expect(kept[i]).toBeCloseTo(value, 4)
  })

  it('says of benign events alone that acting on them costs false alarms', () => {
    const direct = directOf(settings, input)!
    let pushed = 0
    for (let i = 0; i < direct.length; i++) {
      const [shard, event] = [Math.floor(i / (T * E)), i % (T * E)]
      if (LABELS[trajectories[shard].rows[event]] === 1) expect(direct[i]).toBe(0)
      else {
        expect(direct[i]).toBeLessThanOrEqual(0)
        if (direct[i] < 0) pushed++
      }
    }
    expect(pushed).toBeGreaterThan(20)
    // A mean square of 1, times lambda over 1 + the sum of all lambdas.
    const square = direct.reduce((sum, value) => sum + value * value, 0) / direct.length
    expect(Math.sqrt(square)).toBeCloseTo(1 / 7, 5)
  })

  it('pushes towards acting on threats where detection is asked for', () => {
    const direct = directOf(settings, { ...input, multipliers: [0, 2, 0] })!
    const onThreats = [...direct.keys()].filter((i) => {
      const [shard, event] = [Math.floor(i / (T * E)), i % (T * E)]
      return LABELS[trajectories[shard].rows[event]] === 1
    })
    expect(direct.every((value) => value >= 0)).toBe(true)
    expect(onThreats.some((i) => direct[i] > 0)).toBe(true)
  })

  it('is nothing without a multiplier, or for what is not about decisions alone', () => {
    expect(directOf(settings, { ...input, multipliers: [0, 0, 0] })).toBeNull()
    expect(directOf(settings, { ...input, multipliers: [0, 0, 3] })).toBeNull()
  })

  it('depends on what the windows hold of before', () => {
    const before = extendHistory(NONE, { ...decided, trajectories: [rollout(2), rollout(3)] }, historyLength(settings))
    expect(directOf(settings, { ...input, history: before })).not.toEqual(directOf(settings, input))
    expect(directOf(settings, input)).toEqual(directOf(settings, input))
  })

  it('does not take a step that has no value yet for one that is robust', () => {
    const input = { ...decided, history: NONE, multipliers: [1, 0, 0] }
    const valued = Float32Array.from({ length: T * E * 3 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 1 : -1))
    const pending = valued.map((value, i) => (i < 2 * E * 3 ? 1e6 : value))
    const [all, some] = [valued, pending].map((robustness) => {
      return directOf(settings, { ...input, trajectories: [rollout(0, { robustness }), rollout(1, { robustness })] })!
    })
    for (const [i, value] of some.entries()) expect(value).toBeCloseTo(all[i], 5)
  })
})
