import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Decision, type DecisionRule, decide, decideBatch, type VoteSettings } from './decide.ts'
import { maxFaults } from './rules/quorum.ts'
import { type Action, NO_ACTION } from './rules/verdict.ts'

const isRestrictive = (action: number) => action === 1 || action === 2

/** A team with its settings and one vote per agent. */
const rounds = fc.integer({ min: 1, max: 13 }).chain((agentCount) =>
  fc.record({
    actions: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: agentCount, maxLength: agentCount }),
    rule: fc.constantFrom<DecisionRule>('majority', 'quorum'),
    faults: fc.integer({ min: 0, max: maxFaults(agentCount) }),
    fallbackAction: fc.constantFrom<Action>(0, 1, 2, 3),
  }),
)

describe('tables', () => {
  test.each<[number[], DecisionRule, number, Decision]>([
    [[1, 1, 1, 1], 'majority', 1, { action: 1, decided: true, restrictiveVotes: 4, margin: 4 }],
    [[1, 1, 2, 0], 'majority', 1, { action: 1, decided: true, restrictiveVotes: 3, margin: 2 }],
    [[1, 2, 2, 0], 'quorum', 1, { action: 2, decided: true, restrictiveVotes: 3, margin: 2 }],
    [[1, 2, 0, 0], 'majority', 1, { action: 3, decided: false, restrictiveVotes: 2, margin: 0 }],
    [[1, 2, 0, 0], 'quorum', 1, { action: 3, decided: false, restrictiveVotes: 2, margin: 0 }],
    [[0, 3, 0, 3], 'quorum', 1, { action: 0, decided: true, restrictiveVotes: 0, margin: 4 }],
    [[0, 3, 3, 1], 'quorum', 1, { action: 3, decided: true, restrictiveVotes: 1, margin: 2 }],
    [[1, 2, 3], 'majority', 0, { action: 1, decided: true, restrictiveVotes: 2, margin: 1 }],
    // A class with the most votes for one action loses to the class with more votes in all.
    [[0, 0, 1, 2, 1], 'majority', 1, { action: 1, decided: true, restrictiveVotes: 3, margin: 1 }],
    // Seven agents, two faults: four votes are a majority and no quorum of five.
    [[1, 1, 1, 1, 0, 0, 0], 'majority', 2, { action: 1, decided: true, restrictiveVotes: 4, margin: 1 }],
    [[1, 1, 1, 1, 0, 0, 0], 'quorum', 2, { action: 3, decided: false, restrictiveVotes: 4, margin: 1 }],
    // More agents than 4f + 1: both classes hold a quorum of three, the larger one wins, a tie decides nothing.
    [[1, 1, 1, 1, 0, 0, 0], 'quorum', 1, { action: 1, decided: true, restrictiveVotes: 4, margin: 1 }],
    [[1, 1, 1, 0, 0, 0], 'quorum', 1, { action: 3, decided: false, restrictiveVotes: 3, margin: 0 }],
    [[2], 'quorum', 0, { action: 2, decided: true, restrictiveVotes: 1, margin: 1 }],
  ])('%j by %s, f = %i', (actions, rule, faults, decision) => {
    expect(decide({ actions, rule, faults })).toEqual(decision)
    expect(decide({ actions: Uint8Array.from(actions), rule, faults })).toEqual(decision)
  })

  test('without a decision the fallback is taken, whatever it is', () => {
    for (const fallbackAction of [0, 1, 2, 3] as const) {
      const decision = decide({ actions: [1, 2, 0, 3], rule: 'quorum', faults: 1, fallbackAction })
      expect(decision).toMatchObject({ action: fallbackAction, decided: false })
    }
  })
})

