/** Megabytes per second through each codec at the size of one shard's rollout. Run: npx node packages/proto/src/codec.bench.ts */
import { decodePolicySnapshot, encodePolicySnapshot, type PolicySnapshot } from './policy-snapshot.ts'
import { decodeTrajectory, encodeTrajectory, type Trajectory, type TrajectoryExpectation } from './trajectory.ts'

const stepCount = 128
const laneCount = 64
const agentCount = 4
const contextSize = 4
const stateSize = 256
const valueOutputCount = 9
const specificationCount = 4
const events = stepCount * laneCount
const decisions = events * agentCount
const datasetFingerprint = new Uint8Array(32).fill(1)

const trajectory: Trajectory = {
  policyVersion: 1,
  shard: 0,
  stepCount,
  laneCount,
  agentCount,
  contextSize,
  stateSize,
  valueOutputCount,
  specificationCount,
  datasetFingerprint,
  rows: new Uint32Array(events).map((_, i) => i),
  context: new Float32Array(events * contextSize).fill(0.5),
  actions: new Uint8Array(decisions).fill(3),
  logProbs: new Float32Array(decisions).fill(-1),
  values: new Float32Array(decisions * valueOutputCount).fill(1),
  nextValues: new Float32Array(decisions * valueOutputCount).fill(1),
  rewards: new Float32Array(decisions).fill(10),
  expectedRewards: new Float32Array(decisions).fill(1),
  teamActions: new Uint8Array(events),
  terminated: new Uint8Array(events),
  truncated: new Uint8Array(events),
  recurrentState: new Float32Array(laneCount * agentCount * stateSize).fill(0.5),
  robustness: new Float32Array(events * specificationCount).fill(1),
}
const expectation: TrajectoryExpectation = {
  stepCount,
  laneCount,
  agentCount,
  contextSize,
  stateSize,
  valueOutputCount,
  specificationCount,
  datasetFingerprint,
  rowCount: events,
  critic: true,
}
const snapshot: PolicySnapshot = {
  policyVersion: 1,
  datasetFingerprint,
  agentCount,
  parametersPerAgent: 100_000,
  parameters: new Float32Array(agentCount * 100_000).fill(0.1),
}

const trajectoryBytes = encodeTrajectory(trajectory)
const snapshotBytes = encodePolicySnapshot(snapshot)
measure('encode Trajectory', trajectoryBytes.length, () => encodeTrajectory(trajectory))
measure('decode Trajectory', trajectoryBytes.length, () => decodeTrajectory(trajectoryBytes, expectation))
measure('encode PolicySnapshot', snapshotBytes.length, () => encodePolicySnapshot(snapshot))
measure('decode PolicySnapshot', snapshotBytes.length, () => decodePolicySnapshot(snapshotBytes, snapshot))

/** Prints the median of 200 calls. */
function measure(name: string, byteCount: number, call: () => unknown): void {
  const timesMs: number[] = []
  for (let i = 0; i < 220; i++) {
    const startMs = performance.now()
    call()
    if (i >= 20) timesMs.push(performance.now() - startMs)
  }
  const medianMs = timesMs.sort((a, b) => a - b)[timesMs.length / 2]
  const megabytes = byteCount / 1e6
  const rate = Math.round(megabytes / (medianMs / 1000))
  console.log(`${name.padEnd(22)} ${megabytes.toFixed(2)} MB  ${medianMs.toFixed(3)} ms  ${rate} MB/s`)
}
