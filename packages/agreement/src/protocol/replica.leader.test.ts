/** The leader's part: it certifies once, and asks of locks what it will have to show. And how others follow it. */
import { describe, expect, test } from 'vitest'
import type { Claim, Message, Phase, QuorumCertificate, Value } from './messages.ts'
import type { Effect } from './outbox.ts'
import type { RejectionReason } from './rejection.ts'
import type { Replica } from './replica.ts'
import { claimed } from './statement.ts'
import {
  ballotOf,
  certificateOf,
  claimOf,
  digestOf,
  give,
  newReplica,
  proposalOf,
  sent,
  signed,
  started,
  valueFor,
  votesOf,
} from './team.fixture.ts'

const value = valueFor()
const digest = digestOf(value)

function voteOf(agent: number, phase: Phase, view = 0): Message {
  return { type: 'vote', phase, view, digest, agent, signature: signed(agent, claimed(phase, view, digest)) }
}

function leading(): Replica {
  const replica = started(0)
  for (const agent of [1, 2, 3]) give(replica, { type: 'ballot', ballot: ballotOf(agent) })
  return replica
}

describe('votes', () => {
  test('a quorum makes the certificate, of distinct agents in ascending order, and later votes make none', () => {
    const replica = leading()
    expect(sent(give(replica, voteOf(3, 'prepare')))).toEqual([])
    expect(sent(give(replica, voteOf(3, 'prepare')))).toEqual([])
    const prepared = sent(give(replica, voteOf(1, 'prepare')))
    expect(prepared).toEqual([{ type: 'prepared', certificate: certificateOf('prepare', 0, digest, [0, 1, 3]) }])
    for (const agent of [1, 3]) expect(give(replica, voteOf(agent, 'prepare'))).toEqual([])
    expect(give(replica, voteOf(2, 'prepare'))).toEqual([])
    expect(replica.rejections).toEqual({ REPEATED: 3 })
    expect(sent(give(replica, voteOf(2, 'commit')))).toEqual([])
    const committed = sent(give(replica, voteOf(1, 'commit')))
    expect(committed).toEqual([
      { type: 'committed', certificate: certificateOf('commit', 0, digest, [0, 1, 2]), value },
    ])
    expect(replica.committed?.certificate.digest).toBe(digest)
  })

  test('do not count before the proposal, with a forged signature, or for a view that is over', () => {
    const early = started(0)
    expect(give(early, voteOf(1, 'prepare'))).toEqual([])
    expect(early.rejections).toEqual({ OTHER_VIEW: 1 })
    const replica = leading()
    give(replica, { ...voteOf(1, 'prepare'), agent: 2 } as Message)
    give(replica, { ...voteOf(1, 'prepare'), phase: 'commit' } as Message)
    expect(sent(give(replica, voteOf(3, 'prepare')))).toEqual([])
    expect(replica.rejections).toEqual({ BAD_SIGNATURE: 2 })
    replica.expire({ kind: 'view', view: 0 })
    expect(give(replica, voteOf(1, 'prepare'))).toEqual([])
    expect(replica.rejections).toEqual({ BAD_SIGNATURE: 2, OLD_VIEW: 1 })
  })
})

