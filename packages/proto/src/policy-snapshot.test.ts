import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { vigil } from '../generated/vigil.js'
import { exampleSnapshot, policySnapshots } from './messages.arbitrary.ts'
import { decodePolicySnapshot, encodePolicySnapshot, type PolicySnapshot } from './policy-snapshot.ts'

/** A message as a faulty sender would write it: any field replaced, nothing checked. */
function forge(change: vigil.PolicySnapshot.$Properties): Uint8Array {
  const message = vigil.PolicySnapshot.decode(encodePolicySnapshot(exampleSnapshot()))
  return vigil.PolicySnapshot.encode(Object.assign(message, change)).finish()
}

test('every valid snapshot comes back equal', () => {
  fc.assert(
    fc.property(policySnapshots, (snapshot) => {
      expect(decodePolicySnapshot(encodePolicySnapshot(snapshot), snapshot)).toEqual(snapshot)
    }),
    { seed: 1, numRuns: 300 },
  )
})

describe('encodePolicySnapshot refuses', () => {
  test.each<[string, Partial<PolicySnapshot>, string]>([
    ['no agent', { agentCount: 0, parameters: new Float32Array(0) }, 'SHAPE'],
    ['no parameter', { parametersPerAgent: 0, parameters: new Float32Array(0) }, 'SHAPE'],
    ['more than one message can hold', { parametersPerAgent: 2 ** 30 }, 'SHAPE'],
    ['a missing parameter', { parameters: new Float32Array(9) }, 'LENGTH'],
    ['a long fingerprint', { datasetFingerprint: new Uint8Array(33) }, 'FINGERPRINT'],
    ['half a version', { policyVersion: 0.5 }, 'POLICY_VERSION'],
  ])('%s', (_, change, code) => {
    expect(() => encodePolicySnapshot({ ...exampleSnapshot(), ...change })).toThrow(expect.objectContaining({ code }))
  })
})

describe('decodePolicySnapshot refuses', () => {
  const oneInfinite = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, Number.NEGATIVE_INFINITY)

  test.each<[string, vigil.PolicySnapshot.$Properties, string]>([
    ['another format', { formatVersion: 9 }, 'FORMAT_VERSION'],
    ['another dataset', { datasetFingerprint: new Uint8Array(32) }, 'FINGERPRINT'],
    ['swapped axes of the same product', { agentCount: 5, parametersPerAgent: 2 }, 'SHAPE'],
    ['other agents', { agentCount: 3 }, 'SHAPE'],
    ['other parameters', { parametersPerAgent: 6 }, 'SHAPE'],
    ['a version above the safe integers', { policyVersion: 2 ** 60 }, 'POLICY_VERSION'],
    ['a parameter too many', { parameters: new Uint8Array(44) }, 'LENGTH'],
    ['a byte too many', { parameters: new Uint8Array(41) }, 'LENGTH'],
    ['no parameters', { parameters: new Uint8Array(0) }, 'LENGTH'],
    ['an infinite parameter', { parameters: new Uint8Array(oneInfinite.buffer) }, 'NOT_FINITE'],
  ])('%s', (_, change, code) => {
    // Padding that every protobuf reader skips (field 15, 40 bytes) keeps the size right where parameters are missing.
    const padding = Uint8Array.of(0x7a, 40, ...new Uint8Array(40))
    const bytes = Buffer.concat([forge(change), padding])
    expect(() => decodePolicySnapshot(bytes, exampleSnapshot())).toThrow(expect.objectContaining({ code }))
  })
})
