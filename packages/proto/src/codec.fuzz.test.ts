/**
 * Damaged messages: whatever arrives, a decoder returns a valid value of the expected shape or throws an error of this package,
 * and never takes memory that the message does not account for.
 */
import { isErrorOf } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PROTO_ERRORS } from './errors.ts'
import { exampleSnapshot, exampleTrajectory, expectationOf, rowCount } from './messages.arbitrary.ts'
import { decodePolicySnapshot, encodePolicySnapshot, type PolicySnapshot } from './policy-snapshot.ts'
import { decodeTrajectory, encodeTrajectory, type Trajectory } from './trajectory.ts'

const snapshot = exampleSnapshot()
const trajectory = exampleTrajectory()
const expected = expectationOf(trajectory)
const withoutCritic: Trajectory = {
  ...trajectory,
  values: new Float32Array(0),
  nextValues: new Float32Array(0),
}
const feedForward: Trajectory = { ...trajectory, stateSize: 0, recurrentState: new Float32Array(0) }

const subjects = [
  {
    name: 'Trajectory',
    message: encodeTrajectory(trajectory),
    decode: (bytes: Uint8Array) => isValidTrajectory(decodeTrajectory(bytes, expected)),
  },
  {
    name: 'Trajectory without a critic',
    message: encodeTrajectory(withoutCritic),
    decode: (bytes: Uint8Array) => isValidTrajectory(decodeTrajectory(bytes, expectationOf(withoutCritic))),
  },
  {
    name: 'Trajectory of a feed-forward network',
    message: encodeTrajectory(feedForward),
    decode: (bytes: Uint8Array) => isValidTrajectory(decodeTrajectory(bytes, expectationOf(feedForward))),
  },
  {
    name: 'PolicySnapshot',
    message: encodePolicySnapshot(snapshot),
    decode: (bytes: Uint8Array) => isValidSnapshot(decodePolicySnapshot(bytes, snapshot)),
  },
]

describe.each(subjects)('$name', ({ message, decode }) => {
  test('3,000 random mutations', () => {
    const outcomes = new Set<string>()
    fc.assert(
      fc.property(mutations(message), (bytes) => {
        outcomes.add(outcomeOf(decode, bytes))
      }),
      { seed: 2, numRuns: 3000 },
    )
    // The mutations reach every check, and some of them leave a valid message.
    const reached = ['FINGERPRINT', 'FORMAT_VERSION', 'LENGTH', 'MALFORMED', 'NOT_FINITE', 'SHAPE', 'SIZE', 'valid']
    expect([...outcomes]).toEqual(expect.arrayContaining(reached))
  })

  test('every single bit flipped', () => {
    for (let bit = 0; bit < message.length * 8; bit++) outcomeOf(decode, flipBit(message, bit))
  })

  test('every truncation is refused', () => {
    for (let length = 0; length < message.length; length++) {
      expect(outcomeOf(decode, message.subarray(0, length))).not.toBe('valid')
    }
  })

  test('every length field set to every hostile length: refused, and hardly any memory taken', () => {
    const peakBefore = process.resourceUsage().maxRSS
    for (const at of lengthFields(message)) {
      for (const length of hostileLengths) {
        const bytes = withVarint(message, at, length)
        const before = process.memoryUsage().arrayBuffers
        const outcome = outcomeOf(decode, bytes)
        // A collection in between can only lower the second figure.
        const taken = process.memoryUsage().arrayBuffers - before
        expect(taken).toBeLessThanOrEqual(4 * bytes.length + 4096)
        expect(outcome).not.toBe('valid')
      }
    }
    // Kilobytes: the lengths claim up to 4 GiB each.
    expect(process.resourceUsage().maxRSS - peakBefore).toBeLessThan(64 * 1024)
  })

  test('deeply nested groups and endless varints end', () => {
    // 120 bytes pass the check of the size; the parser gives up at 100 levels.
    const groups = new Uint8Array(120).fill(0x7b)
    const varints = new Uint8Array(120).fill(0xff)
    expect(outcomeOf(decode, joined(message, groups))).toBe('MALFORMED')
    expect(outcomeOf(decode, joined(message, varints))).toBe('MALFORMED')
    expect(outcomeOf(decode, joined(groups, message))).toBe('MALFORMED')
  })
})

/** Above 2^31 - 1 these are no protobuf lengths at all; the last is longer than any varint. */
const hostileLengths = [0n, 1n, 2n ** 16n, 2n ** 28n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 80n]

/** 'valid', or the code of the error. Any other error, and any wrong value, fails the test. */
function outcomeOf(decode: (bytes: Uint8Array) => boolean, bytes: Uint8Array): string {
  try {
    if (!decode(bytes)) throw new Error('the decoder let an invalid message through')
    return 'valid'
  } catch (error) {
    if (isErrorOf(PROTO_ERRORS, error)) return error.code
    throw error
  }
}

type Mutation = (bytes: Uint8Array) => Uint8Array