describe('a claim to a lock, to the leader that may have to propose it', () => {
  const lock = certificateOf('prepare', 0, digest)
  const forged = { ...lock, signatures: lock.signatures.with(2, { agent: 3, signature: lock.signatures[2].signature }) }
  const otherDigest = digestOf(valueFor(1))
  const claim = claimOf(2, 1, lock)

  test.each<[string, QuorumCertificate, Value, RejectionReason, Claim?]>([
    ['with another value', lock, valueFor(1), 'OTHER_DIGEST'],
    ['with too few ballots', lock, value.slice(2), 'BAD_VALUE'],
    [
      'with a ballot that its agent did not sign',
      lock,
      value.with(1, { ...value[1], agent: 1, signature: value[2].signature }),
      'BAD_VALUE',
    ],
    ['that two have signed', certificateOf('prepare', 0, digest, [0, 1]), value, 'TOO_FEW_SIGNERS'],
    ['that one of three has not signed', forged, value, 'BAD_SIGNATURE'],
    ['that one has signed three times', certificateOf('prepare', 0, digest, [1, 1, 1]), value, 'REPEATED_SIGNER'],
    ['of the other phase', certificateOf('commit', 0, digest), value, 'LOCK_MISSING'],
    ['on another value than it says', certificateOf('prepare', 0, otherDigest), valueFor(1), 'LOCK_MISSING'],
    ['of another view than it says', certificateOf('prepare', 1, digest), value, 'LOCK_MISSING', claimOf(2, 5, lock)],
  ])('%s is refused', (_, shown, held, reason, said = claim) => {
    const replica = started(1)
    const before = replica.durable
    expect(give(replica, { type: 'status', claim: said, seen: null, lock: shown, value: held })).toEqual([])
    expect(replica.rejections).toEqual({ [reason]: 1 })
    expect(replica.durable).toBe(before)
    // It does not count as a claim either: the sound one is still followed.
    const sound: Message = { type: 'status', claim: said, seen: null, lock, value }
    give(replica, sound)
    expect(replica.rejections).toEqual({ [reason]: 1 })
  })

  test('is proposed again in the new view, before what the leader would like', () => {
    const replica = started(1)
    give(replica, { type: 'status', claim, seen: null, lock, value })
    const effects = give(replica, { type: 'status', claim: claimOf(3, 1), seen: null, lock: null, value: [] })
    const proposal = sent(effects).find(({ type }) => type === 'proposal')
    expect(proposal).toMatchObject({ view: 1, value, lock, claims: [{ agent: 1 }, { agent: 2 }, { agent: 3 }] })
  })
})

describe('a proposal of a later view', () => {
  const claims = [claimOf(0, 5), claimOf(1, 5), claimOf(2, 5)]

  test('is followed into that view: it is entered with a claim and a timer, and the views below are left', () => {
    const replica = started(3)
    const effects = give(replica, proposalOf(5, value, { claims }))
    const messages = sent(effects)
    expect(messages.filter(({ type }) => type === 'status')).toHaveLength(3)
    expect(messages.filter(({ type }) => type === 'vote')).toMatchObject([{ phase: 'prepare', view: 5, agent: 3 }])
    expect(effects).toContainEqual(expect.objectContaining({ type: 'timer', timer: { kind: 'view', view: 5 } }))
    expect(replica.durable).toMatchObject({ view: 5, claim: { view: 5 }, voted: { prepare: 5 } })
    expect(give(replica, proposalOf(0, value))).toEqual([])
    expect(give(replica, { type: 'prepared', certificate: certificateOf('prepare', 0, digest) })).toEqual([])
    expect(replica.rejections).toEqual({ OLD_VIEW: 2 })
  })

  test('and its prepare certificate becomes a lock, which the claim for the next view names', () => {
    const replica = started(3)
    give(replica, proposalOf(5, value, { claims }))
    const prepared: Message = { type: 'prepared', certificate: certificateOf('prepare', 5, digest) }
    expect(sent(give(replica, prepared))).toMatchObject([{ type: 'vote', phase: 'commit', view: 5 }])
    // Once.
    expect(give(replica, prepared)).toEqual([])
    const claim = sent(replica.expire({ kind: 'view', view: 5 })).find(({ type }) => type === 'status')
    expect(claim).toMatchObject({ claim: { view: 6, lockView: 5, digest } })
  })
})

test('a view begins when a quorum has reached it, and not before', () => {
  const replica = started(2)
  const begun = expect.objectContaining({ type: 'timer', timer: { kind: 'view', view: 1 } })
  expect(replica.expire({ kind: 'view', view: 0 })).not.toContainEqual(begun)
  const reach = (agent: number): readonly Effect[] =>
    give(replica, { type: 'status', claim: claimOf(agent, 1), seen: null, lock: null, value: [] })
  expect(reach(0)).not.toContainEqual(begun)
  // Until then it does not end either.
  expect(replica.expire({ kind: 'view', view: 1 })).toEqual([])
  expect(replica.durable.view).toBe(1)
  expect(reach(3)).toContainEqual(begun)
})

