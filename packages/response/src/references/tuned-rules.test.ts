import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { meanOf, partOf, QUICKEST_MODEL, quickestSite, quickestStreams } from '../quickest.fixture.ts'
import { ALLOW, ENTRY, type Policy, QUARANTINE, walk } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { containmentLimitOf } from './containment-limit.ts'
import { BELIEF } from './score.ts'
import { type TunedRule, tunedLadder, tunedLadders, tunedRules } from './tuned-rules.ts'

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

/** Enough to contain some of them falsely. */
const few = partOf(all, 0, 100)

/** Streams that a rule contains though none of their events is a threat, not even a later one, by a walk of its own. */
function benignContained(policy: Policy): number {
  return Array.from(few.streamStarts.subarray(1), (end, stream) => {
    const { ledger } = walk(few, stream, settings, policy)
    const labels = Array.from(few.rows.subarray(few.streamStarts[stream], end), (row) => few.labels[row])
    return ledger[ENTRY.falseContainment] < 0 && !labels.includes(1)
  }).filter(Boolean).length
}

describe('tunedRules under a limit on false containments', () => {
  const scores = [{ name: 'posterior', logOdds: posteriorLogOdds() }]
  const free = [...tunedRules(few, settings, scores)]
  const thresholdOf = (rules: readonly TunedRule[]) => rules.find(({ name }) => name === 'threshold')!
  const asked = benignContained(thresholdOf(free).policy)
  const limitOf = (allowed: number) => ({ ...settings, limit: { max: 0.05, benign: 80, allowed, isShown: true } })

  it('keep it wherever thresholds are tuned, and more of them are never worse', () => {
    expect(asked).toBeGreaterThan(0)
    const rules = [...tunedRules(few, limitOf(0), scores)]
    for (const { name, policy, validation: said, isWithinLimit } of rules) {
      expect(isWithinLimit, name).toBe(benignContained(policy) === 0)
      expect(meanOf(walkAll(few, settings, policy).returns).mean, name).toBeCloseTo(said, 9)
    }
    const passing = rules.filter(({ isWithinLimit }) => !isWithinLimit).map(({ name }) => name)
    const worth = (wanted: string) => rules.find(({ name }) => name === wanted)!.validation
    for (const name of ['alert-ladder', 'block-ladder', 'ladder'])
      expect(worth(name), name).toBeGreaterThanOrEqual(worth('threshold'))
    // What is not tuned to a limit.
    for (const name of passing) expect(['always-quarantine', 'per-event', 'induced-stopping']).toContain(name)
    expect(thresholdOf(rules).validation).toBeLessThan(thresholdOf(free).validation)
  })

  it('count streams without any threat alone: of those, always-quarantine contains each', () => {
    const { benign } = containmentLimitOf(few, 0.05)
    expect(benign).toBeLessThan(100)
    expect(benignContained(() => QUARANTINE)).toBe(benign)
    const isKept = (allowed: number) =>
      [...tunedRules(few, limitOf(allowed), [])].find(({ name }) => name === 'always-quarantine')!.isWithinLimit
    expect([isKept(benign), isKept(benign - 1)]).toEqual([true, false])
  })

  it('are the same where the limit is what they contain anyway', () => {
    expect(tunedLadder(few, limitOf(100), scores[0]).parameters).toEqual(
      tunedLadder(few, settings, scores[0]).parameters,
    )
  })
})

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

describe('a ladder for each situation of the analysts', () => {
  const site = quickestSite(80, 9, { ...QUICKEST_MODEL, beside: 10 })
  const shared = { spec: { ...DEFAULT_RESPONSE, layout: 'site', analystDelay: 60, tickets: 1 }, seed: 1 } as const
  const rules = new Map<string, TunedRule>()
  for (const rule of tunedRules(site, shared, [BELIEF])) {
    rules.set(rule.name, rule)
    if (rule.name === 'ladder-by-analysts') break
  }
  const rule = rules.get('ladder-by-analysts')!

  it('returns on validation what it says, and more than the ladder that it begins from', () => {
    expect(meanOf(walkAll(site, shared, rule.policy).returns).mean).toBeCloseTo(rule.validation, 9)
    expect(rule.validation).toBeGreaterThan(rules.get('ladder')!.validation)
  })

  it('has thresholds of each situation that there is, and of alerts where one would be heard', () => {
    const names = ['block unheard', 'quarantine unheard', 'alert one free', 'block one free', 'quarantine one free']
    expect(Object.keys(rule.parameters)).toEqual(names)
  })

  it('is at sites alone', () => {
    const names = [...tunedRules(partOf(all, 0, 20), settings, [BELIEF])].map(({ name }) => name)
    expect(names).not.toContain('ladder-by-analysts')
  })
})
