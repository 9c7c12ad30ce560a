import type { Family } from '@vigil/engine-native'
import type { ShardLocation } from './memory-layout.ts'
import type { OutsideRows } from './outside-rows.ts'

/** What every worker thread is given once, at its start. */
export type WorkerSetup = {
  readonly memory: WebAssembly.Memory
  readonly environment: WebAssembly.Module
  readonly policy: WebAssembly.Module
  readonly rollout: WebAssembly.Module
  /** The dataset's inputs where they lie outside `memory`; null = they lie in it */
  readonly outside: OutsideRows | null
  readonly datasetFingerprint: Uint8Array
  readonly agentCount: number
  readonly lanesPerShard: number
  readonly stepsPerRollout: number
  readonly contextSize: number
  /** bytes of a lane's record */
  readonly laneBytes: number
  /** H, values of one agent's recurrent state */
  readonly stateSize: number
  /** O, outputs of one agent's critic */
  readonly valueOutputCount: number
  readonly specificationCount: number
  readonly critic: boolean
}

/** One rollout of one shard. Reads the committed area, writes the other, returns an encoded Trajectory. */
export type RolloutTask = {
  readonly kind: 'rollout'
  readonly shard: number
  readonly location: ShardLocation
  /** The area (0 or 1) that holds the committed lanes and recurrent state. */
  readonly committed: 0 | 1
  readonly parameters: number
  readonly policyVersion: number
  /** Whose kernels decide; null = those of policy.wasm */
  readonly family: Family | null
}

/** The greedy team over some segments; the results stay in the shared memory. */
export type EvaluationTask = {
  readonly kind: 'evaluation'
  readonly job: number
  readonly parameters: number
  /** Byte offset of the first segment, and how many. */
  readonly segments: number
  readonly segmentCount: number
}

/** What a worker thread can be asked to do. */
export type Task = RolloutTask | EvaluationTask

/**
 * What comes back: an encoded Trajectory, nothing for an evaluation, the word that the policy gave NaN or infinite logits, or
 * the monitors' instruction whose value is no number. (An error thrown in a worker would lose its code on the way.)
 */
export type TaskResult = Uint8Array | 'evaluated' | 'non-finite' | { readonly instruction: number }

/** The functions of rollout.wasm; see assembly/rollout.ts and assembly/evaluation.ts. */
export type RolloutExports = {
  rollout(job: number, lanes: number, recurrentState: number, parameters: number): number
  evaluate(job: number, parameters: number, segments: number, segmentCount: number): number
}
