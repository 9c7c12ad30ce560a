/** What is refused before a value is hashed: hashing one is most of the work, and anybody can send one. */
import { describe, expect, test, vi } from 'vitest'
import { type Checking, checkJustified, checkProposed } from './checks.ts'
import { encodeEnvelope, Reading } from './codec.ts'
import { ed25519Sign } from './keys.ts'
import type { Ballot, Claim, Message, Value } from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import { Replica } from './replica.ts'
import { claimed } from './statement.ts'
import {
  certificateOf,
  claimOf,
  digestOf,
  keys,
  newChecking,
  proposalOf,
  settings,
  signed,
  valueFor,
  votesOf,
} from './team.fixture.ts'
import { Digests } from './value.ts'

/** Real digests that count how often they are asked for. */
class CountedDigests extends Digests {
  asked = 0

  override ballot(ballot: Ballot): string | null {
    this.asked++
    return super.ballot(ballot)
  }

  override value(value: Value): string {
    this.asked++
    return super.value(value)
  }
}

const value = valueFor()
const lock = certificateOf('prepare', 0, digestOf(value))
const claims = [claimOf(0, 1, lock), claimOf(2, 1), claimOf(3, 1)]
const forged = { ...claims[1], signature: claims[2].signature }

const checkProposal = (checking: Checking, proposal: ReturnType<typeof proposalOf>) =>
  checkJustified(checking, proposal) ?? checkProposed(checking, proposal)

test.each<[string, ReturnType<typeof proposalOf>, RejectionReason]>([
  ['claims in view 0', proposalOf(0, value, { claims }), 'UNJUSTIFIED'],
  ['no claims', proposalOf(1, value), 'TOO_FEW_SIGNERS'],
  ['a claim twice', proposalOf(1, value, { claims: [claims[0], claims[1], claims[1]], lock }), 'REPEATED_SIGNER'],
  ['claims of another view', proposalOf(2, value, { claims, lock }), 'UNJUSTIFIED'],
  ['a hidden lock', proposalOf(1, value, { claims }), 'UNJUSTIFIED'],
  ['a forged claim', proposalOf(1, value, { claims: [claims[0], forged, claims[2]], lock }), 'BAD_SIGNATURE'],
  [
    'a lock of two',
    proposalOf(1, value, { claims, lock: certificateOf('prepare', 0, lock.digest, [0, 1]) }),
    'TOO_FEW_SIGNERS',
  ],
  ["another signature than its leader's", proposalOf(1, value, { claims, lock, signer: 3 }), 'BAD_SIGNATURE'],
])('a proposal with %s', (_, proposal, reason) => {
  const digests = new CountedDigests(settings)
  expect(checkProposal({ ...newChecking(), digests }, proposal)).toBe(reason)
  expect(digests.asked).toBe(0)
})

test("a proposal with a lock and its leader's signature must still hold the locked value", () => {
  const proposal = proposalOf(1, value, { claims, lock })
  expect(checkProposal(newChecking(), proposal)).toBeNull()
  expect(checkProposal(newChecking(), { ...proposal, value: valueFor(1) })).toBe('OTHER_DIGEST')
  expect(checkProposal(newChecking(), { ...proposal, value: value.slice(2) })).toBe('BAD_VALUE')
})

test("a ballot that its agent did not sign keeps the others' votes from being hashed, too", () => {
  const digests = new CountedDigests(settings)
  const unsigned = value.with(3, { ...value[3], signature: '00'.repeat(64) })
  const proposal = { ...proposalOf(0, value), value: unsigned }
  expect(checkProposal({ ...newChecking(), digests }, proposal)).toBe('BAD_VALUE')
  expect(digests.asked).toBe(0)
})

