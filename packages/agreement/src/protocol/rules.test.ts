import { maxFaults } from '@vigil/vote'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Claim, QuorumCertificate } from './messages.ts'
import { agreementQuorum, STANDARD_RULES } from './rules.ts'
import { type Claimed, NO_LOCK, STATEMENT_KINDS } from './statement.ts'

describe('quorum', () => {
  test('any two share an honest agent, no smaller one does, and the honest agents can always form one', () => {
    for (let agentCount = 1; agentCount <= 127; agentCount++) {
      for (let faults = 0; faults <= maxFaults(agentCount); faults++) {
        const quorum = agreementQuorum({ agentCount, faults })
        expect(2 * quorum - agentCount).toBeGreaterThanOrEqual(faults + 1)
        expect(2 * (quorum - 1) - agentCount).toBeLessThan(faults + 1)
        expect(quorum).toBeLessThanOrEqual(agentCount - faults)
        expect(quorum).toBeGreaterThanOrEqual(2 * faults + 1)
        if (agentCount === 3 * faults + 1) expect(quorum).toBe(2 * faults + 1)
      }
    }
  })

  test('is more than 2f + 1 where two sets of 2f + 1 need not meet', () => {
    expect(agreementQuorum({ agentCount: 6, faults: 1 })).toBe(4)
  })
})

describe('justified', () => {
  const claims = fc.array(fc.integer({ min: NO_LOCK, max: 5 }), { minLength: 1, maxLength: 7 })
  const lock = fc.option(
    fc.record({ view: fc.integer({ min: 0, max: 5 }), phase: fc.constantFrom('prepare', 'commit') }),
  )

  test('only the highest lock of the claims will do, and no lock only where nobody claims one', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(claims, lock, (views, shown) => {
        const given = shown as Pick<QuorumCertificate, 'view' | 'phase'> | null
        const certificate = given === null ? null : { ...given, digest: 'd', signatures: [] }
        const justified = STANDARD_RULES.justified(
          views.map((lockView) => ({ lockView }) as Claim),
          certificate,
        )
        const highest = Math.max(...views)
        if (highest === NO_LOCK && certificate === null) expect(justified).toEqual({ any: true })
        else if (highest >= 0 && certificate?.view === highest && certificate.phase === 'prepare') {
          expect(justified).toEqual({ any: false, digest: 'd' })
        } else expect(justified).toBeNull()
        seen.add(JSON.stringify(justified))
      }),
      { seed: 1, numRuns: 1000 },
    )
    expect(seen.size).toBe(3)
  })
})

describe('conflicting', () => {
  const statements = fc.record({
    kind: fc.constantFrom(...STATEMENT_KINDS),
    view: fc.integer({ min: 0, max: 3 }),
    digest: fc.constantFrom('a', 'b'),
    lockView: fc.integer({ min: -1, max: 2 }),
  })

  test('is the same in both orders, and no statement contradicts itself', () => {
    fc.assert(
      fc.property(statements, statements, (first, second) => {
        expect(STANDARD_RULES.conflicting(first, second)).toBe(STANDARD_RULES.conflicting(second, first))
        expect(STANDARD_RULES.conflicting(first, first)).toBe(false)
      }),
      { seed: 2, numRuns: 1000 },
    )
  })

  const of = (kind: Claimed['kind'], view: number, digest: string, lockView = NO_LOCK): Claimed => ({
    kind,
    view,
    digest,
    lockView,
  })
  test.each<[string, Claimed, Claimed, boolean]>([
    ['two proposals of a view', of('proposal', 1, 'a'), of('proposal', 1, 'b'), true],
    ['proposals of two views', of('proposal', 1, 'a'), of('proposal', 2, 'b'), false],
    ['votes of two phases', of('prepare', 1, 'a'), of('commit', 1, 'b'), false],
    ['a commit, and a claim that forgets it', of('commit', 1, 'a'), of('status', 2, '', NO_LOCK), true],
    ['a commit, and a claim that knows it', of('commit', 1, 'a'), of('status', 2, 'a', 1), false],
    ['a commit, and a claim with another value for it', of('commit', 1, 'a'), of('status', 2, 'b', 1), true],
    ['a commit, and a claim that knows a later one', of('commit', 1, 'a'), of('status', 3, 'a', 2), false],
    ['a commit, and a claim of before', of('commit', 1, 'a'), of('status', 1, '', NO_LOCK), false],
    ['two claims of a view', of('status', 1, '', NO_LOCK), of('status', 1, 'a', 0), true],
    ['two claims of a view to one value, locked in two views', of('status', 3, 'a', 0), of('status', 3, 'a', 1), true],
    ['two claims of a view to two values', of('status', 3, 'a', 1), of('status', 3, 'b', 1), true],
    ['two votes of a view and phase', of('commit', 1, 'a'), of('commit', 1, 'b'), true],
    ['commit votes in two views', of('commit', 1, 'a'), of('commit', 2, 'b'), false],
    ['a prepare vote, and a claim without a lock', of('prepare', 1, 'a'), of('status', 2, '', NO_LOCK), false],
    ['a proposal, and a claim without a lock', of('proposal', 1, 'a'), of('status', 2, '', NO_LOCK), false],
    ['a claim to a lock, and a later one that forgets it', of('status', 2, 'a', 1), of('status', 3, '', NO_LOCK), true],
    ['a claim to a lock, and a later one to a lower one', of('status', 3, 'a', 2), of('status', 5, 'a', 1), true],
    ['a claim to a lock, and a later one with another value', of('status', 2, 'a', 1), of('status', 3, 'b', 1), true],
    ['a claim to a lock, and a later one to the same', of('status', 2, 'a', 1), of('status', 3, 'a', 1), false],
    ['a claim to a lock, and a later one to a higher one', of('status', 2, 'a', 1), of('status', 4, 'b', 3), false],
    ['a claim without a lock, and a later one to a lock', of('status', 2, '', NO_LOCK), of('status', 3, 'b', 1), false],
    ['claims without a lock in two views', of('status', 2, '', NO_LOCK), of('status', 3, '', NO_LOCK), false],
    ['a claim to a lock, and a later commit vote', of('status', 3, 'a', 1), of('commit', 3, 'b'), false],
  ])('%s: %#', (_, first, second, expected) => {
    expect(STANDARD_RULES.conflicting(first, second)).toBe(expected)
  })
})
