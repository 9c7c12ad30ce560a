import { resolveConfig } from '@vigil/config'
import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import type { Evaluation } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { sampleEvaluation, sampleScores } from '../../runs/src/sample-run.fixture.ts'
import { diagnoseEvaluation } from './diagnose.ts'

const found = (changes: Partial<Evaluation>) =>
  diagnoseEvaluation(resolveConfig({ dataset: 'synthetic' }, 'test'), sampleEvaluation(changes)).map(({ code }) => code)
const { diversity } = sampleEvaluation()

describe('diagnoseEvaluation', () => {
  it('finds nothing in a team that is good, nor in one that is perfect', () => {
    expect(found({})).toEqual([])
    const perfect = sampleScores({ tp: 100, fn: 0, fp: 0, tn: 900 })
    expect(found({ team: perfect, diversity: { ...diversity, disagreement: 0, errorCorrelation: null } })).toEqual([])
  })

  it('finds agents that are one agent, and agents that err as one', () => {
    expect(found({ diversity: { ...diversity, disagreement: 0, errorCorrelation: 1 } })).toEqual(['AGENTS_IDENTICAL'])
    expect(found({ diversity: { ...diversity, errorCorrelation: 0.97 } })).toEqual(['AGENTS_WRONG_TOGETHER'])
  })

  it('finds a team that a constant action replaces, whichever', () => {
    const allowing = sampleScores({ tp: 0, fn: 100, fp: 0, tn: 900 })
    const stopping = sampleScores({ tp: 100, fn: 0, fp: 900, tn: 0 })
    const alerting = sampleScores({ tp: 0, fn: 100, fp: 0, tn: 900, threatAlerts: 100, benignAlerts: 900 })
    for (const team of [allowing, stopping]) expect(found({ team })).toEqual(['TEAM_NO_BETTER_THAN_CONSTANT'])
    expect(found({ team: alerting })).toEqual(['TEAM_NO_BETTER_THAN_CONSTANT', 'ALERTS_MANY'])
  })

  it('finds more alerts than people can look at, and says whose they are', () => {
    const alerting = sampleScores({ tp: 93, fn: 7, fp: 5, tn: 895, threatAlerts: 6, benignAlerts: 45 })
    expect(found({ team: alerting })).toEqual(['ALERTS_MANY'])
    const few = sampleScores({ tp: 93, fn: 7, fp: 5, tn: 895, threatAlerts: 6, benignAlerts: 44 })
    expect(found({ team: few })).toEqual([])
    const findingOf = (changes: Partial<Evaluation>) =>
      diagnoseEvaluation(resolveConfig({ dataset: 'synthetic' }, 'test'), sampleEvaluation(changes))[0]
    expect(findingOf({ team: alerting }).evidence).toContain('51 of 1,000 events of the test split')
    expect(findingOf({ team: alerting }).cause).toContain('allow pays most below a threat probability of 0.2')
    const free = { ...DEFAULT_REWARDS, alertCost: 0 }
    expect(findingOf({ team: alerting, rewards: free }).cause).toContain('An alert costs nothing')
    expect(findingOf({ team: { ...alerting, undecided: 26 } }).cause).toContain('the fallback of a vote')
  })

  it('finds a vote that comes to nothing too often', () => {
    const split = (undecided: number) => sampleScores({ tp: 93, fn: 7, fp: 5, tn: 895, undecided })
    expect(found({ team: split(20) })).toEqual([])
    expect(found({ team: split(21) })).toEqual(['UNDECIDED_MANY'])
  })

  it('only notes what a training of five iterations has not learnt', () => {
    const team = sampleScores({ tp: 0, fn: 100, fp: 0, tn: 900 })
    const found = (iterations: number) =>
      diagnoseEvaluation(resolveConfig({ dataset: 'synthetic', iterations }, 'test'), sampleEvaluation({ team }))
    expect(found(5)).toMatchObject([{ code: 'TEAM_NO_BETTER_THAN_CONSTANT', severity: 'note' }])
    expect(found(5)[0].cause).toMatch(/^Too short to tell: 5 iterations\./)
    expect(found(6)).toMatchObject([{ code: 'TEAM_NO_BETTER_THAN_CONSTANT', severity: 'problem' }])
  })

  it('asks nothing of a team where nothing can be gained', () => {
    const team = sampleScores({ tp: 0, fn: 100, fp: 0, tn: 900 })
    const config = resolveConfig({ dataset: 'synthetic', rewards: { truePositive: -20 } }, 'test')
    expect(diagnoseEvaluation(config, sampleEvaluation({ team }))).toEqual([])
  })
})
