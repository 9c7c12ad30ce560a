import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { meanOf, partOf, quickestStreams } from '../quickest.fixture.ts'
import { ALLOW } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { BELIEF } from './score.ts'
import { tunedLadder, tunedLadders, tunedRules } from './tuned-rules.ts'

const settings = { spec: DEFAULT_RESPONSE, seed: 1 }
const all = quickestStreams(300, 21)
const validation = partOf(all, 0, 200)

/** The exact posterior by row, as if no verdict ever came. */
function posteriorLogOdds(): Float64Array {
  const logOdds = new Float64Array(all.labels.length)
  walkAll(all, settings, ({ row, belief }) => {
    logOdds[row] = Math.log(belief / (1 - belief))
    return ALLOW
  })
  return logOdds
}

describe('tunedRules', () => {
  const scores = [BELIEF, { name: 'posterior', logOdds: posteriorLogOdds() }]
  const rules = [...tunedRules(validation, settings, scores)]
  const ofBelief = new Map(rules.filter(({ score }) => score !== 'posterior').map((rule) => [rule.name, rule]))

  it('are the constants, and every family for every score', () => {
    const families = [
      'per-event',
      'threshold',
      'alert-ladder',
      'block-ladder',
      'ladder',
      'threshold-by-age',
      'cusum',
      'shiryaev-roberts',
      'induced-stopping',
    ]
    expect(rules.map(({ name, score }) => [name, score])).toEqual([
      ...['always-allow', 'always-block', 'always-quarantine', 'always-alert'].map((name) => [name, null]),
      ...['belief', 'posterior'].flatMap((score) => families.map((family) => [family, score])),
    ])
  })

  it('say what they return on validation streams', () => {
    for (const { name, validation: said, policy } of rules)
      expect(meanOf(walkAll(validation, settings, policy).returns).mean, name).toBeCloseTo(said, 9)
  })

  it.each(['fail-stop', 'retry'] as const)('say so under %s as well, where blocks change what comes', (block) => {
    const changed = { ...settings, spec: { ...DEFAULT_RESPONSE, block } }
    for (const { name, validation: said, policy } of tunedRules(partOf(all, 0, 60), changed, scores))
      expect(meanOf(walkAll(partOf(all, 0, 60), changed, policy).returns).mean, name).toBeCloseTo(said, 9)
  })

  it('are tuned: a rule with more thresholds is never worse on validation', () => {
    const worth = (name: string) => ofBelief.get(name)!.validation
    expect(worth('alert-ladder')).toBeGreaterThanOrEqual(worth('threshold'))
    expect(worth('ladder')).toBeGreaterThanOrEqual(worth('alert-ladder'))
    expect(worth('ladder')).toBeGreaterThanOrEqual(worth('block-ladder'))
  })

  it('find the calibration of a score that is calibrated', () => {
    const { slope, intercept } = rules.find(({ name, score }) => name === 'per-event' && score === 'posterior')!
      .parameters as { slope: number; intercept: number }
    expect(Math.abs(slope - 1)).toBeLessThan(0.15)
    expect(Math.abs(intercept)).toBeLessThan(0.5)
  })

  it('wait after an all-clear where the score does not know of it', () => {
    const { parameters } = rules.find(({ name, score }) => name === 'alert-ladder' && score === 'posterior')!
    expect(parameters).toHaveProperty('calm')
  })

  it('can be written as JSON and read again', () => {
    for (const { parameters } of rules) expect(JSON.parse(JSON.stringify(parameters))).toEqual(parameters)
  })

  it('refuse a score without a value for every row, before anything is tuned', () => {
    const short = { name: 'team', logOdds: new Float64Array(1) }
    expect(() => tunedRules(validation, settings, [short]).next()).toThrow(expect.objectContaining({ code: 'SCORE' }))
  })
})

describe('a ladder for each criticality', () => {
  const streams = validation.streamStarts.length - 1
  const criticality = new Float32Array(all.labels.length)
  for (let s = 0; s < streams; s++)
    for (let p = validation.streamStarts[s]; p < validation.streamStarts[s + 1]; p++)
      criticality[validation.rows[p]] = s < streams / 2 ? 0.25 : 3
  const critical = { ...validation, criticality, damage: criticality }
  const rule = [...tunedLadders(critical, settings, BELIEF)].at(-1)!

  it('is the ladder that is tuned on streams of that criticality alone', () => {
    expect(rule.name).toBe('ladder-by-criticality')
    for (const [from, to, value] of [
      [0, streams / 2, 0.25],
      [streams / 2, streams, 3],
    ]) {
      const part = { ...partOf(critical, from, to), criticality, damage: criticality }
      const { parameters, policy } = tunedLadder(part, settings, BELIEF)
      for (const [name, tuned] of Object.entries(parameters)) expect(rule.parameters[`${name} at ${value}`]).toBe(tuned)
      expect(walkAll(part, settings, rule.policy).returns).toEqual(walkAll(part, settings, policy).returns)
    }
  })

  it('returns more on validation than one ladder for all', () => {
    expect(rule.validation).toBeGreaterThan(tunedLadder(critical, settings, BELIEF).validation)
    expect(meanOf(walkAll(critical, settings, rule.policy).returns).mean).toBeCloseTo(rule.validation, 9)
  })

  it('is not there where all streams have the same', () => {
    const alike = { ...critical, criticality: new Float32Array(criticality.length).fill(2) }
    expect([...tunedLadders(alike, settings, BELIEF)].map(({ name }) => name)).not.toContain('ladder-by-criticality')
  })
})