describe('a leader proposes once in a view', () => {
  test('and what comes too late changes nothing', () => {
    const replica = started(0)
    for (const agent of [1, 2]) give(replica, { type: 'ballot', ballot: ballotOf(agent) })
    const proposals = (effects: readonly Effect[]) => sent(effects).filter(({ type }) => type === 'proposal')
    expect(proposals(replica.expire({ kind: 'gather', view: 0 }))).toHaveLength(1)
    expect(proposals(give(replica, { type: 'ballot', ballot: ballotOf(3) }))).toEqual([])
    expect(proposals(replica.expire({ kind: 'gather', view: 0 }))).toEqual([])
    // Nor after a crash.
    const again = newReplica(0, replica.durable)
    const effects = [...again.begin(votesOf(0)), ...again.expire({ kind: 'gather', view: 0 })]
    for (const agent of [1, 2, 3]) effects.push(...give(again, { type: 'ballot', ballot: ballotOf(agent) }))
    expect(proposals(effects)).toEqual([])
  })

  test('with its own lock, where the others have none', () => {
    const replica = started(1)
    give(replica, proposalOf(0, value))
    give(replica, { type: 'prepared', certificate: certificateOf('prepare', 0, digest) })
    replica.expire({ kind: 'view', view: 0 })
    const reach = (agent: number) =>
      sent(give(replica, { type: 'status', claim: claimOf(agent, 1), seen: null, lock: null, value: [] }))
    expect(reach(2).filter(({ type }) => type === 'proposal')).toEqual([])
    const proposal = reach(3).find(({ type }) => type === 'proposal')
    expect(proposal).toMatchObject({ view: 1, value, lock: { view: 0, digest } })
  })
})

test('votes of a view that the leader has left are not counted in the next one that it leads', () => {
  const replica = leading()
  give(replica, voteOf(1, 'prepare'))
  const statuses = [1, 2, 3].map(
    (agent): Message => ({ type: 'status', claim: claimOf(agent, 4), seen: null, lock: null, value: [] }),
  )
  const proposal = statuses.flatMap((status) => sent(give(replica, status))).find(({ type }) => type === 'proposal')
  expect(proposal).toMatchObject({ view: 4 })
  expect(sent(give(replica, voteOf(2, 'prepare', 4)))).toEqual([])
  expect(sent(give(replica, voteOf(3, 'prepare', 4)))).toEqual([
    { type: 'prepared', certificate: certificateOf('prepare', 4, digest, [0, 2, 3]) },
  ])
})

test('a claim from before a lock is sent again without that lock, which it does not name', () => {
  const replica = started(3)
  give(replica, proposalOf(5, value, { claims: [claimOf(0, 5), claimOf(1, 5), claimOf(2, 5)] }))
  give(replica, { type: 'prepared', certificate: certificateOf('prepare', 5, digest) })
  const statuses = sent(replica.expire({ kind: 'resend', view: 5 })).filter(({ type }) => type === 'status')
  expect(statuses).toHaveLength(3)
  for (const status of statuses)
    expect(status).toMatchObject({ claim: { view: 5, lockView: -1 }, lock: null, value: [] })
})

test.each([
  [0, 2],
  [2, 0],
])('of two locks the higher one is proposed again: held by agent %i, the lower by %i', (higher, lower) => {
  const other = valueFor(1)
  const high = certificateOf('prepare', 3, digestOf(other))
  const low = certificateOf('prepare', 0, digest)
  const replica = started(1)
  give(replica, { type: 'status', claim: claimOf(higher, 5, high), seen: null, lock: high, value: other })
  const last: Message = { type: 'status', claim: claimOf(lower, 5, low), seen: null, lock: low, value }
  const proposal = sent(give(replica, last)).find(({ type }) => type === 'proposal')
  expect(proposal).toMatchObject({ view: 5, value: other, lock: { view: 3, digest: high.digest } })
})

