import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DECISION_RULES, type DecisionRule, decideBatch, type VoteSettings } from '../decide.ts'
import { isRestrictive, NO_ACTION } from '../rules/verdict.ts'
import { weightsOfSkill } from '../rules/weighted.ts'
import { attackVotes, SCRIPTED_ATTACKS } from './scripted.ts'
import { colludeAgainst } from './targeted.ts'

const RULES = Object.keys(DECISION_RULES) as DecisionRule[]

describe('attackVotes', () => {
  const votes = {
    actions: Uint8Array.of(0, 1, 2, 3, 1, 1, 0, 0),
    scores: Float32Array.of(0.25, 0.75, 1, 0, 0.5, 0.75, 0.125, 0),
    agentCount: 4,
  }
  const events = Uint32Array.of(0, 1)
  const attacked = (attack: (typeof SCRIPTED_ATTACKS)[number], faulty: number[]) =>
    attackVotes(attack, { votes, faulty, seed: 1, events })

  it.each([
    ['crash', [1], [NO_ACTION, NO_ACTION], [0, 0]],
    ['inverted', [1], [0, 0], [0.25, 0.25]],
    ['inverted', [3], [1, 1], [1, 1]],
    ['always-allow', [1], [0, 0], [0, 0]],
    ['always-block', [3], [1, 1], [1, 1]],
    ['copy-cat', [0], [1, 1], [0.75, 0.75]],
    ['copy-cat', [0, 1], [2, 0], [1, 0.125]],
    ['copy-cat', [3], [0, 1], [0.25, 0.5]],
  ] as const)('%s by %j', (attack, faulty, actions, scores) => {
    const result = attacked(attack, [...faulty])
    for (const row of [0, 1]) {
      expect(result.actions[4 * row + faulty[0]]).toBe(actions[row])
      expect(result.scores[4 * row + faulty[0]]).toBe(scores[row])
    }
  })

  it('leaves the votes of honest agents alone, and its input', () => {
    const before = { actions: [...votes.actions], scores: [...votes.scores] }
    for (const attack of SCRIPTED_ATTACKS) {
      const result = attacked(attack, [1, 2])
      for (const at of [0, 3, 4, 7]) {
        expect(result.actions[at]).toBe(votes.actions[at])
        expect(result.scores[at]).toBe(votes.scores[at])
      }
    }
    expect({ actions: [...votes.actions], scores: [...votes.scores] }).toEqual(before)
  })

  it('random draws every action about as often, and the same for an event whatever the rows around it', () => {
    const rows = 4000
    const many = { actions: new Uint8Array(rows * 4), scores: new Float32Array(rows * 4), agentCount: 4 }
    const all = Uint32Array.from({ length: rows }, (_, i) => i)
    const result = attackVotes('random', { votes: many, faulty: [2], seed: 9, events: all })
    const counts = [0, 0, 0, 0]
    for (let row = 0; row < rows; row++) counts[result.actions[4 * row + 2]]++
    for (const count of counts) expect(Math.abs(count - rows / 4)).toBeLessThan(120)
    const two = { actions: new Uint8Array(8), scores: new Float32Array(8), agentCount: 4 }
    const picked = attackVotes('random', { votes: two, faulty: [2], seed: 9, events: Uint32Array.of(7, 3000) })
    expect([picked.actions[2], picked.actions[6]]).toEqual([result.actions[30], result.actions[12002]])
  })
})

const team = fc.integer({ min: 1, max: 7 }).chain((agentCount) =>
  fc.record({
    agentCount: fc.constant(agentCount),
    actions: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: agentCount, maxLength: agentCount }),
    scores: fc.array(fc.constantFrom(0, 0.25, 0.5, 0.75, 1), { minLength: agentCount, maxLength: agentCount }),
    skills: fc.array(fc.constantFrom(0.2, 0.5, 0.9), { minLength: agentCount, maxLength: agentCount }),
    rule: fc.constantFrom(...RULES),
    fallbackAction: fc.constantFrom(0 as const, 1 as const, 3 as const),
    label: fc.constantFrom(0, 1),
    attackers: fc.integer({ min: 0, max: Math.min(3, agentCount) }),
  }),
)

type Case = typeof team extends fc.Arbitrary<infer T> ? T : never

const settingsOf = ({ agentCount, skills, rule, fallbackAction }: Case): VoteSettings => {
  const faults = Math.floor((agentCount - 1) / 3)
  return { rule, faults, fallbackAction, weights: weightsOfSkill(skills, faults) }
}

const isWrong = (votes: { actions: Uint8Array; scores: Float32Array }, given: Case) => {
  const { actions } = decideBatch({ ...votes, agentCount: given.agentCount, ...settingsOf(given) })
  return isRestrictive(actions[0]) !== (given.label === 1)
}

