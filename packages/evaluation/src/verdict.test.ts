import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { rewardDifference, scoresOf } from './scores.ts'
import { notesOn, verdictOn } from './verdict.ts'

const LABELS = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 1)
const decided = (actions: number[], scores = actions.map((a) => (a === 1 ? 0.9 : 0.1))) =>
  scoresOf({ actions: Uint8Array.from(actions), scores: Float32Array.from(scores), labels: LABELS }, DEFAULT_REWARDS)

const RIGHT = decided([1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
const ALLOW = decided(new Array(10).fill(0))
const BLOCK = decided(new Array(10).fill(1))
const ALERT = decided(new Array(10).fill(3))
const baselines = (crossEntropy: typeof RIGHT) => [
  { name: 'always-allow', ...ALLOW },
  { name: 'always-block', ...BLOCK },
  { name: 'always-alert', ...ALERT },
  { name: 'cross-entropy', ...crossEntropy },
  { name: 'boosting', ...RIGHT },
]

describe('verdictOn', () => {
  const rival = (name: string, rewardMean: number, halfWidth = 0.1) => ({
    name,
    rewardMean,
    teamGains: { mean: 1 - rewardMean, halfWidth },
  })
  const verdict = (...rivals: ReturnType<typeof rival>[]) =>
    verdictOn({ team: { rewardMean: 1, tp: 1, fp: 1, tn: 1, fn: 1, threatAlerts: 0, benignAlerts: 0 }, rivals })

  it.each([
    [
      'The team cannot be told apart from the best baseline, a: reward +1.000 per event against +0.950, a difference of +0.050 ± 0.100 (95 %). It beats b.',
      verdict(rival('a', 0.95), rival('b', 0.5)),
    ],
    [
      'The team beats every baseline: reward +1.000 per event against +0.800 of the best of them, b, a difference of +0.200 ± 0.100 (95 %).',
      verdict(rival('a', -1), rival('b', 0.8)),
    ],
    [
      'The team cannot be told apart from the best baseline, b: reward +1.000 per event against +1.050, a difference of -0.050 ± 0.100 (95 %). It beats a.',
      verdict(rival('a', -1), rival('b', 1.05)),
    ],
    [
      'The team does not beat b: reward +1.000 per event against +1.500, a difference of -0.500 ± 0.100 (95 %). It beats a and c.',
      verdict(rival('a', -1), rival('b', 1.5), rival('c', 0)),
    ],
    [
      'The team does not beat b: reward +1.000 per event against +1.500, a difference of -0.500 ± 0.100 (95 %). It beats a, c and d.',
      verdict(rival('a', -1), rival('b', 1.5), rival('c', 0), rival('d', -2)),
    ],
    [
      'The team does not beat a: reward +1.000 per event against +2.000, a difference of -1.000 ± 0.100 (95 %). It beats none of the baselines.',
      verdict(rival('a', 2), rival('b', 0.99)),
    ],
  ])('%s', (sentence, said) => {
    expect(said).toBe(sentence)
  })
})

describe('verdictOn a team that makes no distinction', () => {
  it('says so before anything else', () => {
    const gains = (mean: number) => ({ mean, halfWidth: 0.1 })
    const rivals = [
      { name: 'always-allow', rewardMean: -0.2, teamGains: gains(0) },
      { name: 'cross-entropy', rewardMean: 1.5, teamGains: gains(-1.7) },
    ]
    const team = { rewardMean: -0.2, tp: 0, fp: 0, tn: 8, fn: 2, threatAlerts: 0, benignAlerts: 0 }
    expect(verdictOn({ team, rivals })).toBe(
      'The team makes no distinction: it decides like always-allow, reward -0.200 per event. Better: cross-entropy.',
    )
    expect(verdictOn({ team, rivals: rivals.slice(0, 1) })).toMatch(/No baseline is better\.$/)
    // Alerts on some events distinguish them; alerts on all are a constant policy of their own.
    expect(verdictOn({ team: { ...team, benignAlerts: 3 }, rivals })).not.toMatch(/makes no distinction/)
    const alerting = [{ name: 'always-alert', rewardMean: -1.2, teamGains: gains(0) }, ...rivals]
    expect(verdictOn({ team: { ...team, threatAlerts: 2, benignAlerts: 8 }, rivals: alerting })).toMatch(
      /decides like always-alert/,
    )
  })
})

describe('rewardDifference', () => {
  it('is the mean of the paired differences, and its interval', () => {
    const first = Uint8Array.of(1, 0, 0, 1)
    const second = Uint8Array.of(0, 0, 3, 0)
    const labels = Uint8Array.of(1, 0, 0, 0)
    const apart = Uint32Array.of(0, 1, 2, 3, 4)
    const { mean, halfWidth } = rewardDifference({ first, second }, { labels, streamStarts: apart }, DEFAULT_REWARDS)
    // 8.5 + 10 on the threat, nothing on a benign event, an alert of 2 that the first spares, -9.5 - 1 on the last.
    const differences = [18.5, 0, 2, -10.5]
    expect(mean).toBe(2.5)
    const variance = differences.reduce((sum, d) => sum + (d - 2.5) ** 2, 0) / 3
    expect(halfWidth).toBeCloseTo(1.96 * Math.sqrt(variance / 4), 6)
    const same = { first, second: first }
    expect(rewardDifference(same, { labels, streamStarts: apart }, DEFAULT_REWARDS)).toEqual({ mean: 0, halfWidth: 0 })
    // Two streams: the events of one count together.
    const pairs = rewardDifference(
      { first, second },
      { labels, streamStarts: Uint32Array.of(0, 2, 4) },
      DEFAULT_REWARDS,
    )
    expect(pairs.halfWidth).toBeCloseTo(1.96 * Math.sqrt((2 * (13.5 ** 2 + 13.5 ** 2)) / 16), 4)
    const one = rewardDifference({ first, second }, { labels, streamStarts: Uint32Array.of(0, 4) }, DEFAULT_REWARDS)
    expect(one.halfWidth).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('notesOn', () => {
  const many = Uint8Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 1 : 0))
  const result = (team: typeof RIGHT, crossEntropy: typeof RIGHT, score: (label: number) => number) => ({
    team,
    baselines: baselines(crossEntropy),
    perClass: [{ name: 'odd <one>', rows: 4, recall: 0.25, trainRows: 0, validationRows: 0 }],
    split: 'test',
    rewards: DEFAULT_REWARDS,
    rows: 10,
    threats: 2,
    features: 'seed7',
    supervised: {
      labels: many,
      classes: new Uint8Array(1000),
      posterior: null,
      actions: new Uint8Array(1000),
      decided: new Uint8Array(1000),
      margin: new Int32Array(1000),
      scores: Float32Array.from(many, score),
      agents: [],
    },
  })

  it('says that always-allow is optimal only where the labelled network finds nothing that pays', () => {
    const dull = notesOn(result(ALLOW, ALLOW, () => 0.1))[0]
    expect(dull).toMatch(
      /allows every event. Under the reward table allow pays most below a threat probability of 0\.2, alert up to/,
    )
    expect(dull).toMatch(
      /puts 0 of 1000 events above 0\.200; .*groups of 10, the group richest in threats holds 10\.0 %/,
    )
    expect(dull).toMatch(
      /always-allow is optimal on these inputs \(seed7\) under this reward; boosting, another kind of model, earns \+2\.500\./,
    )
    const missed = notesOn(result(ALLOW, RIGHT, (label) => 0.9 * label))[0]
    expect(missed).not.toMatch(/optimal/)
    expect(missed).toMatch(/puts 100 of 1000 events above 0\.200.*holds 100\.0 %.*hold more than the team has learnt/)
  })

  it('tells a team that stops nothing and alerts from one that allows everything', () => {
    expect(notesOn(result(ALERT, ALERT, () => 0.3))[0]).toMatch(
      /^The team alerts on every event\..*always-alert is optimal/,
    )
    const some = notesOn(result(decided([3, 3, 0, 0, 0, 0, 0, 0, 0, 0]), ALLOW, () => 0.2))[0]
    expect(some).toMatch(/^The team stops no event and alerts on 2 of 10\..*hold more than the team has learnt/)
  })

  it('says that the choice of the checkpoint saw a class that training did not', () => {
    const seen = result(RIGHT, RIGHT, () => 0)
    const perClass = [{ ...seen.perClass[0], validationRows: 1938 }]
    expect(notesOn({ ...seen, perClass })).toEqual([
      'The class "odd <one>" does not occur in the training split; of its 4 events the team decided 25.0 % rightly. Another 1938 of its events are in the validation split, so the choice of the checkpoint, and of any threshold, saw the class.',
    ])
    expect(notesOn({ ...seen, perClass, split: 'validation' })[0]).toMatch(/These events are in the validation split/)
  })

  it('has nothing to say about a split without threats', () => {
    expect(notesOn({ ...result(ALLOW, ALLOW, () => 0.2), threats: 0 })).toEqual([])
  })

  it('names constant policies and classes that training never saw', () => {
    expect(notesOn(result(BLOCK, RIGHT, () => 0))[0]).toMatch(/all 10 events: it is the policy always-block/)
    expect(notesOn(result(RIGHT, RIGHT, () => 0))).toEqual([
      'The class "odd <one>" does not occur in the training split; of its 4 events the team decided 25.0 % rightly.',
    ])
  })
})
