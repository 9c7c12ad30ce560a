/** One replica at a time, with real signatures: what it follows, what it refuses and counts, and what it keeps. */
import { describe, expect, test } from 'vitest'
import { encodeEnvelope } from './codec.ts'
import type { Envelope, Message } from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import { claimed, type Domain } from './statement.ts'
import {
  ballotOf,
  certificateOf,
  claimOf,
  digestOf,
  newReplica,
  proposalOf,
  sent,
  settings,
  signed,
  started,
  valueFor,
  votesOf,
} from './team.fixture.ts'

const value = valueFor()
const digest = digestOf(value)
const envelope = (message: Message, domain: Domain = settings.domain): Envelope => ({ domain, message })

describe('the way to a certificate', () => {
  test('agent 1 votes, locks, votes to commit, and commits', () => {
    const replica = started(1)
    const [prepare] = sent(replica.receive(envelope(proposalOf(0, value))))
    expect(prepare).toMatchObject({ type: 'vote', phase: 'prepare', view: 0, digest, agent: 1 })
    const [commit] = sent(
      replica.receive(envelope({ type: 'prepared', certificate: certificateOf('prepare', 0, digest) })),
    )
    expect(commit).toMatchObject({ type: 'vote', phase: 'commit', view: 0, digest, agent: 1 })
    expect(replica.committed).toBeNull()
    replica.receive(envelope({ type: 'committed', certificate: certificateOf('commit', 0, digest), value }))
    expect(replica.committed?.certificate.digest).toBe(digest)
    expect(replica.rejections).toEqual({})
  })

  test('a certificate that overtakes its proposal is not lost', () => {
    const replica = started(1)
    expect(replica.receive(envelope({ type: 'prepared', certificate: certificateOf('prepare', 0, digest) }))).toEqual(
      [],
    )
    const votes = sent(replica.receive(envelope(proposalOf(0, value))))
    expect(votes.map((vote) => vote.type === 'vote' && vote.phase)).toEqual(['prepare', 'commit'])
  })

  test('a leader waits for all ballots, and no longer than for its timer', () => {
    const hasty = started(0)
    hasty.receive(envelope({ type: 'ballot', ballot: ballotOf(1) }))
    const before = sent(hasty.receive(envelope({ type: 'ballot', ballot: ballotOf(2) })))
    expect(before).toEqual([])
    const proposal = sent(hasty.expire({ kind: 'gather', view: 0 })).find(({ type }) => type === 'proposal')
    expect(proposal).toMatchObject({ value: [{ agent: 0 }, { agent: 1 }, { agent: 2 }] })
    const patient = started(0)
    for (const agent of [1, 2]) patient.receive(envelope({ type: 'ballot', ballot: ballotOf(agent) }))
    const after = sent(patient.receive(envelope({ type: 'ballot', ballot: ballotOf(3) })))
    expect(after.find(({ type }) => type === 'proposal')).toMatchObject({ value: { length: 4 } })
  })
})

