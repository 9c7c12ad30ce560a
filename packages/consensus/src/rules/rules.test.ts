/** What holds for every rule, and the bounds that two of them add. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DECISION_RULES, type DecisionRule, decide, decideBatch, type VoteSettings } from '../decide.ts'
import { maxFaults } from '../quorum.ts'
import { trimmedMedian } from './trimmed-median.ts'
import { type Action, isRestrictive, NO_ACTION } from './verdict.ts'
import { weightsOfSkill } from './weighted.ts'

const RULES = Object.keys(DECISION_RULES) as DecisionRule[]
const GRID = [0, 0.25, 0.5, 0.75, 1]

type Vote = { readonly action: number; readonly score: number }

/** Everything that an agent can do, as far as a rule can tell. */
const CHOICES: readonly Vote[] = [
  { action: NO_ACTION, score: 0 },
  ...[0, 1].flatMap((action) => GRID.map((score) => ({ action, score }))),
]

const votes = fc.constantFrom(...CHOICES)
const teams = (most: number) =>
  fc.integer({ min: 1, max: most }).chain((agentCount) =>
    fc.integer({ min: 0, max: maxFaults(agentCount) }).chain((faults) =>
      fc.record({
        row: fc.array(votes, { minLength: agentCount, maxLength: agentCount }),
        faults: fc.constant(faults),
        fallbackAction: fc.constantFrom<Action | 'abstain'>(1, 3, 'abstain'),
        threshold: fc.constantFrom(0.25, 0.5, 0.6),
        weights: fc
          .array(fc.constantFrom(0, 0.1, 0.5, 0.7, 1), { minLength: agentCount, maxLength: agentCount })
          .map((skills) => weightsOfSkill(skills, faults)),
      }),
    ),
  )

describe.each(RULES)('%s', (rule) => {
  test('flippable is what trying every change of f votes finds', () => {
    const seen = [0, 0]
    fc.assert(
      fc.property(teams(7), ({ row, ...team }) => {
        const settings = { rule, ...team }
        const batch = decideBatch({ ...columns(row), ...settings })
        const expected = outcomes(row, settings).size > 1
        expect(batch.flippable[0]).toBe(expected ? 1 : 0)
        seen[batch.flippable[0]]++
      }),
      { seed: 3, numRuns: 250 },
    )
    expect(Math.min(...seen)).toBeGreaterThan(20)
  })

  test('f agents cannot turn what all honest ones vote for', () => {
    const attacked = teams(31).chain((team) =>
      fc.record({
        team: fc.constant(team),
        honest: fc.constantFrom<Vote>({ action: 0, score: 0.1 }, { action: 2, score: 0.9 }),
        liars: fc.subarray([...team.row.keys()], { maxLength: team.faults }),
      }),
    )
    fc.assert(
      fc.property(attacked, ({ team: { row, ...settings }, honest, liars }) => {
        const { actions, scores } = columns(row.map((vote, agent) => (liars.includes(agent) ? vote : honest)))
        const decision = decide({ actions, scores, ...settings, threshold: 0.5, rule })
        expect(decision.decided).toBe(true)
        expect(isRestrictive(decision.action)).toBe(isRestrictive(honest.action))
      }),
      { seed: 4, numRuns: 500 },
    )
  })

  test('f agents alone decide nothing', () => {
    const alone = teams(31).chain((team) => fc.tuple(fc.constant(team), fc.shuffledSubarray([...team.row.keys()])))
    fc.assert(
      fc.property(alone, ([{ row, ...settings }, order]) => {
        const few = order.slice(0, settings.faults)
        const { actions, scores } = columns(
          row.map((_, agent) => (few.includes(agent) ? { action: 1, score: 1 } : { action: NO_ACTION, score: 0 })),
        )
        expect(decide({ actions, scores, ...settings, rule }).decided).toBe(false)
      }),
      { seed: 5, numRuns: 500 },
    )
  })

  test('says what happens without a decision', () => {
    const nobody = { actions: new Uint8Array(4).fill(NO_ACTION), scores: new Float32Array(4), agentCount: 4 }
    const outcome = (fallbackAction?: Action | 'abstain') =>
      decideBatch({ ...nobody, rule, faults: 1, ...(fallbackAction === undefined ? {} : { fallbackAction }) })
    expect(outcome()).toMatchObject({ actions: Uint8Array.of(3), decided: Uint8Array.of(0) })
    expect(outcome('abstain')).toMatchObject({ actions: Uint8Array.of(NO_ACTION), decided: Uint8Array.of(0) })
    expect(outcome(2)).toMatchObject({ actions: Uint8Array.of(2), decided: Uint8Array.of(0) })
  })
})