describe('work for nothing', () => {
  const zeros = '00'.repeat(64)
  const committed = { type: 'committed', certificate: certificateOf('commit', 0, lock.digest), value } as const
  const { certificate } = committed
  const forgedCertificate = {
    ...certificate,
    signatures: certificate.signatures.with(0, { agent: 0, signature: zeros }),
  }
  const forgeries: [string, Message][] = [
    ['a proposal', { ...proposalOf(0, value), signature: zeros }],
    ['a proposal of a later view', { ...proposalOf(1, value, { claims, lock }), signature: zeros }],
    ['a ballot', { type: 'ballot', ballot: { ...value[3], signature: zeros } }],
    ['a commit certificate', { ...committed, certificate: forgedCertificate }],
    ['a claim with its lock', { type: 'status', claim: { ...claims[0], signature: zeros }, seen: null, lock, value }],
  ]

  /** What a replica of a batch of so many rows does with bytes that hold them: signatures checked, digests, ballots read. */
  function workFor(message: Message, rows: number) {
    const digests = new CountedDigests({ ...settings, rows })
    let signatures = 0
    const { verify } = newChecking()
    const checking: Checking = {
      ...newChecking(),
      settings: { ...settings, rows },
      digests,
      verify: (...statement) => {
        signatures++
        return verify(...statement)
      },
    }
    const longer = (ballot: Ballot): Ballot => ({
      ...ballot,
      actions: new Uint8Array(rows),
      scores: new Float32Array(rows),
    })
    const replica = new Replica({ checking, self: 1, sign: ed25519Sign(keys[1].privateKey), baseTimeoutMs: 1000 })
    const long = structuredClone(message)
    const sent =
      long.type === 'ballot'
        ? { ...long, ballot: longer(long.ballot) }
        : 'value' in long
          ? { ...long, value: long.value.map(longer) }
          : long
    const bytes = encodeEnvelope({ domain: settings.domain, message: sent })
    const read = vi.spyOn(Reading.prototype, 'ballot')
    try {
      expect(replica.receiveBytes(bytes)).toEqual([])
      const votesRead = read.mock.results.reduce((sum, { value: ballot }) => sum + (ballot as Ballot).actions.length, 0)
      return { rejections: replica.rejections, signatures, hashed: digests.asked, votesRead }
    } finally {
      read.mockRestore()
    }
  }

  test.each(forgeries)('%s with a signature of zeros costs one signature check, whatever its size', (_, message) => {
    const expected = { rejections: { BAD_SIGNATURE: 1 }, signatures: 1, hashed: 0, votesRead: 0 }
    for (const rows of [3, 4_000, 75_000]) expect(workFor(message, rows)).toEqual(expected)
  })

  test('where the signature is sound the votes are read', () => {
    const { votesRead, hashed } = workFor(proposalOf(0, value), 4_000)
    expect(votesRead).toBe(4 * 4_000)
    expect(hashed).toBeGreaterThan(0)
  })

  describe('a leader makes others hash few proposals that it signs and that do not hold', () => {
    const free = [claimOf(0, 4), claimOf(2, 4), claimOf(3, 4)]
    /** Agent 0 leads the views 0, 4 and 8; `variant` is one of its digests, which is that of no value. */
    const broken = (variant: number, view = 0, claims: Claim[] = []) => {
      const digest = String(variant).padStart(2, '0').repeat(32)
      const signature = signed(0, claimed('proposal', view, digest))
      return { domain: settings.domain, message: { ...proposalOf(view, value, { claims }), digest, signature } }
    }
    const follower = () => {
      const digests = new CountedDigests(settings)
      const checking = { ...newChecking(), digests }
      const replica = new Replica({ checking, self: 1, sign: ed25519Sign(keys[1].privateKey), baseTimeoutMs: 1000 })
      return { replica, digests }
    }

    test('in one view', () => {
      const { replica, digests } = follower()
      for (let variant = 1; variant <= 16; variant++) replica.receive(broken(variant))
      const { asked } = digests
      expect(asked).toBeGreaterThan(0)
      for (let variant = 17; variant < 40; variant++) replica.receive(broken(variant))
      expect(digests.asked).toBe(asked)
      expect(replica.rejections).toEqual({ OTHER_DIGEST: 16, REPEATED: 23 })
      expect([...replica.evidence.keys()]).toEqual([0])
    })

    test('whatever it signs for a later view without the claims of a quorum', () => {
      const { replica, digests } = follower()
      for (let variant = 1; variant < 40; variant++) {
        replica.receive(broken(variant))
        replica.receive(broken(variant, 4))
      }
      expect(replica.rejections).toEqual({ OTHER_DIGEST: 16, REPEATED: 23, TOO_FEW_SIGNERS: 39 })
      expect(digests.asked).toBe(16 * 5 + 4)
    })

    test('and with them none of the views below, so that views by turns are no way around', () => {
      const { replica, digests } = follower()
      for (let variant = 1; variant < 40; variant++) {
        replica.receive(broken(variant))
        replica.receive(broken(variant, 4, free))
      }
      expect(replica.rejections).toEqual({ OTHER_DIGEST: 17, OLD_VIEW: 38, REPEATED: 23 })
      expect(digests.asked).toBe(17 * 5 + 4)
      // A sound proposal of a later view is followed all the same, and one of that view from whoever leads it.
      replica.receive({
        domain: settings.domain,
        message: proposalOf(5, value, { claims: [0, 2, 3].map((agent) => claimOf(agent, 5)) }),
      })
      expect(replica.durable).toMatchObject({ view: 5, voted: { prepare: 5 } })
    })

    test('and the one that holds is followed however often others relay it with something else', () => {
      const { replica } = follower()
      const sound = proposalOf(0, value)
      for (let i = 0; i < 40; i++) {
        replica.receive({ domain: settings.domain, message: { ...sound, value: valueFor(1) } })
      }
      replica.receive({ domain: settings.domain, message: sound })
      expect(replica.rejections).toEqual({ OTHER_DIGEST: 40 })
      expect(replica.durable.voted.prepare).toBe(0)
    })
  })

  /** Agent 2, and the check of signatures that it calls. */
  function watchedReplica() {
    const checking = newChecking()
    const verify = vi.fn(checking.verify)
    const sign = ed25519Sign(keys[2].privateKey)
    return { replica: new Replica({ checking: { ...checking, verify }, self: 2, sign, baseTimeoutMs: 1000 }), verify }
  }

  test('a sound signature is checked once, however often and in whatever message it comes', () => {
    const { replica, verify } = watchedReplica()
    for (const ballot of value) replica.receive({ domain: settings.domain, message: { type: 'ballot', ballot } })
    expect(verify).toHaveBeenCalledTimes(4)
    replica.receive({ domain: settings.domain, message: proposalOf(0, value) })
    expect(verify).toHaveBeenCalledTimes(5)
    const prepared: Message = { type: 'prepared', certificate: lock }
    for (let i = 0; i < 3; i++) replica.receive({ domain: settings.domain, message: prepared })
    // One of three is the replica's own.
    expect(verify).toHaveBeenCalledTimes(7)
  })

  test('what an agent has signed itself is not checked', () => {
    const { replica, verify } = watchedReplica()
    replica.begin(votesOf(2))
    expect(verify).toHaveBeenCalledTimes(0)
    replica.receive({ domain: settings.domain, message: proposalOf(0, value) })
    expect(verify).toHaveBeenCalledTimes(4)
    replica.receive({ domain: settings.domain, message: { type: 'prepared', certificate: lock } })
    expect(verify).toHaveBeenCalledTimes(6)
  })
})

