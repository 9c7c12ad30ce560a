import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import { fillUniforms } from '@vigil/random'
import { countConfusion, deriveRates } from '@vigil/runs'
import { DECISION_RULES, type DecisionRule, decideBatch, SCRIPTED_ATTACKS } from '@vigil/vote'
import { describe, expect, it } from 'vitest'
import { skillWeights } from '../vote-settings.ts'
import { attackTable } from './attack-table.ts'
import { CHEAP_ATTACKS, isVoteAttack, votesUnder } from './attack-votes.ts'
import { areAllSetsTried, faultySets, mostSkilled } from './faulty-sets.ts'

const RULES = Object.keys(DECISION_RULES) as DecisionRule[]

/** A team whose agents are right 9 times of 10, the later ones less often, on events of which a fifth are threats. */
function someTeam(agentCount: number, rows = 300) {
  const labels = Uint8Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? 1 : 0))
  const actions = new Uint8Array(rows * agentCount)
  const scores = new Float32Array(rows * agentCount)
  const drawn = new Float64Array(2)
  for (let at = 0; at < actions.length; at++) {
    fillUniforms({ seed: 3, stream: 99 }, [at, 0, 0], drawn)
    const isRight = drawn[0] < 0.92 - 0.03 * (at % agentCount)
    const isThreat = (labels[Math.floor(at / agentCount)] === 1) === isRight
    actions[at] = isThreat ? 1 + (at % 2) : 3 * (at % 2)
    scores[at] = isThreat ? 0.5 + drawn[1] / 2 : drawn[1] / 2
  }
  const votes = { actions, scores, agentCount }
  const faults = Math.floor((agentCount - 1) / 3)
  const weights = skillWeights(votes, labels, faults)
  const settingsOf = (rule: DecisionRule) => ({ rule, faults, fallbackAction: 3 as const, weights })
  const events = Uint32Array.from(labels.keys())
  return { votes, labels, events, settingsOf, weights, rewards: DEFAULT_REWARDS, seed: 1 }
}

describe.each([4, 7])('the attacks on %i agents', (agentCount) => {
  const team = someTeam(agentCount)
  const { faults } = team.settingsOf('quorum')
  const table = attackTable({ ...team, attacks: CHEAP_ATTACKS, byWeights: [] })
  const f1Of = (attack: string, f: number, rule: string) =>
    table.find((entry) => entry.attack === attack && entry.f === f && entry.rule === rule)!.team.f1

  it('are all there: by 1 to f + 1 agents, under every rule, and none at all', () => {
    expect(table.length).toBe(RULES.length * (1 + CHEAP_ATTACKS.length * (faults + 1)))
    for (const { attack, f, agents } of table) {
      expect(agents === null).toBe(attack === 'targeted-any')
      if (agents !== null) expect(agents.length).toBe(f)
    }
  })

  it('are by the agents that do most harm, of all that could', () => {
    for (const rule of RULES) {
      for (const attack of CHEAP_ATTACKS.filter(isVoteAttack)) {
        const settings = team.settingsOf(rule)
        for (let f = 1; f <= faults + 1; f++) {
          const worst = Math.min(
            ...faultySets(team.weights, f).map((faulty) => {
              const votes = votesUnder(attack, team, { faulty, settings, seed: 1 })
              const { actions } = decideBatch({ ...votes, ...settings })
              return deriveRates(countConfusion(actions, team.labels)).f1
            }),
          )
          expect(f1Of(attack, f, rule), `${attack} ${f} ${rule}`).toBeCloseTo(worst, 12)
        }
      }
    }
  })

  it('do at most what agents chosen for every event do, and more of them no less', () => {
    for (const rule of RULES) {
      for (let f = 1; f <= faults + 1; f++) {
        const bound = f1Of('targeted-any', f, rule)
        const fixed = f1Of('targeted', f, rule)
        expect(bound).toBeLessThanOrEqual(fixed)
        for (const attack of SCRIPTED_ATTACKS) expect(fixed).toBeLessThanOrEqual(f1Of(attack, f, rule) + 1e-12)
        expect(bound).toBeLessThanOrEqual(f === 1 ? f1Of('none', 0, rule) : f1Of('targeted-any', f - 1, rule))
      }
    }
  })

  it('say without an attack which decisions f agents could turn: right ones are what targeted agents turn', () => {
    for (const rule of RULES) {
      const honest = decideBatch({ ...team.votes, ...team.settingsOf(rule) })
      const none = table.find((entry) => entry.attack === 'none' && entry.rule === rule)!
      expect(none.flippable).toBe(honest.flippable.filter((flag) => flag === 1).length / team.labels.length)
      expect(none.team.undecidedRate).toBe(honest.decided.filter((flag) => flag === 0).length / team.labels.length)
      const isThreat = (action: number) => action === 1 || action === 2
      const turned = team.labels.filter(
        (label, row) => isThreat(honest.actions[row]) === (label === 1) && honest.flippable[row] === 1,
      )
      const { team: bound } = table.find((b) => b.attack === 'targeted-any' && b.f === faults && b.rule === rule)!
      expect(none.team.tp + none.team.tn - bound.tp - bound.tn).toBe(turned.length)
    }
  })
})

describe('faultySets', () => {
  it('are all sets of ascending agents', () => {
    expect(faultySets(Uint32Array.of(1, 1, 1, 1), 2)).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ])
    expect(faultySets(new Uint32Array(7), 3).length).toBe(35)
    expect(faultySets(Uint32Array.of(5), 1)).toEqual([[0]])
  })

  it('are the most skilled agents where there are too many sets', () => {
    const weights = Uint32Array.from({ length: 13 }, (_, agent) => (agent * 5) % 13)
    expect(faultySets(weights, 5)).toEqual([mostSkilled(weights, 5)])
    const tried = [
      [4, 2],
      [7, 3],
      [35, 1],
      [8, 2],
      [36, 1],
      [8, 3],
      [9, 2],
    ].map(([n, size]) => areAllSetsTried(n, size))
    expect(tried).toEqual([true, true, true, true, false, false, false])
    expect(mostSkilled(Uint32Array.of(2, 3, 1, 3), 3)).toEqual([0, 1, 3])
    expect(mostSkilled(Uint32Array.of(2, 2, 2, 2), 2)).toEqual([0, 1])
  })
})
