import type { Team } from '@vigil/actors'
import type { Trajectory } from '@vigil/proto'
import type { ActingPolicy, Checkpoint } from './checkpoint/checkpoint.ts'
import type { PpoSettings } from './settings.ts'

/** The experience of one iteration. */
type Rollouts = {
  /** In shard order. */
  readonly trajectories: readonly Trajectory[]
  /** Who collected it. */
  readonly policy: ActingPolicy
  /** States of all lanes after it, in which the next experience begins. */
  readonly lanes: Uint8Array
  /** [N, A, 4] what the expected return gains from each agent's probability of each action; null = actions were sampled */
  readonly credits: Float32Array | null
}

/** Experience as training asks for it. Disposed of, it waits until the actors rest; what they were collecting is lost. */
export type Collection = AsyncDisposable & {
  /**
   * The experience of the iteration after `state`. Under staleness 1 the actors then begin at once with that of the
   * following iteration, with the policy of `state`, while the learner turns to this one.
   *
   * @throws {VigilError} as the team's pool when it collects
   */
  next(state: CollectionState): Promise<Rollouts>
}

type CollectionState = Pick<Checkpoint, 'iteration' | 'parameters' | 'normaliser' | 'acting'>

/**
 * Lets the actors collect, before the learner's update or beside it.
 *
 *   staleness 0   policy i-1 collects, update i          | policy i collects, update i+1
 *   staleness 1   update i, policy i-1 collects for i+1  | update i+1, policy i collects for i+2
 *
 * Under staleness 1 nothing newer exists when the first and the second batch are collected, so that the initial policy
 * collects both: the first iteration is on policy, every later one is one update behind.
 *
 * A batch depends on the policy and on the lanes it began in, and on nothing else: collected again after a resume, it is
 * the same.
 */
export function createCollection(settings: Pick<PpoSettings, 'staleness' | 'iterations'>, team: Team): Collection {
  let underWay: { readonly policy: ActingPolicy; readonly trajectories: Promise<Trajectory[]> } | null = null
  const begin = (policy: ActingPolicy) => {
    team.publish(policy.parameters, policy.policyVersion)
    const trajectories = team.pool.collect()
    // A failure is told to whoever awaits the batch; until then nobody does.
    trajectories.catch(() => undefined)
    underWay = { policy, trajectories }
    return underWay
  }
  return {
    async next(state) {
      const newest = policyOf(state)
      const { policy, trajectories } = underWay ?? begin(state.acting ?? newest)
      const collected = await trajectories
      underWay = null
      // Before the actors go on: from now on the shards commit new states one by one.
      const lanes = team.pool.saveShards()
      if (settings.staleness === 1 && state.iteration + 1 < settings.iterations) begin(newest)
      return { trajectories: collected, policy, lanes, credits: null }
    },

    async [Symbol.asyncDispose]() {
      await underWay?.trajectories.catch(() => undefined)
      underWay = null
    },
  }
}

/** The policy that training has arrived at. */
export function policyOf({ iteration, parameters, normaliser }: CollectionState): ActingPolicy {
  return { policyVersion: iteration, parameters, normaliser }
}