test.each<[string, number, Message]>([
  ['the proposal that was followed', 2, proposalOf(0, value)],
  ['a claim with its lock, to the leader', 1, { type: 'status', claim: claims[0], seen: null, lock, value }],
  ['a ballot', 2, { type: 'ballot', ballot: value[3] }],
])('%s, again', (_, self, message) => {
  const digests = new CountedDigests(settings)
  const checking = { ...newChecking(), digests }
  const replica = new Replica({ checking, self, sign: ed25519Sign(keys[self].privateKey), baseTimeoutMs: 1000 })
  replica.begin(votesOf(self))
  replica.receive({ domain: settings.domain, message })
  const { asked } = digests
  expect(replica.rejections).toEqual({})
  expect(asked).toBeGreaterThan(0)
  // As fresh objects, which no digest is known of.
  replica.receive({ domain: settings.domain, message: structuredClone(message) })
  expect(replica.rejections).toEqual({ REPEATED: 1 })
  expect(digests.asked).toBe(asked)
})

test('a second ballot is a lie whatever votes stand beside its signature, and they are not hashed', () => {
  const digests = new CountedDigests(settings)
  const replica = new Replica({
    checking: { ...newChecking(), digests },
    self: 2,
    sign: ed25519Sign(keys[2].privateKey),
    baseTimeoutMs: 1000,
  })
  const give = (ballot: Ballot) => replica.receive({ domain: settings.domain, message: { type: 'ballot', ballot } })
  give(value[3])
  const { asked } = digests
  give({ ...valueFor(1)[3], actions: new Uint8Array(3) })
  expect(digests.asked).toBe(asked)
  expect([...replica.evidence.keys()]).toEqual([3])
})

test('votes that are not those of the digest make no ballot: the one that they belong to is still taken', () => {
  const replica = new Replica({
    checking: newChecking(),
    self: 0,
    sign: ed25519Sign(keys[0].privateKey),
    baseTimeoutMs: 1000,
  })
  const give = (ballot: Ballot) => replica.receive({ domain: settings.domain, message: { type: 'ballot', ballot } })
  replica.begin(votesOf(0))
  give({ ...value[3], actions: new Uint8Array(3) })
  for (const agent of [1, 2]) give(value[agent])
  expect(replica.rejections).toEqual({ BAD_VALUE: 1 })
  expect(replica.durable.proposed).toBe(-1)
  give(value[3])
  expect(replica.durable.proposed).toBe(0)
})

test.each<[string, typeof lock | null, Value]>([
  ['a certificate', lock, []],
  ['a value', null, value],
])('a claim to no lock with %s is refused: what nobody needs is not kept', (_, shown, held) => {
  const replica = new Replica({
    checking: newChecking(),
    self: 1,
    sign: ed25519Sign(keys[1].privateKey),
    baseTimeoutMs: 1000,
  })
  const message: Message = { type: 'status', claim: claimOf(2, 1), seen: null, lock: shown, value: held }
  replica.receive({ domain: settings.domain, message })
  expect(replica.rejections).toEqual({ UNJUSTIFIED: 1 })
  replica.receive({ domain: settings.domain, message: { ...message, lock: null, value: [] } })
  expect(replica.rejections).toEqual({ UNJUSTIFIED: 1 })
})