/** One to three mutations of the message, one after the other. */
function mutations(message: Uint8Array): fc.Arbitrary<Uint8Array> {
  const position = fc.nat({ max: message.length - 1 })
  // Numbers, lengths and the fingerprint stand among the first bytes; half of the flips go there.
  const bit = fc.oneof(fc.nat({ max: 8 * 60 - 1 }), fc.nat({ max: message.length * 8 - 1 }))
  const flip = bit.map(
    (at): Mutation =>
      (bytes) =>
        flipBit(bytes, at % Math.max(bytes.length * 8, 1)),
  )
  // Seven bytes of 0xff always cover a whole f32, which is then NaN.
  const fill = fc.tuple(position, fc.constantFrom(0, 0x7f, 0x80, 0xff), fc.nat({ max: 8 })).map(
    ([at, value, length]): Mutation =>
      (bytes) =>
        bytes.slice().fill(value, at, at + length),
  )
  const truncation = position.map(
    (end): Mutation =>
      (bytes) =>
        bytes.subarray(0, end),
  )
  const copy = fc.tuple(position, position, fc.nat({ max: 40 })).map(
    ([from, to, length]): Mutation =>
      (bytes) =>
        bytes.slice().copyWithin(to, from, from + length),
  )
  const splice = fc.tuple(position, fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 40 })).map(
    ([at, removed, added]): Mutation =>
      (bytes) => {
        return joined(bytes.subarray(0, at), added, bytes.subarray(at + removed))
      },
  )
  const fields = lengthFields(message)
  const lengthEdit = fc.tuple(fc.constantFrom(...fields), fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 70n))).map(
    ([at, length]): Mutation =>
      (bytes) =>
        withVarint(bytes, at, length),
  )
  const random = fc.uint8Array({ minLength: message.length, maxLength: message.length + 40 }).map(
    (bytes): Mutation =>
      () =>
        bytes,
  )
  const mutation = fc.oneof(
    { arbitrary: flip, weight: 4 },
    { arbitrary: fill, weight: 4 },
    { arbitrary: truncation, weight: 1 },
    { arbitrary: copy, weight: 2 },
    { arbitrary: splice, weight: 2 },
    { arbitrary: lengthEdit, weight: 2 },
    { arbitrary: random, weight: 1 },
  )
  return fc
    .array(mutation, { minLength: 1, maxLength: 3 })
    .map((all) => all.reduce((bytes, next) => next(bytes), message))
}

/** Offsets of the length of every bytes field in a sound message. */
function lengthFields(message: Uint8Array): number[] {
  const offsets: number[] = []
  let at = 0
  while (at < message.length) {
    const tag = readVarint(message, at)
    const value = readVarint(message, tag.end)
    if ((tag.value & 7) === 2) offsets.push(tag.end)
    at = value.end + ((tag.value & 7) === 2 ? value.value : 0)
  }
  return offsets
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0
  let end = start
  let byte = 0
  do {
    byte = bytes[end]
    value += (byte & 127) * 128 ** (end - start)
    end++
  } while (byte >= 128 && end < bytes.length)
  return { value, end }
}

/** The bytes with the varint at `at` replaced. */
function withVarint(bytes: Uint8Array, at: number, value: bigint): Uint8Array {
  const varint: number[] = []
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) {
      varint.push(Number(rest))
      break
    }
    varint.push(Number(rest & 127n) | 128)
  }
  return joined(bytes.subarray(0, at), Uint8Array.from(varint), bytes.subarray(readVarint(bytes, at).end))
}

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice()
  if (flipped.length > 0) flipped[bit >> 3] ^= 1 << (bit & 7)
  return flipped
}

function joined(...parts: Uint8Array[]): Uint8Array {
  // Not a Buffer, whose slice() is a view.
  return new Uint8Array(Buffer.concat(parts))
}

function isValidTrajectory(t: Trajectory): boolean {
  const finite = [t.context, t.logProbs, t.values, t.nextValues, t.rewards, t.expectedRewards]
  const outputs = t.values.length > 0 ? 24 * 3 : 0
  return (
    isValidVersion(t.policyVersion) &&
    Number.isInteger(t.shard) &&
    t.stepCount === 2 &&
    t.laneCount === 3 &&
    t.agentCount === 4 &&
    t.contextSize === 1 &&
    (t.stateSize === 2 || t.stateSize === 0) &&
    t.recurrentState.length === 12 * t.stateSize &&
    t.valueOutputCount === 3 &&
    t.specificationCount === 1 &&
    t.robustness.length === 6 &&
    Buffer.compare(t.datasetFingerprint, trajectory.datasetFingerprint) === 0 &&
    [t.rows, t.context, t.teamActions, t.terminated, t.truncated].every((array) => array.length === 6) &&
    [t.actions, t.logProbs, t.rewards, t.expectedRewards].every((array) => array.length === 24) &&
    [t.values, t.nextValues].every((array) => array.length === outputs) &&
    [...finite, t.recurrentState, t.robustness].every((array) => [...array].every(Number.isFinite)) &&
    [...t.logProbs].every((logProb) => logProb <= 1e-4) &&
    [...t.rows].every((row) => row < rowCount) &&
    [...t.actions, ...t.teamActions].every((action) => action <= 3) &&
    [...t.terminated, ...t.truncated].every((flag) => flag <= 1)
  )
}

function isValidSnapshot(s: PolicySnapshot): boolean {
  return (
    isValidVersion(s.policyVersion) &&
    s.agentCount === 2 &&
    s.parametersPerAgent === 5 &&
    Buffer.compare(s.datasetFingerprint, snapshot.datasetFingerprint) === 0 &&
    s.parameters.length === 10 &&
    [...s.parameters].every(Number.isFinite)
  )
}

function isValidVersion(version: number): boolean {
  return Number.isSafeInteger(version) && version >= 0
}
