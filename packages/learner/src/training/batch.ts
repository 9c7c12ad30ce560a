import type { Trajectory } from '@vigil/proto'
import { counterfactualAdvantages, normaliseAdvantages } from '../advantages.ts'
import type { Config } from '../config/config.ts'
import { generalisedAdvantages } from '../gae.ts'
import { absorb, denormalise, normalise, type ReturnNormaliser } from '../return-normaliser.ts'
import { monteCarloReturns, type Segment } from '../returns.ts'
import { tdLambdaReturns } from '../td-lambda.ts'
import { type Critique, critiqueOf } from './critique.ts'

/**
 * The experience of one iteration, ready to learn from. N events in the order shard, step, lane; [N, A] is the memory
 * of the shards' [T, E, A] arrays one after another.
 */
export type Batch = {
  readonly eventCount: number
  /** [N] dataset rows */
  readonly rows: Uint32Array
  /** [N, K] */
  readonly context: Float32Array
  /** [N, A] */
  readonly actions: Uint8Array
  /** [N, A] of the policy that acted */
  readonly logProbs: Float32Array
  /** [N, A] reward units */
  readonly rewards: Float32Array
  /** [N, A] one mean and deviation over all agents */
  readonly advantages: Float32Array
  /** [N, A] normalised returns; zeros without a critic */
  readonly valueTargets: Float32Array
  /** null for a feed-forward network */
  readonly recurrence: BatchRecurrence | null
}

/** What a recurrent team needs to live through its experience again. */
export type BatchRecurrence = {
  /** T */
  readonly stepCount: number
  /** E, lanes of one shard */
  readonly lanesPerShard: number
  /**
   * [N] 1 = an episode begins at this event, after another in the same rollout. At a rollout's first step it is 0: the
   * lane's state is zero already where an episode begins there.
   */
  readonly resets: Uint8Array
  /** [N / T, A, S] each lane's recurrent state before its first step, in the order shard, lane */
  readonly states: Float32Array
}

/** A batch, what it says about the critic before it learnt from it, and the normaliser that has seen it. */
export type AssembledBatch = {
  readonly batch: Batch
  readonly normaliser: ReturnNormaliser
  readonly critique: Critique
}

type LearningSettings = Pick<Config, 'gamma' | 'gaeLambda' | 'returns' | 'baseline' | 'episodes'>

/**
 * From trajectories to a batch: returns, advantages, value targets.
 *
 * The critic that acted was trained on targets in the normaliser's units of then, so its values are turned into reward
 * units with the state after its last update, and the new targets into normalised units with the state after this batch.
 *
 * @param trajectories in shard order
 * @param normalisers  `acting`: of the critic that gave the trajectories' values; `latest`: has seen all batches before
 * @param weights      [N, A] 0 or 1, which decisions count in the advantages' mean and deviation; null = all
 */
export function assembleBatch(
  trajectories: readonly Trajectory[],
  settings: LearningSettings,
  normalisers: { readonly acting: ReturnNormaliser; readonly latest: ReturnNormaliser },
  weights: (rows: Uint32Array) => Float32Array | null,
): AssembledBatch {
  const joined = {
    rows: join(Uint32Array, trajectories, (t) => t.rows),
    context: join(Float32Array, trajectories, (t) => t.context),
    actions: join(Uint8Array, trajectories, (t) => t.actions),
    logProbs: join(Float32Array, trajectories, (t) => t.logProbs),
    rewards: join(Float32Array, trajectories, (t) => t.rewards),
  }
  const outcomes = trajectories.map((trajectory) => learnedFrom(trajectory, settings, normalisers.acting))
  const returns = join(Float32Array, outcomes, (o) => o.returns)
  const values = join(Float32Array, outcomes, (o) => o.values)
  const advantages = join(Float32Array, outcomes, (o) => o.advantages)
  const next = absorb(normalisers.latest, returns)
  const valueTargets = new Float32Array(returns.length)
  if (values.length > 0) normalise(next, returns, valueTargets)
  normaliseAdvantages({ advantages, weights: weights(joined.rows), out: advantages })
  return {
    batch: {
      eventCount: joined.rows.length,
      ...joined,
      advantages,
      valueTargets,
      recurrence: recurrenceOf(trajectories),
    },
    normaliser: next,
    critique: critiqueOf({ returns, rewards: joined.rewards, values, episodes: settings.episodes }),
  }
}

function recurrenceOf(trajectories: readonly Trajectory[]): BatchRecurrence | null {
  const [{ stepCount, laneCount: lanesPerShard, stateSize }] = trajectories
  if (stateSize === 0) return null
  const resets = join(Uint8Array, trajectories, ({ terminated, truncated }) => {
    // What ended at step t begins anew at step t + 1.
    const begins = new Uint8Array(terminated.length)
    for (let i = lanesPerShard; i < begins.length; i++) {
      begins[i] = terminated[i - lanesPerShard] | truncated[i - lanesPerShard]
    }
    return begins
  })
  return { stepCount, lanesPerShard, resets, states: join(Float32Array, trajectories, (t) => t.recurrentState) }
}

/** Returns [T, N], advantages [T, N] and values [T, N] (empty without a critic) of one trajectory, in reward units. */
function learnedFrom(trajectory: Trajectory, settings: LearningSettings, normaliser: ReturnNormaliser) {
  const { gamma, gaeLambda } = settings
  const critic = trajectory.values.length > 0
  const length = trajectory.rewards.length
  const segment: Segment = trajectory
  const values = new Float32Array(trajectory.values.length)
  const nextValues = new Float32Array(trajectory.nextValues.length)
  denormalise(normaliser, trajectory.values, values)
  denormalise(normaliser, trajectory.nextValues, nextValues)

  const advantages = new Float32Array(length)
  if (settings.baseline === 'critic') {
    generalisedAdvantages({ ...segment, values, nextValues }, { gamma, gaeLambda }, advantages)
  } else {
    const { rewards, expectedRewards } = trajectory
    counterfactualAdvantages({ rewards, expectedRewards, out: advantages })
  }

  const returns = new Float32Array(length)
  if (settings.returns === 'monte-carlo' || !critic) {
    monteCarloReturns(segment, { gamma, bootstrap: critic ? nextValues : null }, returns)
  } else if (settings.returns === 'td-lambda') {
    tdLambdaReturns({ ...segment, nextValues }, { gamma, tdLambda: gaeLambda }, returns)
  } else {
    // GAE's own target, A + V, whatever baseline the policy learns from.
    generalisedAdvantages({ ...segment, values, nextValues }, { gamma, gaeLambda }, returns)
    for (let i = 0; i < length; i++) returns[i] += values[i]
  }
  return { returns, advantages, values }
}

type TypedArray = Uint8Array | Uint32Array | Float32Array

function join<Item, A extends TypedArray>(
  type: new (length: number) => A,
  items: readonly Item[],
  part: (item: Item) => A,
): A {
  const parts = items.map(part)
  const joined = new type(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of parts) {
    joined.set(piece as never, at)
    at += piece.length
  }
  return joined
}
