import { resolveConfig } from '@vigil/config'
import type { Evaluation, ResponseScores } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { sampleResponse, sampleResponseEvaluation } from '../../runs/src/sample-response.fixture.ts'
import { diagnoseEvaluation, diagnoseMetrics } from './diagnose.ts'
import { history } from './metrics.fixture.ts'

const config = resolveConfig({ dataset: 'quickest' }, 'test')
const { members, references, stopLevels } = sampleResponse()
const { gain } = sampleResponseEvaluation()

type Changes = Partial<Omit<Evaluation, 'response'>> & { readonly response?: Partial<ResponseScores> }
const found = (changes: Changes) =>
  diagnoseEvaluation(config, sampleResponseEvaluation(changes)).map(({ code }) => code)

describe('an evaluation of streams', () => {
  it('has nothing to find in a team that does well', () => {
    expect(found({})).toEqual([])
  })

  it('shows a team that never ends a stream, where there is a threat', () => {
    const never = { contained: 0, falselyContained: 0 }
    expect(found({ response: never })).toEqual(['STREAMS_NEVER_STOPPED'])
    expect(found({ response: { ...never, contained: 1 } })).toEqual([])
    expect(found({ response: { ...never, threatStreams: 0, missed: 0 } })).toEqual([])
  })

  it('shows a team that ends more than half of the streams without a threat', () => {
    // Of 12, beside others that were contained before their threat.
    expect(found({ response: { falselyContained: 7, benignContained: 6 } })).toEqual([])
    expect(found({ response: { falselyContained: 7, benignContained: 7 } })).toEqual(['STREAMS_STOPPED_AT_ONCE'])
  })

  it('shows a vote that is worse than the worst of its members', () => {
    const allAt = (returnMean: number) => ({ members: members.map((member) => ({ ...member, returnMean })) })
    // The vote returns -2.3, a hundredth of the range from allow to the bound is 0.069.
    expect(found({ response: allAt(-2.2) })).toEqual(['VOTE_WORSE_THAN_MEMBERS'])
    expect(found({ response: allAt(-2.24) })).toEqual([])
    expect(found({ response: { members: [...allAt(-2).members.slice(1), members[0]] } })).toEqual([])
  })

  it('shows where the per-event rule is as good as the exact optimum', () => {
    expect(found({ gain: { ...gain!, rule: -2.21 } })).toEqual(['SEQUENCE_DOES_NOT_MATTER'])
    expect(found({ gain: { ...gain!, rule: -2.28 } })).toEqual([])
  })

  it('asks a clairvoyant bound for nothing, but the best rule and the team', () => {
    const response = { bound: { name: 'clairvoyant', returnMean: -0.5 } }
    const beside = (rule: number) => found({ response, gain: { ...gain!, bound: -0.5, rule } })
    expect(beside(-2.35)).toEqual(['SEQUENCE_DOES_NOT_MATTER'])
    expect(beside(-2.6)).toEqual([])
  })

  it('shows a stop level at the end of what was tried, and one that makes up for much', () => {
    expect(found({ response: { stopFactor: stopLevels[0].factor } })).toEqual(['STOP_LEVEL_OFF'])
    const wide = [...stopLevels, { factor: 9, returnMean: -3 }]
    const better = (returnMean: number) => wide.with(2, { ...wide[2], returnMean })
    const chosen = { stopFactor: stopLevels[2].factor }
    // A twentieth of the range is 0.345.
    expect(found({ response: { ...chosen, stopLevels: better(-2.0) } })).toEqual(['STOP_LEVEL_OFF'])
    expect(found({ response: { ...chosen, stopLevels: better(-2.1) } })).toEqual([])
  })

  it('shows a team without alerts where the best rule gives some', () => {
    const asking = references.map((rule) => ({ ...rule, actions: { ...rule.actions, alert: 30 } }))
    const silent = { allow: 788, block: 4, quarantine: 8, alert: 0 }
    expect(found({ actions: silent, response: { references: asking } })).toEqual(['TICKETS_UNUSED'])
    expect(found({ actions: silent })).toEqual([])
    expect(found({ response: { references: asking } })).toEqual([])
  })
})

describe('a training on streams', () => {
  const codes = (changes: Parameters<typeof history>[0]) =>
    diagnoseMetrics(config, history(changes)).map(({ code }) => code)
  const actions = { allow: 3800, block: 100, quarantine: 100, alert: 96 }
  const greedyAt = (stopped: number) => ({
    ...history()[0].validation!,
    tp: stopped,
    fp: 0,
    fn: 100 - stopped,
    tn: 900,
  })

  it('shows that alerts were never tried', () => {
    const validation = greedyAt(40)
    expect(codes({ actions, validation })).not.toContain('ALERT_NEVER_TRIED')
    const silent = { allow: 3893, block: 100, quarantine: 100, alert: 3 }
    expect(codes({ actions: silent, validation })).toContain('ALERT_NEVER_TRIED')
    expect(codes((iteration) => ({ actions: iteration === 1 ? actions : silent, validation }))).not.toContain(
      'ALERT_NEVER_TRIED',
    )
  })

  it('shows a greedy team that is unlike the sampled one', () => {
    // 4.9 % of the sampled actions are restrictive.
    expect(codes({ actions, validation: greedyAt(17) })).not.toContain('GREEDY_UNLIKE_SAMPLED')
    expect(codes({ actions, validation: greedyAt(16) })).toContain('GREEDY_UNLIKE_SAMPLED')
    expect(codes({ actions, validation: null })).not.toContain('GREEDY_UNLIKE_SAMPLED')
  })

  it('is not measured by the reward table', () => {
    const nothing = { ...greedyAt(0), precision: 0, recall: 0, f1: 0 }
    expect(codes({ actions, validation: nothing })).not.toContain('NO_THREAT_STOPPED')
    const triage = resolveConfig({ environment: 'triage' }, 'test')
    expect(diagnoseMetrics(triage, history({ actions, validation: nothing })).map(({ code }) => code)).toContain(
      'NO_THREAT_STOPPED',
    )
  })
})
