import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { describe, expect, it } from 'vitest'
import { causesFirst } from './causes-first.ts'
import { diagnoseMetrics } from './diagnose.ts'
import type { FindingCode } from './finding.ts'
import {
  always,
  BUDGET,
  type Change,
  CONFIG,
  codes,
  good,
  history,
  never,
  RANDOM,
  rule,
  STL,
} from './metrics.fixture.ts'

describe('thresholds', () => {
  it('count events: 102,400 of them, not iterations, are what the value loss was recorded after', () => {
    const stuck = { valueLoss: 0.999 }
    expect(codes({ rowsPerIteration: 1024 }, history(stuck, 24))).toEqual([])
    expect(codes({ rowsPerIteration: 1024 }, history(stuck, 28))).toEqual(['VALUE_LOSS_STUCK'])
    const actions = { allow: 32_000, block: 4000, quarantine: 2560, alert: 26_976 }
    expect(codes({ rowsPerIteration: 16_384 }, history({ ...stuck, actions }, 23))).toEqual(['VALUE_LOSS_STUCK'])
  })

  it('wait for a value loss that still falls', () => {
    expect(
      codes(
        {},
        history((i) => ({ valueLoss: Math.max(0.975, 2.2 - 0.02 * i) })),
      ),
    ).toEqual([])
    expect(
      codes(
        {},
        history((i) => ({ valueLoss: 1.0 - 0.0001 * i })),
      ),
    ).toEqual(['VALUE_LOSS_STUCK'])
  })

  it('wait where a specification holds in validation, and only sampled actions break it', () => {
    const validation = { ...good, satisfied: [0.94] }
    const config = { ...STL, stlMode: 'lagrangian' } as const
    expect(codes(config, history({ stl: [rule(0)], validation }))).toEqual([])
    expect(codes(config, history({ stl: [rule(0)], validation: { ...good, satisfied: [0] } }))).toEqual([
      'SPECIFICATION_NEVER_HOLDS',
    ])
  })

  it('take a budget for one that binds where it is priced, barely kept, or not about alerts', () => {
    const at = (satisfiedRate: number, lambda: number | null) => history({ stl: [{ ...rule(satisfiedRate), lambda }] })
    expect(codes(BUDGET, at(0.97, 0))).toEqual(['BUDGET_DOES_NOT_BIND'])
    for (const [rate, lambda] of [
      [0.97, 0.01],
      [0.95, 0],
      [0.97, null],
    ] as const)
      expect(codes(BUDGET, at(rate, lambda))).toEqual([])
    const other = [{ name: 'r', formula: 'G (fp_rate[100] <= 0.02)', target: 0.95 }]
    expect(codes({ ...BUDGET, specifications: other }, at(0.97, 0))).toEqual([])
  })

  it('ask nobody to stop threats, or to let events pass, where there are none', () => {
    const onlyBenign = { ...never, fn: 0, tn: 1000, rewardMean: 1 }
    expect(codes({}, history({ validation: onlyBenign, threatRate: 0 }))).not.toContain('NO_THREAT_STOPPED')
    const onlyThreats = { ...always, fp: 0, tp: 1000, rewardMean: 8.5 }
    expect(codes({}, history({ validation: onlyThreats, threatRate: 1 }))).not.toContain('NOTHING_ALLOWED')
  })

  it('take no critic for no fault, and no table under which nothing can be gained', () => {
    expect(codes({ valueHidden: null, baseline: 'counterfactual' }, history({ criticLoss: null }))).toEqual([])
    const rewards = { truePositive: -20 }
    expect(codes({ rewards }, history({ entropy: 0.01, rewardMean: -3 }))).toEqual([])
  })

  it('compare threat rates by the events of both sides', () => {
    const few = { tp: 3, fn: 0, fp: 0, tn: 97 }
    expect(codes({ rowsPerIteration: 1024 }, history({ threatRate: 0, validation: { ...good, ...few } }, 3))).toEqual([
      'EVALUATION_UNLIKE_TRAINING',
    ])
    // Streams are played one after another: short ones come more often for a while.
    const streams = resolveLabConfig({ ...CONFIG, rowsPerIteration: 1024, episodes: 'stream' }, 'test')
    const severities = diagnoseMetrics(streams, history({ threatRate: 0.3 })).map(({ code, severity }) => [
      code,
      severity,
    ])
    expect(severities).toEqual([['EVALUATION_UNLIKE_TRAINING', 'note']])
    const one = resolveLabConfig({ ...CONFIG, rowsPerIteration: 128, minibatchSize: 128 }, 'test')
    const actions = { allow: 256, block: 32, quarantine: 20, alert: 204 }
    expect(diagnoseMetrics(one, history({ threatRate: 0.03, actions }, 1))).toEqual([])
  })

  it('measure raw losses by what the table spans', () => {
    const none = { returnNormalisation: 'none' } as const
    const hundredfold = {
      ...{ truePositive: 1000, trueNegative: 100, falsePositive: -800, falseNegative: -1000, restrictiveCost: 150 },
      ...{ alertCost: 200 },
    }
    const raw = (criticLoss: number) => history({ criticLoss, rewardMean: 100 })
    expect(codes({ ...none, rewards: hundredfold }, raw(500_000))).toEqual([])
    expect(codes({ ...none, rewards: hundredfold }, raw(5e6))).toEqual(['VALUE_LOSS_OUT_OF_SCALE'])
    for (const recorded of [38_588, 49_328, 84_434, 998_830]) {
      expect(codes(none, history({ criticLoss: recorded }))).toEqual(['VALUE_LOSS_EXPLODES'])
    }
  })

  it('let the KL alone decide where the clip band is as narrow as rounding', () => {
    expect(codes({ clipEpsilon: 1e-6 }, history({ firstClipFraction: 0.4 }))).toEqual([])
    expect(codes({ clipEpsilon: 1e-6 }, history({ firstClipFraction: 0.4, firstApproxKl: 1e-3 }))).toEqual([
      'RATIO_NOT_ONE',
    ])
  })

  it('look ahead by gamma lambda where returns do', () => {
    expect(codes({ gamma: 0.99, returns: 'gae' }, history({}, 1))).toEqual([])
    expect(codes({ gamma: 0.99, gaeLambda: 1, returns: 'gae' }, history({}, 1))).toEqual(['RETURNS_UNEXPLAINABLE'])
  })

  it('find time-to-go from 0.3 on', () => {
    expect(codes({}, history({ timeToGoShare: 0.25 }))).toEqual([])
    expect(codes({}, history({ timeToGoShare: 0.44 }))).toEqual(['RETURNS_MEASURE_TIME'])
  })

  it('take certainty for the cause, and its vanished gradient for no finding', () => {
    const certain = { entropy: 1e-5, gradNormPolicy: 1e-7, validation: never }
    const found = causesFirst(
      diagnoseMetrics(resolveLabConfig({ ...CONFIG, learningRate: 1 }, 'test'), history(certain)),
    )
    expect(found[0]).toMatchObject({ code: 'ENTROPY_COLLAPSED', severity: 'problem' })
    expect(found[0].remedy).toMatch(/^Give a smaller --learning-rate \(it is 1\)/)
    expect(found.map(({ code }) => code)).not.toContain('POLICY_STARVED_BY_CLIPPING')
    expect(found.find(({ code }) => code === 'NO_THREAT_STOPPED')?.severity).toBe('consequence')
  })

  it('ask nothing of a policy that is new', () => {
    const new_ = { clipFraction: 0.8, entropy: 1.38, valueLoss: 1.5, actions: RANDOM, explainableVarianceCeiling: 0.01 }
    expect(
      codes(
        { episodes: 'stream' },
        history((i) => (i <= 5 ? new_ : {}), 5),
      ),
    ).toEqual([])
  })

  it('speak of the discount on independent rows at once', () => {
    expect(codes({ gamma: 0.99 }, history({}, 1))).toEqual(['RETURNS_UNEXPLAINABLE'])
    expect(codes({ gamma: 0.5 }, history({}, 1))).toEqual([])
  })

  it('let a team that is right where threats are rare allow more than 95 %', () => {
    const rare = { threatRate: 0.02, validation: null }
    expect(codes({}, history({ ...rare, actions: { allow: 4014, block: 41, quarantine: 41, alert: 0 } }))).toEqual([])
    expect(codes({}, history({ ...rare, actions: { allow: 4090, block: 3, quarantine: 3, alert: 0 } }))).toContain(
      'ONE_ACTION',
    )
  })

  it('take a validation by chance for none, and one threat stopped for something', () => {
    const once = (i: number) => ({ validation: i === 55 ? { ...never, tp: 1, fn: 99 } : never })
    expect(codes({}, history(once))).not.toContain('NO_THREAT_STOPPED')
    expect(
      codes(
        {},
        history((i) => ({ validation: i === 60 ? never : null })),
      ),
    ).not.toContain('NO_THREAT_STOPPED')
    const few = { ...good, tp: 3, fn: 0, fp: 0, tn: 17 }
    expect(codes({}, history({ validation: few }))).toEqual([])
  })

  it('let certainty pass where the team is good, as annealing ends', () => {
    expect(codes({}, history({ entropy: 0.01 }))).toEqual([])
  })

  it('expect ratios of 1 only on policy', () => {
    expect(codes({ staleness: 1 }, history({ staleness: 1, firstApproxKl: 0.02, firstClipFraction: 0.1 }))).toEqual([])
  })

  it('find a shared clip that took something once, and no rounding', () => {
    expect(codes({}, history({ starvedByCritic: 1e-7 }))).toEqual([])
    const once = (i: number) => ({ starvedByCritic: i === 3 ? 0.08 : 0 })
    expect(codes({}, history(once))).toEqual(['POLICY_STARVED_BY_CRITIC'])
  })

  it('ask nothing of specifications that are only measured', () => {
    expect(codes({ ...STL, stlMode: 'off' }, history({ stl: [rule(0)] }))).toEqual([])
  })

  it('name the floor where the returns leave no more to be explained', () => {
    const config = resolveLabConfig({ ...CONFIG, gamma: 0.99 }, 'test')
    const found = diagnoseMetrics(
      config,
      history({ valueLoss: 0.99, explainableVarianceCeiling: 0.02, explainedVariance: 0.01 }),
    )
    expect(found.find(({ code }) => code === 'VALUE_LOSS_STUCK')?.cause).toMatch(/^That is the floor/)
    expect(found.find(({ code }) => code === 'RETURNS_UNEXPLAINABLE')?.cause).toContain('1 - gamma^2 = 0.0199')
  })

  it('survive figures that could not be measured', () => {
    const none = { valueLoss: null, criticLoss: null, valueSpread: null, explainedVariance: null, entropy: null }
    const update = {
      gradNormPolicy: null,
      clipScalePolicy: null,
      starvedByCritic: null,
      clipFraction: null,
      ratiosPerDecision: null,
    }
    const rest = { explainableVarianceCeiling: null, timeToGoShare: null, firstApproxKl: null, firstClipFraction: null }
    expect(codes({}, history({ ...none, ...update, ...rest, validation: null }))).toEqual(['NOT_FINITE'])
  })
})

