import type { Trajectory } from '@vigil/proto'
import { counterfactualAdvantages, normaliseAdvantages } from '../advantages.ts'
import type { Config } from '../config/config.ts'
import { generalisedAdvantages } from '../gae.ts'
import { absorb, denormalise, normalise, type ReturnNormaliser } from '../return-normaliser.ts'
import { monteCarloReturns, type Segment } from '../returns.ts'
import { tdLambdaReturns } from '../td-lambda.ts'
import { type ConstraintSettings, type ConstraintTargets, constraintTargets } from './constraints/constrain.ts'
import { valueOutput } from './constraints/costs.ts'
import { mixAdvantages } from './constraints/mix-advantages.ts'
import { penalisedRewards } from './constraints/penalty.ts'

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
  /** What the heads of the S specifications are fitted to; null where there are none. */
  readonly constraints: BatchConstraints | null
  /** null for a feed-forward network */
  readonly recurrence: BatchRecurrence | null
}

/** Targets of the heads of S specifications. */
export type BatchConstraints = {
  /** [S] of [N, A] discounted cost ahead, in the units of `costsOf` */
  readonly costTargets: readonly Float32Array[]
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

/** A batch, what came of each trajectory, and the normaliser that has seen it. */
export type AssembledBatch = {
  readonly batch: Batch
  readonly outcomes: readonly Outcome[]
  readonly normaliser: ReturnNormaliser
}

/** What came of one trajectory, [T, N] in reward units; the rewards are those that are learnt from, a penalty included. */
type Outcome = Segment & {
  readonly returns: Float32Array
  readonly advantages: Float32Array
  /** What the critics said, empty without one. */
  readonly values: Float32Array
  /** The same as advantages and targets took it: something else only with the fault `value-units`. */
  readonly usedValues: Float32Array
}

type LearningSettings = Pick<Config, 'gamma' | 'gaeLambda' | 'returns' | 'baseline' | 'bootstrap' | 'defects'> &
  ConstraintSettings

/** What earlier iterations have left behind. */
export type LearningMemory = {
  /** Of the critic that gave the trajectories' values. */
  readonly acting: ReturnNormaliser
  /** Has seen all batches before. */
  readonly latest: ReturnNormaliser
  /** [S] lambda of each specification; empty where the policy does not learn from costs */
  readonly multipliers: readonly number[]
}

/**
 * From trajectories to a batch: returns, advantages, value targets, and what the specifications make of them.
 *
 * The critic that acted was trained on targets in the normaliser's units of then, so its values are turned into reward
 * units with the state after its last update, and the new targets into normalised units with the state after this batch.
 *
 * @param trajectories in shard order
 * @param weights      [N, A] 0 or 1, which decisions count in the advantages' mean and deviation; null = all
 */
export function assembleBatch(
  trajectories: readonly Trajectory[],
  settings: LearningSettings,
  memory: LearningMemory,
  weights: (rows: Uint32Array) => Float32Array | null,
): AssembledBatch {
  const joined = {
    rows: join(Uint32Array, trajectories, (t) => t.rows),
    context: join(Float32Array, trajectories, (t) => t.context),
    actions: join(Uint8Array, trajectories, (t) => t.actions),
    logProbs: join(Float32Array, trajectories, (t) => t.logProbs),
    rewards: join(Float32Array, trajectories, (t) => t.rewards),
  }
  const learnt = trajectories.map((trajectory) => learnedFrom(trajectory, settings, memory.acting))
  const returns = join(Float32Array, learnt, (o) => o.returns)
  const values = join(Float32Array, learnt, (o) => o.values)
  const advantages = join(Float32Array, learnt, (o) => o.advantages)
  const next = absorb(memory.latest, returns)
  const valueTargets = new Float32Array(returns.length)
  if (values.length > 0) normalise(next, returns, valueTargets)
  const counted = weights(joined.rows)
  const magnitude = returns.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  normaliseAdvantages({ advantages, weights: counted, magnitude, out: advantages })
  const constraints = trajectories.map((trajectory) => constraintTargets(trajectory, settings))
  const costAdvantages = joinEach(constraints, (c) => c.costAdvantages)
  for (const costs of costAdvantages ?? []) {
    // Costs lie in [0, 1].
    normaliseAdvantages({ advantages: costs, weights: counted, magnitude: 1, out: costs })
  }
  if (costAdvantages !== null) mixAdvantages({ advantages, costAdvantages, multipliers: memory.multipliers })
  const costTargets = joinEach(constraints, (c) => c.costTargets)
  return {
    batch: {
      eventCount: joined.rows.length,
      ...joined,
      advantages,
      valueTargets,
      constraints: costTargets && { costTargets },
      recurrence: recurrenceOf(trajectories),
    },
    outcomes: learnt,
    normaliser: next,
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

/** Rewards, returns, advantages and values of one trajectory. */
function learnedFrom(trajectory: Trajectory, settings: LearningSettings, normaliser: ReturnNormaliser): Outcome {
  const { gamma, gaeLambda } = settings
  const critic = trajectory.values.length > 0
  const length = trajectory.rewards.length
  const rewards =
    settings.stlMode === 'penalty' ? penalisedRewards(trajectory, settings.penaltyCoef) : trajectory.rewards
  const { stepCount, laneCount, agentCount, truncated } = trajectory
  const terminated = settings.bootstrap ? trajectory.terminated : endedAtCuts(trajectory)
  const segment: Segment = { stepCount, laneCount, agentCount, rewards, terminated, truncated }
  const inRewardUnits = (values: Float32Array) => {
    if (values.length === 0) return values
    const own = valueOutput(values, { output: 0, outputCount: trajectory.valueOutputCount })
    denormalise(normaliser, own, own)
    return own
  }
  const judged = inRewardUnits(trajectory.values)
  const mistaken = settings.defects.includes('value-units')
  const values = mistaken ? asGiven(trajectory, trajectory.values) : judged
  const nextValues = mistaken ? asGiven(trajectory, trajectory.nextValues) : inRewardUnits(trajectory.nextValues)

  const advantages = new Float32Array(length)
  if (settings.baseline === 'critic') {
    generalisedAdvantages({ ...segment, values, nextValues }, { gamma, gaeLambda }, advantages)
  } else {
    counterfactualAdvantages({ rewards, expectedRewards: trajectory.expectedRewards, out: advantages })
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
  return { ...segment, returns, advantages, values: judged, usedValues: values }
}

/** The fault `value-units`: values in units of normalised returns, taken for rewards. */
function asGiven({ valueOutputCount }: Trajectory, values: Float32Array): Float32Array {
  return values.length === 0 ? values : valueOutput(values, { output: 0, outputCount: valueOutputCount })
}

/** [T, E] 1 where the episode ends or is cut, by a time limit or by the rollout's end. */
function endedAtCuts({ terminated, truncated, stepCount, laneCount }: Trajectory): Uint8Array {
  return terminated.map((ended, event) => ended | truncated[event] | (event >= (stepCount - 1) * laneCount ? 1 : 0))
}

/** [S] lists of one part of every trajectory, joined; null where the trajectories have no such part. */
function joinEach(
  constraints: readonly (ConstraintTargets | null)[],
  part: (constraint: ConstraintTargets) => readonly Float32Array[] | null,
): Float32Array[] | null {
  const parts = constraints.map((constraint) => constraint && part(constraint))
  if (parts[0] === null) return null
  return parts[0].map((_, s) => join(Float32Array, parts, (lists) => lists![s]))
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
