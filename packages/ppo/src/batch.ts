import type { Trajectory } from '@vigil/proto'
import { normaliseAdvantages } from './advantages.ts'
import { alertPrice } from './constraints/alert-price.ts'
import type { ConstraintTargets } from './constraints/constrain.ts'
import { mixAdvantages } from './constraints/mix-advantages.ts'
import { normalise, type ReturnNormaliser } from './return-normaliser.ts'

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
  /** That of the rewards' advantages before they were normalised, in reward units */
  readonly deviation: number
  /** [N, A] normalised returns; zeros without a critic */
  readonly valueTargets: Float32Array
  /** What the heads of the S specifications are fitted to; null where there are none. */
  readonly constraints: BatchConstraints | null
  /** [S] what each multiplier charges for an alert, in reward units (`alertPrice`); empty without multipliers */
  readonly alertPrices: readonly (number | null)[]
  /** null for a feed-forward network */
  readonly recurrence: BatchRecurrence | null
}

/** Targets of the heads of S specifications. */
type BatchConstraints = {
  /** [S] of [N, A] discounted cost ahead, in the units of `costsOf` */
  readonly costTargets: readonly Float32Array[]
}

/** What a recurrent team needs to live through its experience again. */
type BatchRecurrence = {
  /** T */
  readonly stepCount: number
  /** E, lanes of one shard */
  readonly lanesPerShard: number
  /**
   * [N] 1 = an episode begins at this event, after another in the same rollout. At a rollout's first step it is 0: the
   * lane's state is zero already where an episode begins there.
   */
  readonly resets: Uint8Array
  /** [N / T, A, H] each lane's recurrent state before its first step, in the order shard, lane */
  readonly recurrentState: Float32Array
}

/** What an iteration makes of its trajectories before it learns, in their order. */
export type Estimates = {
  /** [T, N] each, in reward units */
  readonly returns: readonly Float32Array[]
  /** [T, N] each, in reward units */
  readonly advantages: readonly Float32Array[]
  /** Has seen these returns: the units in which the critic learns. */
  readonly normaliser: ReturnNormaliser
  /** [S] lambda of each specification; empty where the policy does not learn from costs */
  readonly multipliers: readonly number[]
  /** [N, A] 0 or 1, which decisions are learnt from; null = all */
  readonly weights: Float32Array | null
  /** [N, A] how much each step says to each agent (`pilotRatios`); null = all the same */
  readonly ratios: Float32Array | null
  /** Whether there is a critic to learn the returns. */
  readonly hasCritic: boolean
  /** What each trajectory teaches about the specifications, in the same order; null where nothing is learnt about them */
  readonly constraints: readonly (ConstraintTargets | null)[]
}

/**
 * From trajectories and what was made of them to a batch: advantages are normalised, and mixed with those of the costs,
 * (A_r - sum_s lambda_s A_s) / (1 + sum_s lambda_s); returns become targets in the critic's units.
 *
 * @param trajectories in shard order
 */
export function batchOf(trajectories: readonly Trajectory[], estimates: Estimates): Batch {
  const { normaliser, multipliers, weights, ratios, hasCritic, constraints } = estimates
  const returns = join(Float32Array, estimates.returns)
  const valueTargets = new Float32Array(returns.length)
  if (hasCritic) normalise(normaliser, returns, valueTargets)
  const advantages = join(Float32Array, estimates.advantages)
  const magnitude = returns.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  const deviation = normaliseAdvantages({ advantages, weights, magnitude, out: advantages })
  const costAdvantages = joinEach(constraints, (c) => c.costAdvantages)
  for (const costs of costAdvantages ?? []) {
    // Costs lie in [0, 1].
    normaliseAdvantages({ advantages: costs, weights, magnitude: 1, out: costs })
  }
  const actions = join(
    Uint8Array,
    trajectories.map((t) => t.actions),
  )
  const alertPrices = multipliers.map((multiplier, s) =>
    costAdvantages === null ? null : alertPrice({ costAdvantages: costAdvantages[s], actions, multiplier, deviation }),
  )
  if (costAdvantages !== null) mixAdvantages({ advantages, costAdvantages, multipliers })
  if (ratios !== null) for (let i = 0; i < advantages.length; i++) advantages[i] *= ratios[i]
  const costTargets = joinEach(constraints, (c) => c.costTargets)
  const rows = rowsOf(trajectories)
  return {
    eventCount: rows.length,
    rows,
    context: join(
      Float32Array,
      trajectories.map((t) => t.context),
    ),
    actions,
    logProbs: join(
      Float32Array,
      trajectories.map((t) => t.logProbs),
    ),
    rewards: join(
      Float32Array,
      trajectories.map((t) => t.rewards),
    ),
    advantages,
    deviation,
    valueTargets,
    constraints: costTargets && { costTargets },
    alertPrices,
    recurrence: recurrenceOf(trajectories),
  }
}

/** [N] dataset rows of an iteration, in the order of a batch. */
export function rowsOf(trajectories: readonly Trajectory[]): Uint32Array {
  return join(
    Uint32Array,
    trajectories.map((t) => t.rows),
  )
}

function recurrenceOf(trajectories: readonly Trajectory[]): BatchRecurrence | null {
  const [{ stepCount, laneCount: lanesPerShard, stateSize }] = trajectories
  if (stateSize === 0) return null
  const resets = join(
    Uint8Array,
    trajectories.map(({ terminated, truncated }) => {
      // What ended at step t begins anew at step t + 1.
      const begins = new Uint8Array(terminated.length)
      for (let i = lanesPerShard; i < begins.length; i++) {
        begins[i] = terminated[i - lanesPerShard] | truncated[i - lanesPerShard]
      }
      return begins
    }),
  )
  return {
    stepCount,
    lanesPerShard,
    resets,
    recurrentState: join(
      Float32Array,
      trajectories.map((t) => t.recurrentState),
    ),
  }
}

/** [S] lists of one part of every trajectory, joined; null where nothing is learnt about specifications. */
function joinEach(
  constraints: readonly (ConstraintTargets | null)[],
  part: (constraint: ConstraintTargets) => readonly Float32Array[],
): Float32Array[] | null {
  const parts = constraints.map((constraint) => constraint && part(constraint))
  if (parts[0] === null) return null
  return parts[0].map((_, s) =>
    join(
      Float32Array,
      parts.map((lists) => lists![s]),
    ),
  )
}

type TypedArray = Uint8Array | Uint32Array | Float32Array

/** Arrays one after another. */
export function join<A extends TypedArray>(type: new (length: number) => A, parts: readonly A[]): A {
  const joined = new type(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of parts) {
    joined.set(piece as never, at)
    at += piece.length
  }
  return joined
}