test('who has heard nothing for half a view says again what it has said: its ballot to the leader', () => {
  const replica = started(2)
  const effects = replica.expire({ kind: 'resend', view: 0 })
  expect(effects).toMatchObject([
    { type: 'timer', timer: { kind: 'resend', view: 0 } },
    { type: 'send', to: 0, envelope: { message: { type: 'ballot', ballot: { agent: 2 } } } },
  ])
})

test('the leader of the new view is given the lock and the ballot, the others the claim alone', () => {
  const replica = started(3)
  give(replica, proposalOf(0, value))
  const lock = certificateOf('prepare', 0, digest)
  give(replica, { type: 'prepared', certificate: lock })
  const effects = replica.expire({ kind: 'view', view: 0 })
  const to = (agent: number) =>
    effects.flatMap((effect) => (effect.type === 'send' && effect.to === agent ? [effect.envelope.message] : []))
  expect(to(1)).toMatchObject([{ type: 'status', lock, value }, { type: 'ballot' }])
  for (const agent of [0, 2]) expect(to(agent)).toMatchObject([{ type: 'status', lock: null, value: [] }])
  expect(effects).toContainEqual(expect.objectContaining({ timer: { kind: 'resend', view: 1 } }))
  // And so it is on its return from a crash.
  const again = sent(newReplica(3, replica.durable).begin(votesOf(3)))
  expect(again).toContainEqual(expect.objectContaining({ type: 'status', lock, value }))
})

test('claims of other views are not shown with a proposal', () => {
  const replica = started(1)
  const reach = (agent: number, view: number) =>
    sent(give(replica, { type: 'status', claim: claimOf(agent, view), seen: null, lock: null, value: [] }))
  reach(0, 2)
  for (const agent of [0, 2, 3]) give(replica, { type: 'ballot', ballot: ballotOf(agent) })
  replica.expire({ kind: 'view', view: 0 })
  const messages = [...reach(2, 1), ...reach(3, 1)]
  const proposal = messages.find(({ type }) => type === 'proposal')
  expect(proposal).toMatchObject({ view: 1, claims: [{ agent: 1 }, { agent: 2 }, { agent: 3 }] })
})

describe('a leader that waits for ballots anew in a later view', () => {
  const lead = (replica: Replica, view: number) =>
    [1, 2, 3].flatMap((agent) => [
      ...give(replica, { type: 'status', claim: claimOf(agent, view), seen: null, lock: null, value: [] }),
    ])
  const proposals = (effects: readonly Effect[]) => sent(effects).filter(({ type }) => type === 'proposal')
  const waits = expect.objectContaining({ type: 'timer', timer: { kind: 'gather', view: 4 } })

  test.each([
    ['was still waiting when it left the view before', false],
    ['had waited long enough, for too few', true],
  ])('%s', (_, over) => {
    const replica = started(0)
    give(replica, { type: 'ballot', ballot: ballotOf(1) })
    if (over) expect(proposals(replica.expire({ kind: 'gather', view: 0 }))).toEqual([])
    const effects = lead(replica, 4)
    expect(replica.durable.view).toBe(4)
    expect(effects).toContainEqual(waits)
    // With n - f ballots it still gives the last one its time.
    expect(proposals([...effects, ...give(replica, { type: 'ballot', ballot: ballotOf(2) })])).toEqual([])
    expect(proposals(replica.expire({ kind: 'gather', view: 0 }))).toEqual([])
    const [proposal] = proposals(replica.expire({ kind: 'gather', view: 4 }))
    expect(proposal).toMatchObject({ view: 4, value: [{ agent: 0 }, { agent: 1 }, { agent: 2 }] })
  })
})