describe('refused and counted', () => {
  const other = digestOf(valueFor(1))
  const lock = certificateOf('prepare', 0, digest)
  const claims = [claimOf(0, 1, lock), claimOf(2, 1), claimOf(3, 1)]
  const unsigned = 'ab'.repeat(64)
  const committed = { type: 'committed', certificate: certificateOf('commit', 0, digest), value } as const
  const vote: Message = { type: 'vote', phase: 'prepare', view: 0, digest, agent: 2, signature: unsigned }

  test.each<[string, Message, RejectionReason, Domain?]>([
    ['a message of another run', vote, 'WRONG_RUN', { ...settings.domain, run: 'cd'.repeat(32) }],
    ['of another epoch', vote, 'WRONG_EPOCH', { ...settings.domain, epoch: 2 }],
    ['of another batch', vote, 'WRONG_BATCH', { ...settings.domain, batch: 1 }],
    ['a vote for another leader', { ...vote, view: 2 }, 'NOT_LEADER'],
    ['a vote of a view that is not there yet', { ...vote, view: 1 }, 'OTHER_VIEW'],
    ['a ballot of nobody', { type: 'ballot', ballot: { ...ballotOf(2), agent: 4 } }, 'UNKNOWN_AGENT'],
    ['a ballot that another signed', { type: 'ballot', ballot: { ...ballotOf(2), agent: 3 } }, 'BAD_SIGNATURE'],
    ['a ballot without votes', { type: 'ballot', ballot: { ...ballotOf(2), actions: new Uint8Array(0) } }, 'BAD_VALUE'],
    ['the own ballot again', { type: 'ballot', ballot: ballotOf(1) }, 'REPEATED'],
    ['a proposal by who does not lead', proposalOf(0, value, { signer: 3 }), 'BAD_SIGNATURE'],
    ['a proposal with two ballots', proposalOf(0, value.slice(0, 2)), 'BAD_VALUE'],
    ['a proposal with a ballot twice', proposalOf(0, [value[0], value[1], value[1]]), 'BAD_VALUE'],
    ['a proposal with claims in view 0', proposalOf(0, value, { claims }), 'UNJUSTIFIED'],
    ['a proposal without claims in view 1', proposalOf(1, value), 'TOO_FEW_SIGNERS'],
    ['one claim three times', proposalOf(1, value, { claims: [claims[1], claims[1], claims[1]] }), 'REPEATED_SIGNER'],
    ['claims of another view', proposalOf(2, value, { claims, lock }), 'UNJUSTIFIED'],
    ['a lock that is hidden', proposalOf(1, value, { claims }), 'UNJUSTIFIED'],
    ['another value than the locked one', proposalOf(1, valueFor(1), { claims, lock }), 'OTHER_DIGEST'],
    [
      'a lock that no quorum signed',
      proposalOf(1, value, { claims, lock: certificateOf('prepare', 0, digest, [0, 1]) }),
      'TOO_FEW_SIGNERS',
    ],
    ['a commit certificate as prepared', { type: 'prepared', certificate: committed.certificate }, 'UNJUSTIFIED'],
    ['two signers', { type: 'prepared', certificate: certificateOf('prepare', 0, digest, [0, 1]) }, 'TOO_FEW_SIGNERS'],
    [
      'a signer twice',
      { type: 'prepared', certificate: certificateOf('prepare', 0, digest, [0, 1, 1]) },
      'REPEATED_SIGNER',
    ],
    [
      'a signer that does not exist',
      { type: 'prepared', certificate: certificateOf('prepare', 0, digest, [1, 2, 4]) },
      'UNKNOWN_AGENT',
    ],
    ['prepare votes as commit votes', { ...committed, certificate: { ...lock, phase: 'commit' } }, 'BAD_SIGNATURE'],
    ['a prepare certificate as committed', { ...committed, certificate: lock }, 'UNJUSTIFIED'],
    ['a certificate for another value', { ...committed, value: valueFor(1) }, 'OTHER_DIGEST'],
    [
      'a lock without its value, to the leader',
      { type: 'status', claim: claims[0], seen: null, lock, value: [] },
      'BAD_VALUE',
    ],
    [
      'a lock without its certificate',
      { type: 'status', claim: claims[0], seen: null, lock: null, value },
      'LOCK_MISSING',
    ],
    [
      'a lock on what is to come',
      { type: 'status', claim: claimOf(2, 1, { ...lock, view: 1 }), seen: null, lock, value },
      'UNJUSTIFIED',
    ],
    [
      'a claim that another signed',
      { type: 'status', claim: { ...claims[1], agent: 3 }, seen: null, lock: null, value: [] },
      'BAD_SIGNATURE',
    ],
    ['evidence of nothing', evidence(digest, digest), 'NOT_PROVEN'],
    ['evidence without the second signature', evidence(digest, other, { second: unsigned }), 'BAD_SIGNATURE'],
    ['evidence without the first signature', evidence(digest, other, { first: unsigned }), 'BAD_SIGNATURE'],
  ])('%s', (_, message, reason, domain = settings.domain) => {
    const replica = started(1)
    expect(replica.receive(envelope(message, domain))).toEqual([])
    expect(replica.rejections).toEqual({ [reason]: 1 })
    expect(replica.evidence.size).toBe(0)
    expect(replica.committed).toBeNull()
  })

  test('replayed proposals and votes of views that are over', () => {
    const replica = started(1)
    replica.receive(envelope(proposalOf(0, value)))
    expect(replica.receive(envelope(proposalOf(0, value)))).toEqual([])
    replica.expire({ kind: 'view', view: 0 })
    expect(replica.receive(envelope(proposalOf(0, value)))).toEqual([])
    expect(replica.receive(envelope({ type: 'prepared', certificate: certificateOf('prepare', 0, digest) }))).toEqual(
      [],
    )
    expect(replica.rejections).toEqual({ REPEATED: 1, OLD_VIEW: 2 })
  })

  test('bytes that are no message', () => {
    const replica = started(1)
    const bytes = encodeEnvelope(envelope(proposalOf(0, value)))
    for (const wrong of [
      null,
      new Uint8Array(1e6),
      bytes.subarray(1),
      Buffer.concat([bytes, Uint8Array.of(0x20, 0)]),
    ]) {
      expect(replica.receiveBytes(wrong)).toEqual([])
    }
    expect(replica.rejections).toEqual({ NOT_BYTES: 1, OVERSIZED: 1, MALFORMED: 1, NOT_CANONICAL: 1 })
    expect(sent(replica.receiveBytes(bytes))).toMatchObject([{ type: 'vote' }])
  })

  function evidence(first: string, second: string, signatures: { first?: string; second?: string } = {}): Message {
    const [one, two] = [claimed('prepare', 0, first), claimed('prepare', 0, second)]
    return {
      type: 'evidence',
      agent: 3,
      first: { ...one, signature: signatures.first ?? signed(3, one) },
      second: { ...two, signature: signatures.second ?? signed(3, two) },
    }
  }
})

