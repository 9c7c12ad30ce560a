import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { describe, expect, it } from 'vitest'
import { diagnoseMetrics } from './diagnose.ts'
import { FINDING_CODES, type FindingCode } from './finding.ts'
import {
  ALLOWING,
  always,
  BUDGET,
  type Change,
  CONFIG,
  codes,
  history,
  ITERATIONS,
  never,
  RANDOM,
  rule,
  STL,
} from './metrics.fixture.ts'

/** What is made, and the codes that must be among the findings. */
const CASES: readonly [string, FindingCode[], LabConfigInput, Change][] = [
  ['no number as entropy', ['NOT_FINITE'], {}, (i) => (i > 40 ? { entropy: null } : {})],
  ['no number as loss of the critic', ['NOT_FINITE'], {}, { criticLoss: null }],
  ['defects switched on', ['DEFECTS_ON'], { defects: ['joint-clip'] }, {}],
  ['ratios of every pair', ['RATIO_SHAPE'], {}, { ratiosPerDecision: 256 }],
  ['ratios that begin elsewhere', ['RATIO_NOT_ONE'], {}, { firstClipFraction: 0.5, firstApproxKl: 0.3 }],
  ['a KL that begins elsewhere', ['RATIO_NOT_ONE'], {}, { firstApproxKl: 1e-3 }],
  [
    'a shared clip',
    ['POLICY_STARVED_BY_CRITIC', 'POLICY_STARVED_BY_CLIPPING'],
    {},
    { gradNormPolicy: 0.3, gradNormValue: 2e4, clipScalePolicy: 2e-5, starvedByCritic: 0.9999 },
  ],
  ['no gradient', ['POLICY_STARVED_BY_CLIPPING'], {}, { gradNormPolicy: 1e-7 }],
  ['ratios out of the band', ['POLICY_STARVED_BY_CLIPPING'], {}, { clipFraction: 0.6 }],
  ['pay for the vote', ['REWARDS_OF_OTHERS'], {}, (i) => ({ paidForOthers: 0.46 / i })],
  ['figures of 48 events', ['METRICS_PARTIAL'], {}, { actions: { allow: 150, block: 10, quarantine: 9, alert: 23 } }],
  [
    'a long discount on independent rows',
    ['RETURNS_UNEXPLAINABLE'],
    { gamma: 0.99 },
    { explainableVarianceCeiling: 0.019 },
  ],
  ['a stream of noise', ['RETURNS_UNEXPLAINABLE'], { episodes: 'stream' }, { explainableVarianceCeiling: 0.05 }],
  ['returns by time', ['RETURNS_MEASURE_TIME'], {}, { timeToGoShare: 0.96 }],
  ['a loss of 38,588', ['VALUE_LOSS_EXPLODES'], {}, (i) => ({ criticLoss: i === 40 ? 38_588 : 2 })],
  ['a loss of 500 in reward units', ['VALUE_LOSS_OUT_OF_SCALE'], { returnNormalisation: 'none' }, { criticLoss: 500 }],
  ['a normalised loss of 50', ['VALUE_LOSS_OUT_OF_SCALE'], {}, { criticLoss: 50 }],
  ['a loss of 0.999', ['VALUE_LOSS_STUCK'], {}, { valueLoss: 0.999 }],
  ['values in other units', ['VALUES_IN_OTHER_UNITS'], {}, { valueScale: 0.02 }],
  ['values that are one value', ['VALUES_NEAR_ZERO'], {}, { valueSpread: 0.01 }],
  ['no threat stopped', ['NO_THREAT_STOPPED'], {}, { validation: never }],
  ['everything stopped', ['NOTHING_ALLOWED'], {}, { validation: always }],
  ['one action', ['ONE_ACTION', 'ACTION_MIX_OFF'], {}, { actions: ALLOWING }],
  ['a random mix', ['ACTION_MIX_OFF'], {}, { actions: RANDOM }],
  ['certainty without use', ['ENTROPY_COLLAPSED'], {}, { entropy: 0.01, validation: never }],
  ['no certainty', ['NO_EXPLOITATION'], {}, { entropy: 1.38 }],
  ['a flat reward', ['REWARD_NOT_RISING'], {}, { rewardMean: -3, validation: never }],
  ['balanced sampling', ['EVALUATION_UNLIKE_TRAINING'], {}, { threatRate: 0.5 }],
  [
    'three agents',
    ['NO_FAULT_TOLERATED'],
    { agents: 3, rowsPerIteration: 1024 },
    { actions: { allow: 1500, block: 190, quarantine: 120, alert: 1262 } },
  ],
  ['a rule that never holds', ['SPECIFICATION_NEVER_HOLDS', 'PENALTY_NEARLY_ALWAYS'], STL, { stl: [rule(0.0002)] }],
  ['a rule that always holds', ['SPECIFICATION_ALWAYS_HOLDS'], STL, { stl: [rule(1)] }],
  ['a budget with slack', ['BUDGET_DOES_NOT_BIND'], BUDGET, { stl: [{ ...rule(0.97), lambda: 0, alertPrice: 0 }] }],
]

describe('diagnoseMetrics', () => {
  it('finds nothing in a training that went well, at any moment of it', () => {
    const metrics = history()
    for (let length = 0; length <= ITERATIONS; length++) expect(codes({}, metrics.slice(0, length))).toEqual([])
  })

  it('takes balanced rows for right where weights make up for them', () => {
    expect(
      codes(
        { sampling: 'importance' },
        history({ threatRate: 0.5, actions: { allow: 2048, block: 1024, quarantine: 1024, alert: 0 } }),
      ),
    ).toEqual([])
  })

  it.each(CASES)('finds %s: %j', (_, expected, config, change) => {
    expect(codes(config, history(change))).toEqual(expect.arrayContaining(expected))
  })

  it.each(CASES)('finds in %s nothing but what belongs to it', (_, expected, config, change) => {
    // A team that allows everything is found by its actions too, and so on.
    const related: FindingCode[] = [
      'ONE_ACTION',
      'ACTION_MIX_OFF',
      'NO_THREAT_STOPPED',
      'ENTROPY_COLLAPSED',
      'REWARD_NOT_RISING',
    ]
    const others = codes(config, history(change)).filter((code) => !expected.includes(code) && !related.includes(code))
    expect(others).toEqual([])
  })

  it('finds what says all that it must', () => {
    const found = CASES.flatMap(([, , config, change]) =>
      diagnoseMetrics(resolveLabConfig({ ...CONFIG, ...config }, 'test'), history(change)),
    )
    for (const { title, evidence, cause, remedy } of found) {
      expect(title).not.toMatch(/\.$/)
      for (const text of [evidence, cause, remedy]) expect(text).toMatch(/\.$/)
      expect(`${title}${evidence}${cause}${remedy}`).not.toMatch(/undefined|NaN|null|\[object/)
      expect(evidence).toMatch(/\d|defects/)
      // A finding that is named may be absent.
      expect(FINDING_CODES.filter((code) => `${title} ${cause} ${remedy}`.includes(code))).toEqual([])
    }
  })
})
