/** Every contradiction in near views is found, in whatever order and however much is said in between; memory is bounded. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { STANDARD_RULES } from './rules.ts'
import { claimed, NO_DIGEST, NO_LOCK, type SignedStatement } from './statement.ts'
import { NEAR_VIEWS, StatementLog } from './statement-log.ts'

const { conflicting } = STANDARD_RULES
const claim = (view: number, lockView = NO_LOCK, digest = NO_DIGEST): SignedStatement => ({
  kind: 'status',
  view,
  digest,
  lockView,
  signature: 'claim',
})
const vote = (kind: 'proposal' | 'prepare' | 'commit' | 'ballot', view: number, digest: string): SignedStatement => ({
  ...claimed(kind, view, digest),
  signature: 'vote',
})

test.each([16, 100, 10_000])('two contradictory claims with %i harmless ones between', (between) => {
  const log = new StatementLog(conflicting, 0)
  expect(log.add(3, claim(1))).toBeNull()
  for (let view = 2; view < 2 + between; view++) expect(log.add(3, claim(view))).toBeNull()
  expect(log.add(3, claim(1, 0, 'a'))).toEqual(claim(1))
})

test('the same statement again is no contradiction, and another agent is another', () => {
  const log = new StatementLog(conflicting, 0)
  expect(log.add(1, claim(5, 2, 'a'))).toBeNull()
  expect(log.add(1, claim(5, 2, 'a'))).toBeNull()
  expect(log.add(2, claim(5))).toBeNull()
  expect(log.has(1, claim(5, 2, 'a'))).toBe(true)
  for (const other of [claim(5, 2, 'b'), claim(5, 1, 'a'), claim(4, 2, 'a'), vote('commit', 5, 'a')]) {
    expect(log.has(1, other)).toBe(false)
  }
  expect(log.has(2, claim(5, 2, 'a'))).toBe(false)
  expect(log.size).toBe(2)
})

describe('a flood', () => {
  const kinds = ['proposal', 'prepare', 'commit'] as const

  test('of statements in near and far views keeps at most 2,053 of an agent, and hides nothing', () => {
    const log = new StatementLog(conflicting, 300)
    log.add(7, vote('ballot', 0, 'votes'))
    for (let view = 0; view < 2 ** 31; view += view < 1000 ? 1 : 1_000_003) {
      for (const kind of kinds) log.add(7, vote(kind, view, 'a'))
      log.add(7, claim(view, view - 1, 'a'))
    }
    expect(log.size).toBe(1 + 4 * (2 * NEAR_VIEWS + 1))
    expect(log.add(7, vote('ballot', 0, 'other votes'))).toEqual(vote('ballot', 0, 'votes'))
    for (const view of [300 - NEAR_VIEWS, 300, 300 + NEAR_VIEWS]) {
      for (const kind of kinds) expect(log.add(7, vote(kind, view, 'b'))).toEqual(vote(kind, view, 'a'))
      expect(log.add(7, claim(view, NO_LOCK))).not.toBeNull()
    }
    log.forget(7)
    expect(log.size).toBe(0)
  })

  test('is forgotten when its views are far behind, but not the ballot', () => {
    const log = new StatementLog(conflicting, 0)
    log.add(7, vote('ballot', 0, 'votes'))
    for (let view = 0; view <= 2 * NEAR_VIEWS; view++) log.add(7, vote('prepare', view, 'a'))
    expect(log.size).toBe(2 + NEAR_VIEWS)
    log.moveTo(2 * NEAR_VIEWS)
    expect(log.size).toBe(2)
    expect(log.add(7, vote('prepare', NEAR_VIEWS, 'b'))).toEqual(vote('prepare', NEAR_VIEWS, 'a'))
    expect(log.add(7, vote('ballot', 0, 'others'))).toEqual(vote('ballot', 0, 'votes'))
  })

  test('in views that are far still contradicts what is kept: a claim that forgets a commit', () => {
    const log = new StatementLog(conflicting, 0)
    log.add(7, vote('commit', 3, 'a'))
    expect(log.add(7, claim(2 ** 31 - 1))).toEqual(vote('commit', 3, 'a'))
  })
})

test('finds a contradiction exactly when all that was said before holds one', () => {
  const statements = fc.oneof(
    fc
      .tuple(fc.constantFrom('proposal', 'prepare', 'commit'), fc.nat({ max: 6 }), fc.constantFrom('a', 'b'))
      .map(([kind, view, digest]) => vote(kind as 'prepare', view, digest)),
    fc
      .tuple(fc.nat({ max: 6 }), fc.integer({ min: -1, max: 5 }), fc.constantFrom('a', 'b'))
      .map(([view, lockView, digest]) => claim(view, lockView, lockView < 0 ? NO_DIGEST : digest)),
  )
  const outcomes = new Set<boolean>()
  fc.assert(
    fc.property(fc.array(statements, { maxLength: 8 }), (said) => {
      const log = new StatementLog(conflicting, 0)
      const found = said.some((statement) => log.add(0, statement) !== null)
      const expected = said.some((second, i) => said.slice(0, i).some((first) => conflicting(first, second)))
      expect(found).toBe(expected)
      outcomes.add(found)
    }),
    { seed: 1, numRuns: 3000 },
  )
  expect(outcomes.size).toBe(2)
})
