/** The end of a batch and the way to it: what locks, what commits, and who is answered afterwards. */
import { describe, expect, test } from 'vitest'
import type { Message } from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import type { Replica } from './replica.ts'
import {
  certificateOf,
  claimOf,
  digestOf,
  give,
  newReplica,
  proposalOf,
  sent,
  started,
  valueFor,
  votesOf,
} from './team.fixture.ts'

const value = valueFor()
const digest = digestOf(value)
const other = valueFor(1)
const committed = { type: 'committed', certificate: certificateOf('commit', 0, digest), value } as const
const status = (claim: ReturnType<typeof claimOf>): Message => ({
  type: 'status',
  claim,
  seen: null,
  lock: null,
  value: [],
})
const prepared = (view: number, of = digest): Message => ({
  type: 'prepared',
  certificate: certificateOf('prepare', view, of),
})

describe('an agent that is done', () => {
  function done(): Replica {
    const replica = started(2)
    give(replica, committed)
    return replica
  }

  test('answers a signed claim and a request, to the one that asks', () => {
    const replica = done()
    expect(give(replica, status(claimOf(3, 1)))).toMatchObject([
      { type: 'send', to: 3, envelope: { message: committed } },
    ])
    expect(give(replica, { type: 'ask', agent: 1 })).toMatchObject([
      { type: 'send', to: 1, envelope: { message: committed } },
    ])
    expect(replica.rejections).toEqual({})
  })

  test.each<[string, Message, Record<string, number>]>([
    ['a claim that another signed', status({ ...claimOf(3, 1), agent: 1 }), { BAD_SIGNATURE: 1 }],
    ['a claim of nobody', status({ ...claimOf(3, 1), agent: 4 }), { UNKNOWN_AGENT: 1 }],
    ['a request of nobody', { type: 'ask', agent: 4 }, { UNKNOWN_AGENT: 1 }],
    ['its own request', { type: 'ask', agent: 2 }, {}],
    ['its own claim', status(claimOf(2, 1)), {}],
    ['a proposal', proposalOf(0, value), { DECIDED: 1 }],
    ['another certificate', { ...committed, certificate: certificateOf('commit', 4, digest) }, { DECIDED: 1 }],
  ])('does not answer %s', (_, message, rejections) => {
    const replica = done()
    expect(give(replica, message)).toEqual([])
    expect(replica.rejections).toEqual(rejections)
    expect(replica.committed).toEqual(committed)
  })

  test('does nothing any more: no timer, no claim, nothing on its return', () => {
    const replica = done()
    for (const kind of ['view', 'gather', 'resend'] as const) expect(replica.expire({ kind, view: 0 })).toEqual([])
    expect(newReplica(2, replica.durable).begin(votesOf(2))).toEqual([])
  })

  test('still learns who lied', () => {
    const replica = done()
    const liar = started(1)
    give(liar, status(claimOf(3, 1)))
    const [evidence] = sent(give(liar, status(claimOf(3, 1, { view: 0, digest }))))
    give(replica, evidence)
    expect([...replica.evidence.keys()]).toEqual([3])
  })
})

describe('a commit certificate', () => {
  test.each<[string, Message, RejectionReason]>([
    ['of two', { ...committed, certificate: certificateOf('commit', 0, digest, [0, 1]) }, 'TOO_FEW_SIGNERS'],
    [
      'with a ballot whose signature is another one',
      { ...committed, value: value.with(1, { ...value[1], signature: value[2].signature }) },
      'BAD_VALUE',
    ],
    ['with ballots in another order', { ...committed, value: value.toReversed() }, 'BAD_VALUE'],
    ['with a ballot less', { ...committed, value: value.slice(1) }, 'OTHER_DIGEST'],
    ['of the other phase', { ...committed, certificate: certificateOf('prepare', 0, digest) }, 'UNJUSTIFIED'],
  ])('%s decides nothing', (_, message, reason) => {
    const replica = started(2)
    expect(give(replica, message)).toEqual([])
    expect(replica.rejections).toEqual({ [reason]: 1 })
    expect(replica.committed).toBeNull()
  })

  test('decides in whatever view the agent is', () => {
    const replica = started(2)
    for (const agent of [0, 3]) give(replica, status(claimOf(agent, 9)))
    expect(replica.durable.view).toBe(9)
    give(replica, committed)
    expect(replica.committed).toEqual(committed)
  })
})

describe('a lock', () => {
  test('is on the value that the agent voted for: the certificate of another value of the view is refused', () => {
    const replica = started(2)
    give(replica, proposalOf(0, other))
    expect(give(replica, prepared(0))).toEqual([])
    expect(replica.rejections).toEqual({ OTHER_DIGEST: 1 })
    expect(replica.durable).toMatchObject({ lock: null, voted: { commit: -1 } })
  })

  test('is the latest: one of a later view takes its place', () => {
    const replica = started(3)
    give(replica, proposalOf(0, value))
    give(replica, prepared(0))
    expect(replica.durable.lock).toMatchObject({ certificate: { view: 0, digest } })
    // A quorum that knows no lock may be led to another value.
    const claims = [claimOf(0, 5), claimOf(1, 5), claimOf(2, 5)]
    give(replica, proposalOf(5, other, { claims }))
    give(replica, prepared(5, digestOf(other)))
    expect(replica.durable.lock).toMatchObject({ certificate: { view: 5, digest: digestOf(other) }, value: other })
    const claim = sent(replica.expire({ kind: 'view', view: 5 })).find(({ type }) => type === 'status')
    expect(claim).toMatchObject({ claim: { view: 6, lockView: 5, digest: digestOf(other) } })
  })

  test('comes from the latest of two certificates that overtook their proposals', () => {
    const replica = started(3)
    const claims = [claimOf(0, 5), claimOf(1, 5), claimOf(2, 5)]
    for (const view of [5, 2]) expect(give(replica, prepared(view))).toEqual([])
    const votes = sent(give(replica, proposalOf(5, value, { claims }))).filter(({ type }) => type === 'vote')
    expect(votes).toMatchObject([{ phase: 'prepare' }, { phase: 'commit' }])
  })

  test('of a view that was left is not taken any more', () => {
    const replica = started(2)
    give(replica, proposalOf(0, value))
    replica.expire({ kind: 'view', view: 0 })
    expect(give(replica, prepared(0))).toEqual([])
    expect(replica.durable.lock).toBeNull()
  })
})