describe('liars are found out', () => {
  test('a leader with two proposals, by the header that another agent shows', () => {
    const replica = started(1)
    replica.receive(envelope(proposalOf(0, value)))
    const { signature } = proposalOf(0, valueFor(1))
    const seen = { view: 0, digest: digestOf(valueFor(1)), signature }
    const messages = sent(
      replica.receive(envelope({ type: 'status', claim: claimOf(2, 1), seen, lock: null, value: [] })),
    )
    expect(messages).toMatchObject([{ type: 'evidence', agent: 0 }])
    expect([...replica.evidence.keys()]).toEqual([0])
    const other = started(3)
    other.receive(envelope(messages[0]))
    expect([...other.evidence.keys()]).toEqual([0])
  })

  test('an agent with two ballots, by a proposal that holds the other', () => {
    const replica = started(1)
    replica.receive(envelope({ type: 'ballot', ballot: ballotOf(3, 1) }))
    expect(sent(replica.receive(envelope(proposalOf(0, value))))).toMatchObject([
      { type: 'evidence', agent: 3 },
      { type: 'vote' },
    ])
  })
})

describe('timers', () => {
  test('one of a view that is over changes nothing', () => {
    const replica = started(1)
    replica.expire({ kind: 'view', view: 0 })
    const { durable } = replica
    expect(durable.view).toBe(1)
    for (const kind of ['view', 'gather', 'resend'] as const) expect(replica.expire({ kind, view: 0 })).toEqual([])
    // A view that no quorum has reached does not end.
    expect(replica.expire({ kind: 'view', view: 1 })).toEqual([])
    expect(replica.durable).toBe(durable)
  })

  test('f agents cannot hurry a replica on, f + 1 can', () => {
    const replica = started(1)
    const far = (agent: number) =>
      envelope({ type: 'status', claim: claimOf(agent, 7), seen: null, lock: null, value: [] })
    replica.receive(far(2))
    expect(replica.durable.view).toBe(0)
    replica.receive(far(3))
    expect(replica.durable.view).toBe(7)
  })
})

describe('after a crash', () => {
  test('with its durable state a replica signs nothing that contradicts what it signed', () => {
    const before = started(1)
    before.receive(envelope(proposalOf(0, value)))
    const after = newReplica(1, before.durable)
    const again = sent(after.begin(votesOf(1, 1)))
    expect(again).toEqual([{ type: 'ballot', ballot: ballotOf(1) }])
    // Another value of the same view: the vote was given before the crash.
    expect(after.receive(envelope(proposalOf(0, value.slice(1))))).toEqual([])
    expect(after.rejections).toEqual({ REPEATED: 1 })
    expect(after.durable.voted.prepare).toBe(0)
  })

  test('without it a replica asks, takes no part, and takes the certificate', () => {
    const replica = newReplica(1, 'lost')
    expect(sent(replica.begin(votesOf(1)))).toEqual([{ type: 'ask', agent: 1 }])
    expect(replica.receive(envelope(proposalOf(0, value)))).toEqual([])
    expect(replica.rejections).toEqual({ OBSERVER: 1 })
    // Another crash, from which it comes back with what it kept, changes nothing about that.
    const again = newReplica(1, replica.durable)
    expect(sent(again.begin(votesOf(1)))).toEqual([{ type: 'ask', agent: 1 }])
    const committed = { type: 'committed', certificate: certificateOf('commit', 0, digest), value } as const
    const done = started(2)
    done.receive(envelope(committed))
    expect(sent(done.receive(envelope({ type: 'ask', agent: 1 })))).toEqual([committed])
    replica.receive(envelope(committed))
    expect(replica.committed).toEqual(committed)
  })
})

test('votes that do not fit the batch are refused', () => {
  const replica = newReplica(1)
  const votes = { actions: Uint8Array.of(1), scores: Float32Array.of(1) }
  expect(() => replica.begin(votes)).toThrow(expect.objectContaining({ name: 'VigilError', code: 'VOTES' }))
})
