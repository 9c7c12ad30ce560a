/** PolicySnapshot: the parameters that the actors act with. Learner -> actors. */
import { vigil } from '../generated/vigil.js'
import { bytesOf, readFloat32 } from './bulk.ts'
import {
  assertBulkFits,
  assertCount,
  assertFingerprint,
  assertFormatVersion,
  assertLength,
  assertSameCount,
  encodeMessage,
  formatVersion,
  parseMessage,
  toPolicyVersion,
} from './envelope.ts'

/** What the receiver knows about a snapshot before it arrives. */
export type PolicySnapshotExpectation = {
  /** 32 bytes: the dataset that the first layer was shaped for */
  readonly datasetFingerprint: Uint8Array
  /** A, at least 1 */
  readonly agentCount: number
  /** P, at least 1 */
  readonly parametersPerAgent: number
}

/** The parameters of a team at one point of its training. */
export type PolicySnapshot = PolicySnapshotExpectation & {
  /** a safe integer >= 0, raised by one at every update */
  readonly policyVersion: number
  /** [A, P] agent-major */
  readonly parameters: Float32Array
}

/**
 * Serialises a snapshot. Lengths and counts are checked here, contents by the receiver.
 *
 * @returns bytes in a buffer of their own, which may be transferred to another thread
 * @throws {VigilError} SHAPE, LENGTH, POLICY_VERSION, FINGERPRINT
 */
export function encodePolicySnapshot(snapshot: PolicySnapshot): Uint8Array {
  const bulkBytes = parameterBytes('PolicySnapshot', snapshot)
  assertFingerprint('PolicySnapshot', snapshot.datasetFingerprint, snapshot.datasetFingerprint)
  const length = snapshot.agentCount * snapshot.parametersPerAgent
  assertLength('PolicySnapshot.parameters', snapshot.parameters.length, length)
  const message = {
    formatVersion,
    policyVersion: toPolicyVersion('PolicySnapshot', snapshot.policyVersion),
    agentCount: snapshot.agentCount,
    parametersPerAgent: snapshot.parametersPerAgent,
    datasetFingerprint: snapshot.datasetFingerprint,
    parameters: bytesOf(snapshot.parameters),
  }
  return encodeMessage(vigil.PolicySnapshot, message, bulkBytes)
}

/**
 * Parses and checks a snapshot from an untrusted sender.
 *
 * @param bytes    not changed; the result shares no memory with it
 * @param expected the receiver's own shape and dataset; `policyVersion` is left to the caller to judge
 * @returns a snapshot of exactly the expected shape, all parameters finite
 * @throws {VigilError} SIZE, MALFORMED, FORMAT_VERSION, FINGERPRINT, SHAPE, LENGTH, POLICY_VERSION, NOT_FINITE
 *   for anything else; no other error leaves this function
 */
export function decodePolicySnapshot(bytes: Uint8Array, expected: PolicySnapshotExpectation): PolicySnapshot {
  const bulkBytes = parameterBytes('expected', expected)
  const message = parseMessage(vigil.PolicySnapshot, { name: 'PolicySnapshot', bytes, bulkBytes })

  assertFormatVersion('PolicySnapshot', message.formatVersion)
  assertFingerprint('PolicySnapshot', message.datasetFingerprint, expected.datasetFingerprint)
  assertSameCount('PolicySnapshot.agentCount', message.agentCount, expected.agentCount)
  assertSameCount('PolicySnapshot.parametersPerAgent', message.parametersPerAgent, expected.parametersPerAgent)
  return {
    policyVersion: toPolicyVersion('PolicySnapshot', message.policyVersion),
    datasetFingerprint: new Uint8Array(message.datasetFingerprint),
    agentCount: expected.agentCount,
    parametersPerAgent: expected.parametersPerAgent,
    parameters: readFloat32({
      field: 'PolicySnapshot.parameters',
      bytes: message.parameters,
      length: expected.agentCount * expected.parametersPerAgent,
    }),
  }
}

/** Asserts the shape and returns the bytes of `parameters`. */
function parameterBytes(
  owner: string,
  { agentCount, parametersPerAgent }: { agentCount: number; parametersPerAgent: number },
): number {
  assertCount(`${owner}.agentCount`, agentCount, 1)
  assertCount(`${owner}.parametersPerAgent`, parametersPerAgent, 1)
  const bytes = agentCount * parametersPerAgent * Float32Array.BYTES_PER_ELEMENT
  assertBulkFits('PolicySnapshot', bytes)
  return bytes
}
