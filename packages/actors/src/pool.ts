/** What a pool of actors does, wherever its actors are. */
import type { Worker } from 'node:worker_threads'
import type { Family } from '@vigil/engine-native'
import type { Trajectory } from '@vigil/proto'
import type { ActorSettings, EvaluationSplit } from './memory-layout.ts'

/** How a greedy team acts where actions have consequences. */
export type Acting = {
  /** [A] how each agent votes: VOTES.own, VOTES.opposite, VOTES.as + the number of an agent, or one action always. Default: own. */
  readonly votes?: Uint8Array
  /** What the probabilities of quarantine and alert are multiplied by before the largest is taken. Default 1. */
  readonly stopFactor?: number
}

/** How an agent may vote, besides an action that it always votes for (assembly/evaluation.ts). */
export const VOTES = { own: 255, opposite: 4, as: 16 } as const

/** What the greedy team did on every row of a split. */
export type TeamActions = {
  /** [n, A] greedy actions by position in the split; where actions have consequences the votes cast, CUT_OFF on events that did not happen */
  readonly actions: Uint8Array
  /** [n, A] threat scores pi(block) + pi(quarantine), in [0, 1] */
  readonly scores: Float32Array
  /** [streams, 8] what each stream brought, by LEDGER_ENTRIES; null where actions have no consequences */
  readonly ledgers: Float64Array | null
}

/** What every event of the training streams looks like where all of them are let through, and what each agent would do. */
export type RecordedViews = {
  /** [n, K] what is seen besides the row, by position in the split */
  readonly context: Float32Array
  /** [n, A, 4] */
  readonly probabilities: Float32Array
}

/** One rollout of one shard that is not committed. */
export type ShardRollout = {
  /** an encoded Trajectory */
  readonly trajectory: Uint8Array
  /** the shard's state after it, as `saveShard` gives it */
  readonly state: Uint8Array
}

/**
 * A collection shard by shard, for whoever shares the shards out. A rollout depends on the policy that was published when the
 * collection was opened and on the shard's committed state, on nothing else: the same on every host.
 */
export type ShardCollection = {
  /** of the policy that acts */
  readonly policyVersion: number
  /** The committed state of a shard, a copy: its lane records, then its recurrent states. */
  saveShard(shard: number): Uint8Array
  /**
   * Commits a state. Not beside a rollout of the same shard.
   *
   * @throws {VigilError} LANE_STATE, RECURRENT_STATE for what is no state of this run
   */
  restoreShard(shard: number, state: Uint8Array): void
  /**
   * One rollout from the committed state, which stays. Of each shard one at a time.
   *
   * @throws {VigilError} SHARD_FAILED, NON_FINITE_POLICY, SPECIFICATION_VALUE
   */
  rollOut(shard: number): Promise<ShardRollout>
  /** Ends the collection; no rollout may be under way. */
  end(): void
}

/** The actors of a run: worker threads over one shared memory. */
export type ActorPool = {
  readonly settings: ActorSettings
  readonly actors: number
  /** The worker threads alive now; a thread that dies is replaced. */
  threads(): readonly Worker[]
  /** [N, D] the dataset's dense part in memory that threads share, read only. */
  readonly dense: Float32Array
  /** [N, C] the dataset's categories in memory that threads share, read only. */
  readonly categorical: Uint16Array
  /**
   * Makes an encoded PolicySnapshot the policy that acts in every later call. Calls under way keep the policy that was
   * published when they were made.
   *
   * @throws {VigilError} as decodePolicySnapshot, for a policy of another team or dataset
   */
  publish(snapshot: Uint8Array): void
  /**
   * From now on rollouts decide by the kernels of a family of instructions, as updates by them do: the ratios of the first
   * update are 1 exactly. null = by policy.wasm, as evaluations always do, whose bits every machine has.
   */
  actBy(family: Family | null): void
  /**
   * One rollout of every shard. Resolves in shard order, whatever thread finished first. One at a time, but an
   * evaluation may be under way beside it.
   *
   * @throws {VigilError} NO_POLICY, BUSY, SHARD_FAILED, NON_FINITE_POLICY, SPECIFICATION_VALUE
   */
  collect(): Promise<Trajectory[]>
  /**
   * Opens a collection in the place of `collect`.
   *
   * @throws {VigilError} NO_POLICY, BUSY
   */
  openCollection(): ShardCollection
  /**
   * The greedy team on every row of a split. One at a time, but a collection may be under way.
   *
   * @throws {VigilError} as collect
   */
  evaluate(split: EvaluationSplit, acting?: Acting): Promise<TeamActions>
  /**
   * Walks the training streams to their ends, whatever the published policy would do, where actions have consequences and
   * the pool was made for it (`walksTraining`). One at a time, and no evaluation beside it.
   *
   * @throws {VigilError} as collect
   */
  viewTraining(): Promise<RecordedViews>
  /**
   * The committed states of all shards, a copy (shard-states.ts has the layout).
   *
   * @throws {VigilError} BUSY while a collection is under way: its shards commit one by one
   */
  saveShards(): Uint8Array
  /**
   * Puts saved states back.
   *
   * @throws {VigilError} LANE_STATE when they are not those of this environment
   * @throws {VigilError} RECURRENT_STATE when they are not those of this network
   * @throws {VigilError} BUSY while a collection is under way
   */
  restoreShards(state: Uint8Array): void
  close(): Promise<void>
}
