import { describe, expect, test } from 'vitest'
import { ed25519Sign, keysOfSecret } from '../protocol/keys.ts'
import type { BatchSettings } from '../protocol/value.ts'
import { verifyEvidence } from './certificate.ts'
import { decodeManifest, type EpochManifest, encodeManifest } from './epoch-manifest.ts'
import {
  assertFollows,
  beginOf,
  type Epoch,
  epochOf,
  isSigned,
  missingReady,
  missingSigners,
  type SuccessorSignature,
  signReadiness,
  signSuccessor,
  successorEvidence,
} from './successor.ts'

const [own, later] = [
  [0, 1, 2, 3],
  [4, 5, 6],
].map((agents) => agents.map((agent) => keysOfSecret(Buffer.alloc(32, agent + 1))))

const manifest: EpochManifest = {
  ...{ epoch: 3, bundle: 'ab'.repeat(32), batchRows: 256, viewMs: 500, faults: 1 },
  decision: { rule: 'quorum', threshold: 0.5, fallbackAction: 3 },
  agents: own.map(({ publicKey }, agent) => ({
    publicKey,
    address: `127.0.0.1:${7400 + agent}`,
    certificate: `A${agent}`,
  })),
  enforcer: 'A',
  follows: null,
}
const epochFrom = (changes: EpochManifest): Epoch => decodeManifest(encodeManifest(changes))
const first = epochFrom(manifest)

/** A team of three that tolerates nobody, from batch 9 on. */
function successor(changes: Partial<EpochManifest> = {}): Epoch {
  const agents = later.map(({ publicKey }, agent) => ({
    ...{ publicKey, address: `127.0.0.1:${7500 + agent}`, certificate: `B${agent}` },
  }))
  const follows = { manifest: first.team.id, batch: 9 }
  return epochFrom({ ...manifest, epoch: 4, faults: 0, agents, enforcer: 'B', follows, ...changes })
}
const next = successor()

const signedBy = (agents: readonly number[], signed: Epoch): SuccessorSignature[] =>
  agents.map((agent) => ({ agent, signature: signSuccessor(first, signed, ed25519Sign(own[agent].privateKey)) }))