describe('properties', () => {
  test('the rule, written out', () => {
    fc.assert(
      fc.property(rounds, ({ actions, rule, faults, fallbackAction }) => {
        const classes = [actions.filter(isRestrictive), actions.filter((action) => !isRestrictive(action))]
        const [larger, smaller] = classes.sort((a, b) => b.length - a.length)
        const enough = rule === 'majority' ? larger.length > actions.length / 2 : larger.length >= 2 * faults + 1
        const decided = enough && larger.length > smaller.length
        const count = (action: number) => larger.filter((vote) => vote === action).length
        const favourites = [0, 1, 2, 3].filter((action) => count(action) === Math.max(...[0, 1, 2, 3].map(count)))
        expect(decide({ actions, rule, faults, fallbackAction })).toEqual({
          action: decided ? favourites[0] : fallbackAction,
          decided,
          restrictiveVotes: actions.filter(isRestrictive).length,
          margin: larger.length - smaller.length,
        })
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  test('the order of the agents does not matter', () => {
    const shuffled = rounds.chain((round) =>
      fc.tuple(
        fc.constant(round),
        fc.shuffledSubarray(round.actions, { minLength: round.actions.length, maxLength: round.actions.length }),
      ),
    )
    fc.assert(
      fc.property(shuffled, ([round, actions]) => {
        expect(decide({ ...round, actions })).toEqual(decide(round))
      }),
      { seed: 1 },
    )
  })

  test('a unanimous team does what it says', () => {
    fc.assert(
      fc.property(rounds, fc.integer({ min: 0, max: 3 }), (round, action) => {
        const decision = decide({ ...round, actions: round.actions.map(() => action) })
        expect(decision).toMatchObject({ action, decided: true, margin: round.actions.length })
      }),
      { seed: 1 },
    )
  })

  test('one more restrictive vote never makes the team permissive', () => {
    fc.assert(
      fc.property(rounds, fc.nat(), fc.constantFrom(1, 2), (round, agent, action) => {
        const before = decide(round)
        const after = decide({ ...round, actions: round.actions.with(agent % round.actions.length, action) })
        if (isRestrictive(before.action)) expect(isRestrictive(after.action)).toBe(true)
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  test('f Byzantine agents cannot overturn a unanimous honest vote', () => {
    const attacked = rounds.chain((round) =>
      fc.record({
        round: fc.constant(round),
        honest: fc.integer({ min: 0, max: 3 }),
        liars: fc.subarray([...round.actions.keys()], { maxLength: round.faults }),
      }),
    )
    fc.assert(
      fc.property(attacked, ({ round, honest, liars }) => {
        // The liars keep their arbitrary votes.
        const actions = round.actions.map((action, agent) => (liars.includes(agent) ? action : honest))
        expect(decide({ ...round, actions })).toMatchObject({ action: honest, decided: true })
      }),
      { seed: 1, numRuns: 1000 },
    )
  })
})

describe('decideBatch', () => {
  test('agrees with decide on every row', () => {
    const batches = rounds.chain((round) =>
      fc.record({
        round: fc.constant(round),
        rows: fc.array(fc.uint8Array({ max: 3, minLength: round.actions.length, maxLength: round.actions.length }), {
          maxLength: 8,
        }),
      }),
    )
    fc.assert(
      fc.property(batches, ({ round, rows }) => {
        const { actions: _, ...settings } = round
        const agentCount = round.actions.length
        const actions = Uint8Array.from(rows.flatMap((row) => [...row]))
        const batch = decideBatch({ actions, agentCount, ...settings })
        expect(batch.actions.length).toBe(rows.length)
        for (const [i, row] of rows.entries()) {
          const decision = decide({ actions: row, ...settings })
          expect(batch.actions[i]).toBe(decision.action)
          expect(batch.decided[i]).toBe(decision.decided ? 1 : 0)
          expect(batch.margin[i]).toBe(decision.margin)
        }
      }),
      { seed: 1 },
    )
  })

  test('flippable agrees with trying every change of f votes, and every way to leave ballots out', () => {
    let flippable = 0
    let firm = 0
    for (let agentCount = 1; agentCount <= 7; agentCount++) {
      for (let faults = 0; faults <= maxFaults(agentCount); faults++) {
        for (const rule of ['majority', 'quorum'] as const) {
          for (const fallbackAction of [1, 3] as const) {
            const settings = { rule, faults, fallbackAction }
            for (let restrictive = 0; restrictive <= agentCount; restrictive++) {
              const actions = Uint8Array.from({ length: agentCount }, (_, i) =>
                i < restrictive ? 1 + (i % 2) : 3 * (i % 2),
              )
              const batch = decideBatch({ actions, agentCount, ...settings })
              const expected = canBeFlipped(actions, settings)
              expect(batch.flippable[0], `${[...actions]} ${JSON.stringify(settings)}`).toBe(expected ? 1 : 0)
              if (expected) flippable++
              else firm++
            }
          }
        }
      }
    }
    expect(Math.min(flippable, firm)).toBeGreaterThan(40)
  })

  test('no row at all', () => {
    const batch = decideBatch({ actions: new Uint8Array(0), agentCount: 4, rule: 'majority', faults: 1 })
    expect(batch.actions.length).toBe(0)
  })
})

describe('errors', () => {
  const settings: VoteSettings = { rule: 'majority', faults: 1 }

  test.each<[string, () => unknown, string]>([
    ['three agents, one fault', () => decide({ ...settings, actions: [1, 1, 1] }), 'TOO_FEW_AGENTS'],
    ['no agent', () => decide({ ...settings, actions: [] }), 'AGENT_COUNT'],
    ['a fifth action', () => decide({ ...settings, actions: [0, 1, 2, 4] }), 'ACTION'],
    ['half an action', () => decide({ ...settings, actions: [0, 1, 2, 0.5] }), 'ACTION'],
    ['a fifth action in a batch', () => batchOf({ actions: Uint8Array.of(0, 1, 2, 4) }), 'ACTION'],
    ['a ragged batch', () => batchOf({ actions: new Uint8Array(7) }), 'SHAPE'],
    ['an unknown rule', () => batchOf({ rule: 'unanimity' as DecisionRule }), 'RULE'],
    ['an unknown fallback', () => batchOf({ fallbackAction: 9 as Action }), 'ACTION'],
    ['too few agents in a batch', () => batchOf({ faults: 2 }), 'TOO_FEW_AGENTS'],
  ])('%s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ name: 'VigilError', code }))
  })

  function batchOf(change: Partial<VoteSettings & { actions: Uint8Array }>): unknown {
    return decideBatch({ actions: new Uint8Array(8), agentCount: 4, ...settings, ...change })
  }
})

/** Oracle: every choice of f agents, every one of the 4^f votes they could cast instead, every choice of ballots left out. */
function canBeFlipped(actions: Uint8Array, settings: VoteSettings): boolean {
  const all = changed(actions, settings.faults, 0).flatMap((votes) => shortened(votes, settings.faults, 0))
  const flat = Uint8Array.from(all.flatMap((votes) => [...votes]))
  const batch = decideBatch({ actions: flat, agentCount: actions.length, ...settings })
  return new Set(Array.from(batch.actions, isRestrictive)).size > 1
}

/** The votes with every change of at most `left` of them from agent `first` on. */
function changed(actions: Uint8Array, left: number, first: number): Uint8Array[] {
  const all = [actions]
  for (let agent = first; left > 0 && agent < actions.length; agent++) {
    for (let action = 0; action < 4; action++) all.push(...changed(actions.with(agent, action), left - 1, agent + 1))
  }
  return all
}

/** The votes with every choice of at most `left` ballots from agent `first` on missing. */
function shortened(actions: Uint8Array, left: number, first: number): Uint8Array[] {
  const all = [actions]
  for (let agent = first; left > 0 && agent < actions.length; agent++) {
    all.push(...shortened(actions.with(agent, NO_ACTION), left - 1, agent + 1))
  }
  return all
}
