/** What holds for every rule, and the bounds that two of them add. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DECISION_RULES, type DecisionRule, decide, decideBatch, type VoteSettings } from '../decide.ts'
import { maxFaults } from './quorum.ts'
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

/** All ways to choose at most `most` of the agents. */
function setsUpTo(agentCount: number, most: number, first = 0): number[][] {
  if (most === 0) return [[]]
  const larger = Array.from({ length: agentCount - first }, (_, i) => first + i).flatMap((agent) =>
    setsUpTo(agentCount, most - 1, agent + 1).map((rest) => [agent, ...rest]),
  )
  return [[], ...larger]
}

describe.each(RULES)('%s', (rule) => {
  test('flippable is what trying every change of f votes, and every way to leave ballots out, finds', () => {
    const seen = [0, 0]
    fc.assert(
      fc.property(teams(7), ({ row, ...team }) => {
        const settings = { rule, ...team }
        const batch = decideBatch({ ...columns(row), ...settings })
        const expected = outcomes(row, settings).size > 1
        expect(batch.flippable[0]).toBe(expected ? 1 : 0)
        seen[batch.flippable[0]]++
      }),
      { seed: 3, numRuns: 120 },
    )
    expect(Math.min(...seen)).toBeGreaterThan(10)
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

  test.each([
    [4, 1],
    [5, 1],
    [6, 1],
    [7, 2],
  ])(
    'n = %i, f = %i: what all honest agents want wins, whoever is missing and whatever f agents say',
    (agentCount, faults) => {
      // Skills as far apart as they can be: the bound is what makes weights sound.
      const weights = weightsOfSkill(
        Array.from({ length: agentCount }, (_, agent) => (agent < faults ? 1 : agent < 2 * faults ? 0.5 : 0)),
        faults,
      )
      const sets = setsUpTo(agentCount, faults)
      for (const honest of [
        { action: 0, score: 0.1 },
        { action: 2, score: 0.9 },
      ]) {
        const lie = { action: 3 - honest.action, score: honest.action === 0 ? 1 : 0 }
        const rows: Vote[][] = []
        for (const liars of sets) {
          for (const missing of sets) {
            const nobody = { action: NO_ACTION, score: 0 }
            rows.push(
              Array.from({ length: agentCount }, (_, agent) =>
                missing.includes(agent) ? nobody : liars.includes(agent) ? lie : honest,
              ),
            )
          }
        }
        const batch = decideBatch({ ...columns(rows.flat()), agentCount, rule, faults, weights })
        expect(new Set(batch.decided)).toEqual(new Set([1]))
        // In the rules that count actions the action is theirs too.
        if (rule !== 'trimmed-median') expect(new Set(batch.actions)).toEqual(new Set([honest.action]))
        expect(new Set(Array.from(batch.actions, isRestrictive))).toEqual(new Set([isRestrictive(honest.action)]))
      }
    },
  )

  test('more than f missing: no decision, whatever the others say', () => {
    for (const [agentCount, faults] of [
      [4, 1],
      [5, 1],
      [7, 2],
      [3, 0],
    ]) {
      const row = Array.from({ length: agentCount }, (_, agent) =>
        agent <= faults ? { action: NO_ACTION, score: 0 } : { action: 1, score: 1 },
      )
      expect(decide({ ...columns(row), rule, faults })).toMatchObject({ action: 3, decided: false })
      const without = decide({ ...columns(row.with(0, { action: 1, score: 1 })), rule, faults })
      expect(without).toMatchObject({ action: 1, decided: true })
    }
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

describe('votes that decide, of m ballots', () => {
  // docs/consensus.md has this table.
  test.each<[DecisionRule, number, number, readonly number[]]>([
    ['majority', 4, 1, [2, 3]],
    ['quorum', 4, 1, [2, 3]],
    ['majority', 7, 2, [3, 4, 4]],
    ['quorum', 7, 2, [3, 4, 5]],
    ['majority', 6, 1, [3, 4]],
    ['quorum', 6, 1, [3, 4]],
    ['majority', 10, 3, [4, 5, 5, 6]],
    ['quorum', 10, 3, [4, 5, 6, 7]],
  ])('%s, n = %i, f = %i', (rule, agentCount, faults, fewest) => {
    for (const [i, expected] of fewest.entries()) {
      const counted = agentCount - faults + i
      const decides = (votes: number) => {
        const actions = Array.from({ length: agentCount }, (_, agent) =>
          agent < votes ? 1 : agent < counted ? 0 : NO_ACTION,
        )
        return decide({ actions, rule, faults }).action === 1
      }
      expect(Array.from({ length: counted + 1 }, (_, votes) => votes).find(decides)).toBe(expected)
      // At most f of them lie.
      expect(expected - faults).toBeGreaterThanOrEqual(1)
    }
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
  const sumOf = (values: readonly number[]) => values.reduce((total, weight) => total + weight, 0)
  const isSound = (weights: ArrayLike<number>, faults: number) => {
    const ascending = Array.from(weights).sort((a, b) => a - b)
    const heaviest = ascending.slice(ascending.length - faults)
    return faults === 0 || sumOf(heaviest) < sumOf(ascending.slice(0, ascending.length - 2 * faults))
  }

  test('any f agents weigh less than any n - 2f others, and a better agent never less than a worse one', () => {
    const skills = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e300, noNaN: true })), {
      minLength: 1,
      maxLength: 127,
    })
    fc.assert(
      fc.property(skills, fc.nat(), (given, choice) => {
        const faults = choice % (maxFaults(given.length) + 1)
        const weights = weightsOfSkill(given, faults)
        expect(isSound(weights, faults)).toBe(true)
        expect(sumOf([...weights])).toBeGreaterThan(1_000_000 - given.length - 1)
        const order = [...given.keys()].sort((a, b) => given[a] - given[b])
        for (let i = 1; i < order.length; i++) expect(weights[order[i]]).toBeGreaterThanOrEqual(weights[order[i - 1]])
      }),
      { seed: 7, numRuns: 500 },
    )
  })

  test('move towards equal ones by no millionth more than needed', () => {
    const teams = fc
      .integer({ min: 4, max: 13 })
      .chain((agentCount) =>
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: agentCount, maxLength: agentCount }),
      )
    let moved = 0
    fc.assert(
      fc.property(teams, (skills) => {
        const faults = maxFaults(skills.length)
        const total = sumOf(skills) || 1
        const mixed = (t: number) =>
          skills.map((skill) => Math.floor(((1_000_000 - t) * skill) / total + t / skills.length))
        let t = 0
        while (!isSound(mixed(t), faults)) t += 1000
        for (t = Math.max(0, t - 1000); !isSound(mixed(t), faults); ) t++
        if (t > 0) moved++
        const weights = weightsOfSkill(skills, faults)
        for (const [agent, weight] of mixed(t).entries()) {
          expect(Math.abs(weights[agent] - weight)).toBeLessThanOrEqual(1)
        }
      }),
      { seed: 8, numRuns: 80 },
    )
    expect(moved).toBeGreaterThan(12)
  })

  test.each([
    ['in proportion where the bound holds', [0.99, 0.98, 0.97, 0.96], 1, [253_846, 251_282, 248_717, 246_153]],
    ['equal without any skill', [0, 0, 0, 0], 1, [250_000, 250_000, 250_000, 250_000]],
    ['one alone has skill', [1, 0, 0, 0], 1, [399_999, 200_000, 200_000, 200_000]],
    [
      'two of seven alone have skill',
      [1, 1, 0, 0, 0, 0, 0],
      2,
      [187_499, 187_499, 125_000, 125_000, 125_000, 125_000, 125_000],
    ],
  ])('%s', (_, skills, faults, expected) => {
    const weights = weightsOfSkill(skills, faults)
    expect(isSound(weights, faults)).toBe(true)
    for (const [agent, weight] of weights.entries()) expect(Math.abs(weight - expected[agent])).toBeLessThanOrEqual(2)
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
    [
      'an agent with as much weight as the two lightest',
      () => decide({ ...settings, rule: 'weighted', weights: Uint32Array.of(4, 3, 2, 2) }),
      'WEIGHTS',
    ],
    ['three weights', () => decide({ ...settings, rule: 'weighted', weights: Uint32Array.of(1, 1, 1) }), 'WEIGHTS'],
    ['a negative skill', () => weightsOfSkill([1, 1, 1, -1], 1), 'SKILL'],
  ])('%s', (_, call, code) => {
    expect(call).toThrow(expect.objectContaining({ name: 'VigilError', code }))
  })
})

function columns(row: readonly Vote[]) {
  return {
    actions: Uint8Array.from(row, ({ action }) => action),
    scores: Float32Array.from(row, ({ score }) => score),
    agentCount: row.length,
  }
}

/**
 * Oracle: what the team does to the event, after every choice of f agents has done everything that it could, and every
 * choice of ballots that leaves n - f has been counted.
 */
function outcomes(row: readonly Vote[], settings: VoteSettings): Set<string> {
  const choices = CHOICES.filter(
    ({ action, score }) => settings.rule === 'trimmed-median' || action === NO_ACTION || score === 0,
  )
  const counted = liedRows(row, choices, settings.faults).flatMap((lied) => [lied, ...shortRows(lied, settings.faults)])
  const { actions, scores } = columns(counted.flat())
  const batch = decideBatch({ actions, scores, agentCount: row.length, ...settings })
  return new Set(Array.from(batch.actions, classOf))
}

function classOf(action: number): string {
  return action === NO_ACTION ? 'nothing' : isRestrictive(action) ? 'restrictive' : 'permissive'
}

/** All rows in which at most `left` votes from agent `first` on are other ones. */
function liedRows(row: readonly Vote[], choices: readonly Vote[], left: number, first = 0): (readonly Vote[])[] {
  const rows = [row]
  for (let agent = first; left > 0 && agent < row.length; agent++) {
    for (const choice of choices) rows.push(...liedRows(row.with(agent, choice), choices, left - 1, agent + 1))
  }
  return rows
}

/** All rows with fewer of the ballots, but at least n - f. */
function shortRows(row: readonly Vote[], faults: number, first = 0): (readonly Vote[])[] {
  const away = row.filter(({ action }) => action === NO_ACTION).length
  if (away >= faults) return []
  return row.slice(first).flatMap((vote, i) => {
    if (vote.action === NO_ACTION) return []
    const shorter = row.with(first + i, { action: NO_ACTION, score: 0 })
    return [shorter, ...shortRows(shorter, faults, first + i + 1)]
  })
}
