/** Who lies is found out whatever it says in between, and nobody is blamed for what it did not sign. */
import { describe, expect, test } from 'vitest'
import type { Claim, Header, Message } from './messages.ts'
import type { Replica } from './replica.ts'
import { claimed } from './statement.ts'
import {
  ballotOf,
  certificateOf,
  claimOf,
  digestOf,
  give,
  proposalOf,
  sent,
  signed,
  started,
  valueFor,
} from './team.fixture.ts'

const value = valueFor()
const digest = digestOf(value)
const other = digestOf(valueFor(1))
const lock = certificateOf('prepare', 0, digest)

/** What the replica sends because of it. */
function given(replica: Replica, message: Message): Message[] {
  return sent(give(replica, message))
}

function status(claim: Claim, seen: Header | null = null): Message {
  return { type: 'status', claim, seen, lock: null, value: [] }
}

function header(signer: number, signedDigest: string): Header {
  return { view: 0, digest: other, signature: signed(signer, claimed('proposal', 0, signedDigest)) }
}

describe('a lie is found', () => {
  test.each([0, 16, 500])('two claims of one view, with %i harmless ones between', (between) => {
    const replica = started(2)
    given(replica, status(claimOf(3, 1)))
    for (let view = 2; view < 2 + between; view++) expect(given(replica, status(claimOf(3, view)))).toEqual([])
    const [evidence] = given(replica, status(claimOf(3, 1, lock)))
    expect(evidence).toMatchObject({ type: 'evidence', agent: 3, first: { view: 1 }, second: { view: 1 } })
    // Another agent is convinced by it.
    const convinced = started(0)
    given(convinced, evidence)
    expect([...convinced.evidence.keys()]).toEqual([3])
  })

  test('two claims of a view that was too far ahead when the first of them came', () => {
    const replica = started(2)
    const far = 100_000
    given(replica, status(claimOf(3, far)))
    expect(given(replica, status(claimOf(3, far, lock)))).toEqual([])
    // An honest agent is there too: so is this one then.
    given(replica, status(claimOf(0, far)))
    expect(replica.durable.view).toBe(far)
    expect(given(replica, status(claimOf(3, far, lock)))).toMatchObject([{ type: 'evidence', agent: 3 }])
  })

  test('a claim to the leader, which its proposal shows, and another one to the others', () => {
    const replica = started(2)
    given(replica, status(claimOf(3, 1)))
    const claims = [claimOf(0, 1), claimOf(1, 1), claimOf(3, 1, lock)]
    const messages = given(replica, proposalOf(1, value, { claims, lock }))
    expect(messages.filter(({ type }) => type === 'evidence')).toMatchObject([{ agent: 3 }])
  })

  test('two proposals of a leader, two votes to one, two ballots', () => {
    const replica = started(0)
    for (const agent of [1, 2, 3]) given(replica, { type: 'ballot', ballot: ballotOf(agent) })
    const vote = (agent: number, voted: string): Message => ({
      type: 'vote',
      phase: 'prepare',
      view: 0,
      digest: voted,
      agent,
      signature: signed(agent, claimed('prepare', 0, voted)),
    })
    expect(given(replica, vote(3, digest))).toEqual([])
    expect(given(replica, vote(3, other))).toMatchObject([{ type: 'evidence', agent: 3 }])
    expect(given(replica, { type: 'ballot', ballot: ballotOf(2, 1) })).toMatchObject([{ type: 'evidence', agent: 2 }])
    expect(replica.rejections).toEqual({ OTHER_DIGEST: 1, REPEATED: 1 })
    const follower = started(2)
    given(follower, proposalOf(0, value))
    expect(given(follower, proposalOf(0, valueFor(1)))).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ type: 'evidence', agent: 0 })]),
    )
    // It has voted, and does not vote again.
    expect(follower.rejections).toEqual({ REPEATED: 1 })
  })

  test('proof that is known is not looked at again', () => {
    const replica = started(2)
    given(replica, status(claimOf(3, 1)))
    const [evidence] = given(replica, status(claimOf(3, 1, lock)))
    const kept = replica.evidence.get(3)
    expect(given(replica, { ...evidence } as Message)).toEqual([])
    expect(replica.rejections).toEqual({ REPEATED: 2 })
    expect(replica.evidence.get(3)).toBe(kept)
  })

  test('one proof is enough: a second lie of the same agent is not told', () => {
    const replica = started(2)
    given(replica, status(claimOf(3, 1)))
    expect(given(replica, status(claimOf(3, 1, lock)))).toHaveLength(1)
    given(replica, status(claimOf(3, 2)))
    expect(given(replica, status(claimOf(3, 2, lock)))).toEqual([])
  })
})

describe('nobody is blamed', () => {
  test.each<[string, Header]>([
    ['by a header that another agent signed', header(2, other)],
    ['by a header with its signature of something else', header(0, digest)],
    [
      'by a header with the signature of another kind',
      { ...header(0, other), signature: signed(0, claimed('prepare', 0, other)) },
    ],
    ['by a header of another view', { view: 4, digest: other, signature: signed(0, claimed('proposal', 0, other)) }],
  ])('%s', (_, seen) => {
    const replica = started(1)
    given(replica, proposalOf(0, value))
    given(replica, status(claimOf(3, 4), { view: 4, digest, signature: signed(0, claimed('proposal', 4, digest)) }))
    given(replica, status(claimOf(2, 1), seen))
    expect(replica.evidence.size).toBe(0)
  })

  test('for the same header from two agents', () => {
    const replica = started(1)
    given(replica, proposalOf(0, value))
    const seen = { view: 0, digest, signature: signed(0, claimed('proposal', 0, digest)) }
    for (const agent of [2, 3]) given(replica, status(claimOf(agent, 1), seen))
    expect(replica.evidence.size).toBe(0)
  })

  test('for claims that go on from view to view with the same lock, and then a higher one', () => {
    const replica = started(2)
    const later = { view: 3, digest: other }
    for (const view of [1, 2, 3]) given(replica, status(claimOf(3, view, lock)))
    for (const view of [4, 5]) given(replica, status(claimOf(3, view, later)))
    expect(replica.evidence.size).toBe(0)
  })
})
