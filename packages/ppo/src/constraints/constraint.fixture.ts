import type { Trajectory } from '@vigil/proto'
import { randomUnit } from '@vigil/random'

/** A trajectory for the tests of what specifications make of learning. Not part of the product. */
export const FIXTURE = { stepCount: 4, laneCount: 8, agentCount: 2, specificationCount: 2 } as const

/**
 * Random outcomes with S = 2 specifications, about 40 % of the steps violated, and a critic with all outputs.
 *
 * @param change replaces fields
 */
export function constrainedTrajectory(shard: number, change: Partial<Trajectory> = {}): Trajectory {
  const { stepCount: T, laneCount: E, agentCount: A, specificationCount: S } = FIXTURE
  const decisions = T * E * A
  let drawn = 0
  const random = () => randomUnit({ seed: 9, stream: shard }, drawn++, 0)
  const floats = (length: number, scale: number, from = 0) =>
    Float32Array.from({ length }, () => from + scale * random())
  const values = floats(decisions * (1 + S), 1)
  // What comes next is the next step's state, but for the last step.
  const nextValues = floats(decisions * (1 + S), 1)
  nextValues.set(values.subarray(values.length / T))
  return {
    policyVersion: 0,
    shard,
    ...FIXTURE,
    contextSize: 0,
    stateSize: 0,
    valueOutputCount: 1 + S,
    datasetFingerprint: new Uint8Array(32),
    rows: Uint32Array.from({ length: T * E }, (_, i) => (T * E * shard + i) % 64),
    context: new Float32Array(0),
    actions: Uint8Array.from({ length: decisions }, () => Math.floor(4 * random())),
    logProbs: new Float32Array(decisions).fill(Math.log(0.25)),
    values,
    nextValues,
    rewards: floats(decisions, 10, -5),
    expectedRewards: new Float32Array(decisions),
    teamActions: new Uint8Array(T * E),
    terminated: new Uint8Array(T * E),
    truncated: new Uint8Array(T * E),
    recurrentState: new Float32Array(0),
    robustness: floats(T * E * S, 1, -0.4),
    ...change,
  }
}