describe('remedies', () => {
  const remedyOf = (config: LabConfigInput, change: Change, wanted: FindingCode) =>
    diagnoseMetrics(resolveLabConfig({ ...CONFIG, ...config }, 'test'), history(change)).find(
      ({ code }) => code === wanted,
    )!

  it('do not ask for what is set already', () => {
    const floor = { valueLoss: 0.99, explainableVarianceCeiling: 0.02, explainedVariance: 0.01, valueSpread: 0.01 }
    for (const code of ['VALUE_LOSS_STUCK', 'VALUES_NEAR_ZERO'] as const) {
      expect(remedyOf({}, floor, code).remedy).not.toContain('--gamma')
      expect(remedyOf({ gamma: 0.99 }, floor, code).remedy).toContain('--gamma=0')
    }
    const far = { valueLoss: 0.99, valueSpread: 0.01, criticLoss: 50 }
    for (const code of ['VALUE_LOSS_STUCK', 'VALUES_NEAR_ZERO', 'VALUE_LOSS_OUT_OF_SCALE'] as const) {
      expect(remedyOf({}, far, code).remedy).not.toContain('--return-normalisation')
      expect(remedyOf({ returnNormalisation: 'batch' }, far, code).remedy).toContain('--return-normalisation=running')
    }
    expect(remedyOf({ bootstrap: true }, { timeToGoShare: 0.9 }, 'RETURNS_MEASURE_TIME').remedy).not.toContain('--boot')
  })

  it('can be followed: streams have no balanced sampling', () => {
    const { remedy } = remedyOf({ gamma: 0.99, sampling: 'balanced' }, {}, 'RETURNS_UNEXPLAINABLE')
    expect(remedy).toContain('--episodes=stream --sampling=natural')
  })

  it('do not call impossible what the critic does', () => {
    const passed = { explainableVarianceCeiling: 0.02, explainedVariance: 0.3, valueLoss: 0.98 }
    expect(remedyOf({ gamma: 0.99 }, passed, 'RETURNS_UNEXPLAINABLE').cause).not.toContain('cannot')
    expect(remedyOf({ gamma: 0.99 }, passed, 'VALUE_LOSS_STUCK').cause).not.toContain('floor')
  })
})

describe('causesFirst', () => {
  const graded = (config: LabConfigInput, change: Change) =>
    causesFirst(diagnoseMetrics(resolveLabConfig({ ...CONFIG, ...config }, 'test'), history(change))).map(
      ({ code, severity }) => `${severity} ${code}`,
    )

  it('tells causes, notes, and then what follows', () => {
    const change = {
      ratiosPerDecision: 256,
      entropy: 1.38,
      actions: { allow: 1500, block: 190, quarantine: 120, alert: 1262 },
    }
    expect(graded({ agents: 3 }, change)).toEqual([
      'problem RATIO_SHAPE',
      'note NO_FAULT_TOLERATED',
      'consequence NO_EXPLOITATION',
    ])
  })

  it('leaves symptoms problems where no cause is known', () => {
    expect(graded({}, { entropy: 1.38 })).toEqual(['problem NO_EXPLOITATION'])
  })
})
