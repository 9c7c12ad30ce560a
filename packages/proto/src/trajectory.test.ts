import { isErrorOf } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { vigil } from '../generated/vigil.js'
import { PROTO_ERRORS } from './errors.ts'
import { exampleTrajectory, expectationOf, trajectories } from './messages.arbitrary.ts'
import { decodeTrajectory, encodeTrajectory, type Trajectory, type TrajectoryExpectation } from './trajectory.ts'

/** A message as a faulty sender would write it: any field replaced, nothing checked. */
function forge(change: vigil.Trajectory.$Properties): Uint8Array {
  const message = vigil.Trajectory.decode(encodeTrajectory(exampleTrajectory()))
  return vigil.Trajectory.encode(Object.assign(message, change)).finish()
}

function floatBytes(length: number, change: Record<number, number> = {}): Uint8Array {
  return new Uint8Array(Object.assign(new Float32Array(length), change).buffer)
}

function decodeExample(bytes: Uint8Array, change: Partial<TrajectoryExpectation> = {}): Trajectory {
  return decodeTrajectory(bytes, { ...expectationOf(exampleTrajectory()), ...change })
}

describe('round trip', () => {
  test('every valid trajectory comes back equal', () => {
    fc.assert(
      fc.property(trajectories, (trajectory) => {
        const decoded = decodeTrajectory(encodeTrajectory(trajectory), expectationOf(trajectory))
        expect(decoded).toEqual(trajectory)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('from any offset in a larger buffer, and from a Node Buffer', () => {
    const bytes = encodeTrajectory(exampleTrajectory())
    for (let offset = 0; offset < 8; offset++) {
      const memory = new Uint8Array(bytes.length + 16)
      memory.set(bytes, offset)
      const view = memory.subarray(offset, offset + bytes.length)
      expect(decodeExample(view)).toEqual(exampleTrajectory())
      expect(decodeExample(Buffer.from(memory.buffer, offset, bytes.length))).toEqual(exampleTrajectory())
    }
  })

  test('from shared memory', () => {
    const bytes = encodeTrajectory(exampleTrajectory())
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    expect(decodeExample(shared)).toEqual(exampleTrajectory())
  })

  test('arrays that are views into a larger array are written without their surroundings', () => {
    const trajectory = exampleTrajectory()
    const surroundings = new Float32Array(trajectory.rewards.length + 7).fill(Number.NaN)
    surroundings.set(trajectory.rewards, 3)
    const rewards = surroundings.subarray(3, 3 + trajectory.rewards.length)
    expect(decodeExample(encodeTrajectory({ ...trajectory, rewards }))).toEqual(trajectory)
  })

  test('the result shares no memory with the message', () => {
    const bytes = encodeTrajectory(exampleTrajectory())
    const decoded = decodeExample(bytes)
    bytes.fill(255)
    expect(decoded).toEqual(exampleTrajectory())
  })

  test('the encoder returns the only view on its own buffer', () => {
    const trajectory = exampleTrajectory()
    const bytes = encodeTrajectory(trajectory)
    expect(bytes.byteOffset).toBe(0)
    expect(bytes.buffer.byteLength - bytes.byteLength).toBeLessThan(256)
    const moved = structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })
    expect(decodeExample(moved)).toEqual(trajectory)
  })

  test('the fields stand little-endian at their field numbers', () => {
    const trajectory = { ...exampleTrajectory(), policyVersion: 2 ** 40 + 1 }
    const message = vigil.Trajectory.decode(encodeTrajectory(trajectory))
    const rewards = new DataView(Uint8Array.from(message.rewards).buffer)
    for (const [i, reward] of trajectory.rewards.entries()) expect(rewards.getFloat32(4 * i, true)).toBe(reward)
    const rows = new DataView(Uint8Array.from(message.rows).buffer)
    for (const [i, row] of trajectory.rows.entries()) expect(rows.getUint32(4 * i, true)).toBe(row)
    expect(Number(message.policyVersion)).toBe(2 ** 40 + 1)
  })
})

describe('encodeTrajectory refuses', () => {
  test.each<[string, Partial<Trajectory>, string]>([
    ['no step', { stepCount: 0 }, 'SHAPE'],
    ['half a lane', { laneCount: 1.5 }, 'SHAPE'],
    ['NaN agents', { agentCount: Number.NaN }, 'SHAPE'],
    ['a negative context', { contextSize: -1 }, 'SHAPE'],
    ['half a state', { stateSize: 0.5 }, 'SHAPE'],
    ['a critic without outputs', { valueOutputCount: 0 }, 'SHAPE'],
    ['values of fewer outputs', { valueOutputCount: 4 }, 'LENGTH'],
    ['half a specification', { specificationCount: 0.5 }, 'SHAPE'],
    ['a missing robustness', { robustness: new Float32Array(5) }, 'LENGTH'],
    ['a state of another size', { stateSize: 3 }, 'LENGTH'],
    ['a missing state', { recurrentState: new Float32Array(0) }, 'LENGTH'],
    ['a shard that is no u32', { shard: 2 ** 32 }, 'SHAPE'],
    ['more than one message can hold', { stepCount: 2 ** 31, laneCount: 2 ** 31 }, 'SHAPE'],
    ['a missing reward', { rewards: new Float32Array(23) }, 'LENGTH'],
    ['a missing expected reward', { expectedRewards: new Float32Array(23) }, 'LENGTH'],
    ['no expected rewards', { expectedRewards: new Float32Array(0) }, 'LENGTH'],
    ['values without next values', { nextValues: new Float32Array(0) }, 'LENGTH'],
    ['a short fingerprint', { datasetFingerprint: new Uint8Array(31) }, 'FINGERPRINT'],
    ['a version above the safe integers', { policyVersion: 2 ** 53 }, 'POLICY_VERSION'],
    ['a negative version', { policyVersion: -1 }, 'POLICY_VERSION'],
  ])('%s', (_, change, code) => {
    expect(codeOf(() => encodeTrajectory({ ...exampleTrajectory(), ...change }))).toBe(code)
  })
})

describe('decodeTrajectory refuses', () => {
  test.each<[string, vigil.Trajectory.$Properties, string]>([
    ['another format', { formatVersion: 1 }, 'FORMAT_VERSION'],
    ['no format', { formatVersion: 0 }, 'FORMAT_VERSION'],
    ['another dataset', { datasetFingerprint: new Uint8Array(32).fill(1) }, 'FINGERPRINT'],
    ['no dataset', { datasetFingerprint: new Uint8Array(0) }, 'FINGERPRINT'],
    ['a version above the safe integers', { policyVersion: 2 ** 53 }, 'POLICY_VERSION'],
    ['other steps', { stepCount: 3 }, 'SHAPE'],
    ['other lanes', { laneCount: 2 }, 'SHAPE'],
    ['other agents', { agentCount: 3 }, 'SHAPE'],
    ['another context', { contextSize: 2 }, 'SHAPE'],
    ['another state', { stateSize: 1 }, 'SHAPE'],
    ['other outputs of the critic', { valueOutputCount: 1 }, 'SHAPE'],
    ['other specifications', { specificationCount: 2 }, 'SHAPE'],
    ['swapped axes of the same product', { stepCount: 3, laneCount: 2 }, 'SHAPE'],
    ['one reward moved to the values', { rewards: floatBytes(23), values: floatBytes(73) }, 'LENGTH'],
    ['expected rewards instead of values', { values: new Uint8Array(0), expectedRewards: floatBytes(96) }, 'LENGTH'],
    ['values instead of expected rewards', { expectedRewards: new Uint8Array(0), values: floatBytes(96) }, 'LENGTH'],
    ['NaN', { rewards: floatBytes(24, { 23: Number.NaN }) }, 'NOT_FINITE'],
    ['NaN expected rewards', { expectedRewards: floatBytes(24, { 0: Number.NaN }) }, 'NOT_FINITE'],
    ['infinity', { context: floatBytes(6, { 0: Number.POSITIVE_INFINITY }) }, 'NOT_FINITE'],
    ['minus infinity', { logProbs: floatBytes(24, { 5: Number.NEGATIVE_INFINITY }) }, 'NOT_FINITE'],
    ['infinite values', { values: floatBytes(72, { 1: Number.POSITIVE_INFINITY }) }, 'NOT_FINITE'],
    ['a state that belongs to the rewards', { rewards: floatBytes(25), recurrentState: floatBytes(23) }, 'LENGTH'],
    ['NaN states', { recurrentState: floatBytes(24, { 23: Number.NaN }) }, 'NOT_FINITE'],
    ['infinite states', { recurrentState: floatBytes(24, { 0: Number.NEGATIVE_INFINITY }) }, 'NOT_FINITE'],
    ['NaN next values', { nextValues: floatBytes(72, { 2: Number.NaN }) }, 'NOT_FINITE'],
    ['NaN robustness', { robustness: floatBytes(6, { 5: Number.NaN }) }, 'NOT_FINITE'],
    ['infinite robustness', { robustness: floatBytes(6, { 0: Number.POSITIVE_INFINITY }) }, 'NOT_FINITE'],
    ['a probability above 1', { logProbs: floatBytes(24, { 0: 2e-4 }) }, 'OUT_OF_RANGE'],
    ['action 4', { actions: new Uint8Array(24).fill(4) }, 'OUT_OF_RANGE'],
    ['team action 255', { teamActions: Uint8Array.of(0, 1, 2, 3, 0, 255) }, 'OUT_OF_RANGE'],
    ['terminated 2', { terminated: Uint8Array.of(0, 1, 0, 1, 0, 2) }, 'OUT_OF_RANGE'],
    ['truncated 2', { truncated: Uint8Array.of(2, 1, 0, 1, 0, 1) }, 'OUT_OF_RANGE'],
    ['a row too far', { rows: new Uint8Array(Uint32Array.of(0, 0, 0, 0, 0, 100_000).buffer) }, 'OUT_OF_RANGE'],
  ])('%s', (_, change, code) => {
    expect(codeOf(() => decodeExample(forge(change)))).toBe(code)
  })

  test('a log-probability within rounding of 0 passes', () => {
    const bytes = forge({ logProbs: floatBytes(24, { 0: 0.9e-4 }) })
    expect(decodeExample(bytes).logProbs[0]).toBeCloseTo(0.9e-4)
  })

  test('what the receiver does not expect: critic, rows', () => {
    const bytes = encodeTrajectory(exampleTrajectory())
    expect(codeOf(() => decodeExample(bytes, { critic: false }))).toBe('SIZE')
    const withoutCritic = forge({ values: new Uint8Array(0), nextValues: new Uint8Array(0) })
    expect(codeOf(() => decodeExample(withoutCritic))).toBe('SIZE')
    expect(decodeExample(withoutCritic, { critic: false }).values.length).toBe(0)
    expect(codeOf(() => decodeExample(bytes, { rowCount: 5000 }))).toBe('OUT_OF_RANGE')
    expect(decodeExample(bytes, { rowCount: 5001 }).rows).toContain(5000)
  })

  test('a sound message with more unknown fields than a header has room for', () => {
    const unknownField = Uint8Array.of(0xfa, 0x01, 0xc0, 0x02, ...new Uint8Array(320))
    const bytes = Buffer.concat([encodeTrajectory(exampleTrajectory()), unknownField])
    expect(codeOf(() => decodeExample(bytes))).toBe('SIZE')
  })

  test('an expectation that is itself no shape', () => {
    const bytes = encodeTrajectory(exampleTrajectory())
    expect(codeOf(() => decodeExample(bytes, { stepCount: -1 }))).toBe('SHAPE')
    expect(codeOf(() => decodeExample(bytes, { rowCount: 0 }))).toBe('SHAPE')
    expect(codeOf(() => decodeExample(bytes, { laneCount: 2 ** 31, stepCount: 2 ** 31 }))).toBe('SHAPE')
    expect(codeOf(() => decodeExample(bytes, { datasetFingerprint: new Uint8Array(0) }))).toBe('FINGERPRINT')
  })

  test.each([[null], [undefined], ['text'], [[1, 2, 3]], [new ArrayBuffer(8)]])('%j instead of bytes', (value) => {
    expect(codeOf(() => decodeExample(value as unknown as Uint8Array))).toBe('MALFORMED')
  })

  test('and says what is wrong, what came and what to do', () => {
    const bytes = forge({ rewards: floatBytes(24, { 23: Number.NaN }) })
    expect(() => decodeExample(bytes)).toThrow(
      'Trajectory.rewards must be finite, received NaN at index 23. Either training diverged',
    )
  })
})

function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (isErrorOf(PROTO_ERRORS, error)) return error.code
    throw error
  }
  return 'accepted'
}
