/** Small judgements of the protocol, one wrong version of each at a time in mind. */
import { describe, expect, test } from 'vitest'
import {
  type Checking,
  checkBallotSignature,
  checkCertificate,
  checkClaim,
  checkEvidence,
  checkJustified,
  isAsSigned,
} from './checks.ts'
import type { Ballot } from './messages.ts'
import { Outbox } from './outbox.ts'
import { STANDARD_RULES } from './rules.ts'
import { claimed } from './statement.ts'
import {
  ballotOf,
  certificateOf,
  claimOf,
  digestOf,
  newChecking,
  proposalOf,
  settings,
  signed,
  valueFor,
} from './team.fixture.ts'
import { ballotDigest } from './value.ts'

const digest = digestOf(valueFor())

const checkBallot = (checking: Checking, ballot: Ballot) =>
  checkBallotSignature(checking, ballot) ?? (isAsSigned(checking, ballot) ? null : 'BAD_VALUE')

describe('a ballot', () => {
  const sound = ballotOf(2)

  test('is signed over its actions and its scores', () => {
    expect(checkBallot(newChecking(), sound)).toBeNull()
    for (const change of [
      { scores: sound.scores.with(1, 0.75) },
      { actions: sound.actions.with(1, 3 - sound.actions[1]) },
    ]) {
      // Under the digest that was signed, and under its own.
      expect(checkBallot(newChecking(), { ...sound, ...change })).toBe('BAD_VALUE')
      const own = ballotDigest({ ...sound, ...change })
      expect(checkBallot(newChecking(), { ...sound, ...change, digest: own })).toBe('BAD_SIGNATURE')
    }
  })

  test.each<[string, Partial<Ballot>]>([
    ['an action of 4', { actions: sound.actions.with(2, 4) }],
    ['no vote on a row', { actions: sound.actions.with(0, 255) }],
    ['a row too few', { actions: sound.actions.slice(1) }],
    ['a row too many', { actions: Uint8Array.of(...sound.actions, 0) }],
    ['a score too few', { scores: sound.scores.slice(1) }],
    ['a score too many', { scores: Float32Array.of(...sound.scores, 0) }],
    ['a score above 1', { scores: sound.scores.with(0, 1.25) }],
    ['a score below 0', { scores: sound.scores.with(2, -0.25) }],
    ['a score that is no number', { scores: sound.scores.with(1, Number.NaN) }],
  ])('with %s is none, whoever has signed it', (_, change) => {
    const changed = { ...sound, ...change }
    const digest = ballotDigest(changed)
    const signature = signed(2, claimed('ballot', 0, digest))
    expect(checkBallot(newChecking(), { ...changed, digest, signature })).toBe('BAD_VALUE')
  })
})

describe('agents that do not exist', () => {
  test('sign nothing', () => {
    const checking = newChecking()
    expect(checkClaim(checking, { ...claimOf(2, 1), agent: 4 })).toBe('UNKNOWN_AGENT')
    expect(checkBallot(checking, { ...ballotOf(2), agent: 4 })).toBe('UNKNOWN_AGENT')
    const [first, second] = [claimed('prepare', 0, digest), claimed('prepare', 0, digestOf(valueFor(1)))].map(
      (statement) => ({ ...statement, signature: signed(3, statement) }),
    )
    expect(checkEvidence(checking, { agent: 3, first, second })).toBeNull()
    expect(checkEvidence(checking, { agent: 4, first, second })).toBe('UNKNOWN_AGENT')
  })
})

test.each([[[1, 0, 2]], [[0, 0, 1]], [[0, 2, 1]], [[0, 1, 1]]])('signers %j are not in ascending order', (agents) => {
  expect(checkCertificate(newChecking(), certificateOf('commit', 0, digest, agents))).toBe('REPEATED_SIGNER')
})

test('the first view has no lock to show', () => {
  const proposal = proposalOf(0, valueFor(), { lock: certificateOf('prepare', 0, digest) })
  expect(checkJustified(newChecking(), proposal)).toBe('UNJUSTIFIED')
})

test('agents take turns, and another one begins with every batch', () => {
  const leaders = (batch: number) =>
    [0, 1, 2, 3, 4].map((view) =>
      STANDARD_RULES.leaderOf(view, { agentCount: 4, domain: { ...settings.domain, batch } }),
    )
  expect(leaders(0)).toEqual([0, 1, 2, 3, 0])
  expect(leaders(1)).toEqual([1, 2, 3, 0, 1])
  expect(leaders(6)).toEqual([2, 3, 0, 1, 2])
})

test('views last twice as long, one after the other, and 64 times as long as the first at most', () => {
  const delayOf = (view: number) => {
    const outbox = new Outbox(settings.domain, 1000)
    outbox.arm('view', view)
    const [effect] = outbox.take()
    return effect.type === 'timer' ? effect.delayMs : null
  }
  expect([0, 1, 2, 5, 6, 7, 1000].map(delayOf)).toEqual([1000, 2000, 4000, 32_000, 64_000, 64_000, 64_000])
})