describe('trimmed median', () => {
  test('lies within the honest range, whatever f agents say', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true })
    const attacked = fc.integer({ min: 1, max: 31 }).chain((agentCount) =>
      fc.record({
        honest: fc.array(unit, {
          minLength: agentCount - maxFaults(agentCount),
          maxLength: agentCount - maxFaults(agentCount),
        }),
        liars: fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { maxLength: maxFaults(agentCount) }),
        faults: fc.constant(maxFaults(agentCount)),
      }),
    )
    fc.assert(
      fc.property(attacked, ({ honest, liars, faults }) => {
        const median = trimmedMedian([...liars, ...honest], faults)
        expect(median).toBeGreaterThanOrEqual(Math.min(...honest))
        expect(median).toBeLessThanOrEqual(Math.max(...honest))
      }),
      { seed: 6, numRuns: 2000 },
    )
  })

  test.each([
    [[0.2, 0.9, 0.4], 0, 0.4],
    [[0.2, 0.9, 0.4, 0.6], 1, 0.5],
    [[0, 0, 0.3, 1, 1], 1, 0.3],
    [[0.2, 0.9], 1, Number.NaN],
  ])('of %j, f = %i, is %d', (scores, faults, median) => {
    const received = trimmedMedian(scores, faults)
    if (Number.isNaN(median)) expect(received).toBeNaN()
    else expect(received).toBeCloseTo(median, 12)
  })

  test('the margin is the distance to the threshold', () => {
    const scores = [0.2, 0.9, 0.7, 0.8]
    const decision = decide({ actions: [0, 1, 2, 2], scores, rule: 'trimmed-median', faults: 1, threshold: 0.6 })
    expect(decision).toMatchObject({ action: 2, decided: true })
    expect(decision.margin).toBeCloseTo(0.15, 6)
  })
})

describe('weights', () => {
  test('any f agents hold less than half, and a better agent never less than a worse one', () => {
    const skills = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e300, noNaN: true })), {
      minLength: 1,
      maxLength: 127,
    })
    fc.assert(
      fc.property(skills, fc.nat(), (given, choice) => {
        const faults = choice % (maxFaults(given.length) + 1)
        const weights = weightsOfSkill(given, faults)
        const sorted = [...weights].sort((a, b) => b - a)
        const sum = (values: readonly number[]) => values.reduce((total, weight) => total + weight, 0)
        expect(2 * sum(sorted.slice(0, faults))).toBeLessThan(sum(sorted))
        expect(sum(sorted)).toBeGreaterThan(1_000_000 - given.length - 1)
        const order = [...given.keys()].sort((a, b) => given[a] - given[b])
        for (let i = 1; i < order.length; i++) expect(weights[order[i]]).toBeGreaterThanOrEqual(weights[order[i - 1]])
      }),
      { seed: 7, numRuns: 500 },
    )
  })

  test.each([
    ['in proportion up to the bound', [1, 1, 1, 2], 1, [222_222, 222_222, 222_222, 333_333]],
    ['equal without any skill', [0, 0, 0, 0], 1, [250_000, 250_000, 250_000, 250_000]],
    ['the rest equally when one alone has skill', [1, 0, 0, 0], 1, [333_333, 222_222, 222_222, 222_222]],
  ])('%s', (_, skills, faults, expected) => {
    expect([...weightsOfSkill(skills, faults)]).toEqual(expected)
  })

  test('decide: two skilled agents outvote two others that are worse', () => {
    const weights = weightsOfSkill([0.9, 0.9, 0.3, 0.3], 1)
    const decision = decide({ actions: [1, 1, 0, 0], rule: 'weighted', faults: 1, weights })
    expect(decision).toMatchObject({ action: 1, decided: true })
  })
})

describe('errors', () => {
  const settings = { actions: [0, 1, 1, 1], faults: 1 }

  test.each<[string, () => unknown, string]>([
    ['a score above 1', () => decide({ ...settings, rule: 'trimmed-median', scores: [0, 1, 1.5, 1] }), 'SCORE'],
    ['no number', () => decide({ ...settings, rule: 'trimmed-median', scores: [0, 1, Number.NaN, 1] }), 'SCORE'],
    ['no scores', () => decide({ ...settings, rule: 'trimmed-median' }), 'SHAPE'],
    [
      'a threshold of 2',
      () => decide({ ...settings, rule: 'trimmed-median', scores: [0, 1, 1, 1], threshold: 2 }),
      'THRESHOLD',
    ],
    [
      'an agent with half of the weight',
      () => decide({ ...settings, rule: 'weighted', weights: Uint32Array.of(3, 1, 1, 1) }),
      'WEIGHTS',
    ],
    ['three weights', () => decide({ ...settings, rule: 'weighted', weights: Uint32Array.of(1, 1, 1) }), 'WEIGHTS'],
    ['a negative skill', () => weightsOfSkill([1, 1, 1, -1], 1), 'SKILL'],
  ])('%s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ name: 'ConsensusError', code }))
  })
})

function columns(row: readonly Vote[]) {
  return {
    actions: Uint8Array.from(row, ({ action }) => action),
    scores: Float32Array.from(row, ({ score }) => score),
    agentCount: row.length,
  }
}

/** Oracle: what the team does to the event, after every choice of f agents has done everything that it could. */
function outcomes(row: readonly Vote[], settings: VoteSettings, first = 0, left = settings.faults): Set<string> {
  const { actions, scores } = columns(row)
  const { action } = decide({ actions, scores, ...settings })
  const all = new Set([action === NO_ACTION ? 'nothing' : isRestrictive(action) ? 'restrictive' : 'permissive'])
  for (let agent = first; left > 0 && agent < row.length; agent++) {
    for (const choice of CHOICES) {
      if (settings.rule !== 'trimmed-median' && choice.action !== NO_ACTION && choice.score !== 0) continue
      for (const outcome of outcomes(row.with(agent, choice), settings, agent + 1, left - 1)) all.add(outcome)
      if (all.size > 1) return all
    }
  }
  return all
}
