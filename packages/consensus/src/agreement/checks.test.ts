/** What is refused before a value is hashed: hashing one is most of the work, and anybody can send one. */
import { expect, test } from 'vitest'
import { checkProposal } from './checks.ts'
import { ed25519Sign } from './keys.ts'
import type { Ballot, Message, Value } from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import { Replica } from './replica.ts'
import {
  certificateOf,
  claimOf,
  digestOf,
  keys,
  newChecking,
  proposalOf,
  settings,
  valueFor,
  votesOf,
} from './team-fixture.ts'
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

test.each<[string, number, Message]>([
  ['the proposal that was followed', 2, proposalOf(0, value)],
  ['a claim with its lock, to the leader', 1, { type: 'status', claim: claims[0], seen: null, lock, value }],
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