const honest = ({ actions, scores, agentCount }: Case) => ({
  actions: Uint8Array.from(actions),
  scores: Float32Array.from(scores),
  agentCount,
})

/** Oracle: whether these agents can make the decision wrong by any votes at all, and any choice of ballots to leave out. */
function canHarm(
  votes: { actions: Uint8Array; scores: Float32Array },
  faulty: readonly number[],
  given: Case,
): boolean {
  if (faulty.length === 0) return isWrong(votes, given)
  return canHarmBy(votes, faulty, given)
}

function canHarmBy(
  votes: { actions: Uint8Array; scores: Float32Array },
  faulty: readonly number[],
  given: Case,
): boolean {
  if (faulty.length === 0) return shortened(votes, settingsOf(given).faults, 0).some((some) => isWrong(some, given))
  const [agent, ...others] = faulty
  for (const [action, score] of [0, 1, 2, 3, NO_ACTION].flatMap((a) => [0, 0.25, 0.5, 0.75, 1].map((s) => [a, s]))) {
    // Votes that no rule tells apart need not be tried twice.
    if (given.rule === 'trimmed-median' ? action === 1 || action === 2 || action === 3 : score !== 0) continue
    if (action === NO_ACTION && score !== 0) continue
    const changed = { actions: votes.actions.slice(), scores: votes.scores.slice() }
    changed.actions[agent] = action
    changed.scores[agent] = score
    if (canHarmBy(changed, others, given)) return true
  }
  return false
}

/** The votes, and where more than n - f are there also those without some of them. */
function shortened<Votes extends { actions: Uint8Array }>(votes: Votes, faults: number, first: number): Votes[] {
  const all = [votes]
  if (votes.actions.filter((action) => action === NO_ACTION).length >= faults) return all
  for (let agent = first; agent < votes.actions.length; agent++) {
    if (votes.actions[agent] === NO_ACTION) continue
    all.push(...shortened({ ...votes, actions: votes.actions.with(agent, NO_ACTION) }, faults, agent + 1))
  }
  return all
}

function setsOf(agentCount: number, size: number, first = 0): number[][] {
  if (size === 0) return [[]]
  return Array.from({ length: agentCount - first }, (_, i) => first + i).flatMap((agent) =>
    setsOf(agentCount, size - 1, agent + 1).map((rest) => [agent, ...rest]),
  )
}

describe('colludeAgainst', () => {
  it('does harm exactly where these agents can', () => {
    fc.assert(
      fc.property(team, (given) => {
        const faulty = Array.from({ length: given.attackers }, (_, i) => i)
        const collusion = {
          votes: honest(given),
          labels: Uint8Array.of(given.label),
          settings: settingsOf(given),
          faulty,
        }
        expect(isWrong(colludeAgainst(collusion), given)).toBe(canHarm(honest(given), faulty, given))
      }),
      { seed: 5, numRuns: 600 },
    )
  })

  it('does harm exactly where any agents of this number can', () => {
    fc.assert(
      fc.property(team, (given) => {
        const labels = Uint8Array.of(given.label)
        const collusion = { votes: honest(given), labels, settings: settingsOf(given), faulty: given.attackers }
        const possible = setsOf(given.agentCount, given.attackers).some((set) => canHarm(honest(given), set, given))
        expect(isWrong(colludeAgainst(collusion), given)).toBe(possible)
      }),
      { seed: 6, numRuns: 300 },
    )
  })

  it('turns by f agents what is right and flippable, and nothing else', () => {
    fc.assert(
      fc.property(team, (given) => {
        const settings = settingsOf(given)
        const collusion = {
          votes: honest(given),
          labels: Uint8Array.of(given.label),
          settings,
          faulty: settings.faults,
        }
        const { flippable } = decideBatch({ ...honest(given), ...settings })
        const expected = isWrong(honest(given), given) || flippable[0] === 1
        expect(isWrong(colludeAgainst(collusion), given)).toBe(expected)
      }),
      { seed: 7, numRuns: 2000 },
    )
  })
})

describe('the environment counts votes alone', () => {
  it('and with votes for scores and equal weights trimmed-median and weighted are majority', () => {
    fc.assert(
      fc.property(team, (given) => {
        const { actions, agentCount } = honest(given)
        const { faults, fallbackAction } = settingsOf(given)
        const scores = Float32Array.from(actions, (action) => (isRestrictive(action) ? 1 : 0))
        const decided = (rule: DecisionRule) =>
          decideBatch({ actions, scores, agentCount, rule, faults, fallbackAction: fallbackAction! }).actions[0]
        expect(decided('trimmed-median')).toBe(decided('majority'))
        expect(decided('weighted')).toBe(decided('majority'))
      }),
      { seed: 8, numRuns: 1000 },
    )
  })
})
