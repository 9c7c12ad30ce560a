import { describe, expect, it } from 'vitest'
import { parseEvaluation } from './evaluation.ts'
import { sampleResponse, sampleResponseEvaluation } from './sample-response.fixture.ts'
import { sampleEvaluation } from './sample-run.fixture.ts'

const { ledger, members, attacks, references } = sampleResponse()
const { gain } = sampleResponseEvaluation()
const changed = (changes: Parameters<typeof sampleResponseEvaluation>[0]) => () =>
  parseEvaluation(sampleResponseEvaluation(changes))

describe('an evaluation of decisions with consequences', () => {
  it('is read as it was written', () => {
    const evaluation = sampleResponseEvaluation()
    expect(parseEvaluation(JSON.parse(JSON.stringify(evaluation)))).toEqual(evaluation)
  })

  it('has a ledger that sums to the return, to a millionth', () => {
    const off = (amount: number) => ({ response: { ledger: { ...ledger, alerts: ledger.alerts + amount } } })
    expect(changed(off(1e-7))).not.toThrow()
    expect(changed(off(1e-5))).toThrow(/response\.ledger: the sum of the entries/)
    const { alerts: _, ...incomplete } = ledger
    expect(changed({ response: { ledger: incomplete as typeof ledger } })).toThrow(/response\.ledger\.alerts/)
  })

  it('counts events that were decided, and those that were cut off', () => {
    expect(changed({ cutOff: 199 })).toThrow(/tp \+ fn \+ fp \+ tn \(the rows\) must be 801, received 800/)
    const cut = (cutOff: number) => ({ ...attacks[0], cutOff })
    expect(changed({ response: { attacks: [cut(201)] } })).toThrow(/attacks\.0: the sum of actions and cutOff/)
    expect(changed({ threats: 59 })).toThrow(/team: tp \+ fn must be at most threats \(59\), received 60/)
  })

  it('has a gain that follows from the returns', () => {
    expect(changed({ gain: { ...gain!, share: 0.5 } })).toThrow(/gain\.share: the share must be 0\.96/)
    expect(changed({ gain: { ...gain!, share: null } })).toThrow(/gain\.share/)
    expect(changed({ gain: { ...gain!, team: -2.2 } })).toThrow(/gain\.team/)
    expect(changed({ gain: { ...gain!, best: -2.35 } })).toThrow(/gain\.best: the return of the best reference/)
    expect(changed({ gain: { ...gain!, bound: -2 } })).toThrow(/gain\.bound/)
    expect(changed({ gain: { ...gain!, low: 0.4 } })).toThrow(/gain\.low/)
    expect(changed({ response: { best: 4 } })).toThrow(/response\.best/)
  })

  it('has beside it a rule on boosting, with its return', () => {
    const onBoosting = { ...references[2], score: 'boosting', returnMean: -2.7 }
    const others = [...references, onBoosting]
    const beside = (boosting: NonNullable<typeof gain>['boosting']) =>
      changed({ gain: { ...gain!, boosting }, response: { references: others } })
    expect(beside({ rule: 4, best: -2.7, low: 0.3, high: 0.5 })).not.toThrow()
    expect(beside({ rule: 4, best: -2.6, low: 0.3, high: 0.5 })).toThrow(
      /gain\.boosting\.best: its return must be -2\.7/,
    )
    expect(beside({ rule: 2, best: -2.5, low: 0.3, high: 0.5 })).toThrow(/gain\.boosting\.rule/)
    expect(beside({ rule: 9, best: -2.5, low: 0.3, high: 0.5 })).toThrow(/gain\.boosting\.rule/)
  })

  it('has no share where the rule reaches the bound', () => {
    const bound = { name: 'exact optimum', returnMean: -4.9 }
    const reached = { ...gain!, bound: -4.9, share: null }
    expect(changed({ gain: reached, response: { bound } })).not.toThrow()
    expect(changed({ gain: { ...reached, share: 1 }, response: { bound } })).toThrow(/gain\.share/)
  })

  it('names returns once: those of the members are those of the agents', () => {
    const [first, ...others] = members
    expect(changed({ agents: sampleResponseEvaluation().agents, response: { members: others } })).toThrow(
      /response\.members: the number of members must be 4, received 3/,
    )
    const better = { ...first, returnMean: -1 }
    expect(changed({ agents: sampleResponseEvaluation().agents, response: { members: [better, ...others] } })).toThrow(
      /agents\.0\.rewardMean/,
    )
    expect(changed({ response: { returnMean: -2 } })).toThrow(/response\.ledger/)
  })

  it('divides the ledger into three shares', () => {
    const validity = { exact: 0.7, modelled: 0.2, unidentified: 0.2, blockedIntruder: null }
    expect(changed({ response: { validity } })).toThrow(/response\.validity/)
  })

  it('is whole, or not there', () => {
    const { cutOff, response } = sampleResponseEvaluation()
    for (const part of [{ cutOff }, { gain }, { response }]) {
      expect(() => parseEvaluation({ ...sampleEvaluation(), ...part })).toThrow(/EVALUATION_INVALID|not a valid/)
    }
    expect(() => parseEvaluation({ ...sampleEvaluation(), gain })).toThrow(/there together, or none of them/)
  })
})