describe('the successor of an epoch', () => {
  test('is valid with the signatures of a quorum of the old agents', () => {
    expect(() => assertFollows([first], next)).not.toThrow()
    expect(missingSigners(first, next, signedBy([0, 2, 3], next))).toBeNull()
    expect(missingSigners(first, next, signedBy([0, 2], next))).toBe(1)
  })

  test('is not valid where f agents forge the quorum', () => {
    const [{ signature }] = signedBy([1], next)
    const forged = [0, 1, 2, 3].map((agent) => ({ agent, signature }))
    expect(missingSigners(first, next, forged)).toBe(2)
    expect(missingSigners(first, next, [...signedBy([1], next), ...signedBy([1], next), ...signedBy([1], next)])).toBe(
      2,
    )
    // Those that were given for something else count for nothing, and neither do those of the new agents.
    const other = successor({ viewMs: 501 })
    expect(missingSigners(first, next, signedBy([0, 2, 3], other))).toBe(3)
    const strangers = later.map(({ privateKey }, agent) => ({
      ...{ agent, signature: signSuccessor(first, next, ed25519Sign(privateKey)) },
    }))
    expect(strangers.some((one) => isSigned(first, next, one))).toBe(false)
  })

  test('is ready when a quorum of its agents have signed it with their new keys, and by no signature for anything else', () => {
    const readyBy = (agents: readonly number[], signed: Epoch, keys = later): SuccessorSignature[] =>
      agents.map((agent) => ({ agent, signature: signReadiness(signed, ed25519Sign(keys[agent].privateKey)) }))
    const all = readyBy([0, 1], next)
    expect(missingReady(next, all)).toBeNull()
    expect(missingReady(next, all.slice(1))).toBe(1)
    expect(missingReady(next, [...all.slice(1), ...all.slice(1)])).toBe(1)
    expect(missingReady(next, readyBy([0, 1], successor({ viewMs: 501 })))).toBe(2)
    expect(missingReady(next, readyBy([0, 1], next, own))).toBe(2)
    // A signature under a successor is none of readiness, and the other way round.
    const lent = later.map(({ privateKey }, agent) => ({
      ...{ agent, signature: signSuccessor(first, next, ed25519Sign(privateKey)) },
    }))
    expect(missingReady(next, lent)).toBe(2)
    expect(readyBy([0, 1, 2], next, own).some((one) => isSigned(first, next, one))).toBe(false)
  })

  test.each<[string, Partial<EpochManifest>, string]>([
    ['no predecessor', { follows: null }, 'must name the epoch before, received nothing'],
    ['another predecessor', { follows: { manifest: 'cd'.repeat(32), batch: 9 } }, 'must name the epoch before'],
    ['the epoch of the one before', { epoch: 3 }, 'must be of epoch 4, received 3'],
    ['an epoch left out', { epoch: 5 }, 'must be of epoch 4, received 5'],
    ['smaller batches', { batchRows: 255 }, 'must have batches of at least 256 events'],
    ['the enforcer of the one before', { enforcer: 'A' }, 'must have keys of its own'],
    [
      'a key of the one before',
      { agents: next.manifest.agents.with(1, { ...next.manifest.agents[1], publicKey: own[3].publicKey }) },
      'must have keys of its own',
    ],
    [
      'an address of the one before',
      { agents: next.manifest.agents.with(1, { ...next.manifest.agents[1], address: '127.0.0.1:7402' }) },
      'must have agents that listen elsewhere than those before, received 127.0.0.1:7402',
    ],
  ])('is refused with %s', (_, changes, reason) => {
    expect(() => assertFollows([first], successor(changes))).toThrow(
      expect.objectContaining({ code: 'SUCCESSOR', message: expect.stringContaining(reason) }),
    )
  })

  test('is refused with a key of any epoch before, and where it begins before that one', () => {
    const agents = own.map(({ publicKey }, agent) => ({
      ...{ publicKey, address: `127.0.0.1:${7600 + agent}`, certificate: `C${agent}` },
    }))
    const third = (batch: number, changes: Partial<EpochManifest>) => {
      const follows = { manifest: next.team.id, batch }
      return epochFrom({ ...manifest, epoch: 5, agents, enforcer: 'C', follows, ...changes })
    }
    expect(() => assertFollows([first, next], third(10, {}))).toThrow(
      'must have keys of its own, received one of epoch 3',
    )
    expect(() => assertFollows([first, next], third(8, {}))).toThrow('must not begin before batch 9, received 8')
  })

  test('begins with its batch, and the one before ends there', () => {
    expect([first, next].map(beginOf)).toEqual([0, 9])
    expect([0, 8, 9, 10].map((batch) => epochOf([first, next], batch).manifest.epoch)).toEqual([3, 3, 4, 4])
  })
})

describe('two successors of one epoch', () => {
  const rival = successor({ viewMs: 700 })
  const settings = (domain: BatchSettings['domain']) => ({ ...first.team, domain, firstRow: 0, rows: 1 })

  test('that begin with one batch are evidence against every agent that has signed both', () => {
    const sides = [
      { next, signatures: signedBy([0, 1, 2], next) },
      { next: rival, signatures: signedBy([0, 1, 3], rival) },
    ] as const
    // Both have a quorum: among four that happens where two lie, which is more than f = 1.
    expect(sides.map((side) => missingSigners(first, side.next, side.signatures))).toEqual([null, null])
    const found = successorEvidence(first, sides)
    expect(found.map(({ evidence }) => evidence.agent)).toEqual([0, 1])
    for (const { domain, evidence } of found) {
      expect(verifyEvidence(evidence, { settings: settings(domain), verify: first.team.verify })).toBeNull()
      const blamed = { ...evidence, agent: 3 }
      expect(verifyEvidence(blamed, { settings: settings(domain), verify: first.team.verify })).toBe('BAD_SIGNATURE')
    }
  })

  test('are no evidence where signatures are made up, or where one is the other', () => {
    const signed = { next, signatures: signedBy([0], next) }
    const madeUp = { next: rival, signatures: signedBy([0], next) }
    expect(successorEvidence(first, [signed, madeUp])).toEqual([])
    expect(successorEvidence(first, [signed, signed])).toEqual([])
  })
})
