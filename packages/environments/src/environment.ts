import type { ConfigInput } from '@vigil/config'
import { contextSize, instantiateEnvironment } from '@vigil/env-wasm'
import { ACTION_NAMES } from '@vigil/service'
import { layOutEnvironment } from './environment-memory.ts'
import { apiError } from './errors.ts'
import { type EnvironmentOptions, loadWorld, type World } from './world.ts'

/** What an observation holds; all agents of a lane see the same. */
export type ObservationSpace = {
  /** W: inputs of the event, then what is known of its stream (the context). Box(-4, 4, [W]). */
  readonly size: number
  /** C columns of categories beside them, MultiDiscrete. */
  readonly categories: readonly { readonly name: string; readonly size: number }[]
}

/** What all lanes see. The arrays are the environment's own: the next call overwrites them. */
export type Observation = {
  /** [E, W] */
  readonly values: Float32Array
  /** [E, C] */
  readonly categories: Uint16Array
}

/** What became of an action in all lanes. The arrays are the environment's own: the next call overwrites them. */
export type StepResult = {
  /** What comes next; of a lane that has ended, how its next episode begins. */
  readonly observation: Observation
  /** [E, A] */
  readonly rewards: Float32Array
  /** [E] 1 where the episode has ended of itself: nothing follows, its value is 0. */
  readonly terminations: Uint8Array
  /** [E] 1 where the time limit has cut an episode that goes on: bootstrap from its final observation. */
  readonly truncations: Uint8Array
  /** [E] what the team did, after the vote. */
  readonly teamActions: Uint8Array
  /** Lanes that have ended, ascending, and their last observations [n, W] and [n, C]. */
  readonly ended: Uint32Array
  readonly finalObservation: Observation
}

/** Agents that act at the same time in E lanes, in the manner of PettingZoo's parallel API with Gymnasium's vectors. */
export type Environment = {
  readonly agents: readonly string[]
  readonly lanes: number
  readonly observationSpace: ObservationSpace
  /** Discrete: 0 allow, 1 block, 2 quarantine, 3 alert; the same for every agent. */
  readonly actionSpace: { readonly n: number; readonly names: readonly string[] }
  /**
   * Begins an episode in every lane. The same seed gives the same episodes for the same actions; without a seed the next lanes of the
   * present one come, whose episodes are others.
   *
   * @throws {VigilError} SEED_INVALID
   */
  reset(options?: { readonly seed?: number }): { readonly observation: Observation }
  /**
   * One action of every agent in every lane. A lane that ends begins its next episode in the same step (Gymnasium's
   * `AutoresetMode.SAME_STEP`).
   *
   * @param actions [E, A] 0 to 3
   * @throws {VigilError} ACTIONS_INVALID, MONITOR_FAILED
   */
  step(actions: ArrayLike<number>): StepResult
  /** Steps of all lanes together and episodes that have ended since the environment was made, and the seed. */
  state(): { readonly seed: number; readonly steps: number; readonly episodes: number }
}

const LANES_MAX = 65_536
const SEED_MAX = 2 ** 32 - 1

/**
 * An environment over generated events or a recording, with the settings of a training. It has begun its first episodes.
 *
 * @example
 * ```ts
 * const env = await openEnvironment({ dataset: 'quickest', agents: 1 }, { lanes: 64 })
 * let { observation } = env.reset({ seed: 7 })
 * const { rewards, terminations } = env.step(new Uint8Array(64)) // allow everywhere
 * ```
 *
 * @throws {VigilError} UNKNOWN_KEY, INVALID_VALUE, CONFLICT for settings; LANES_INVALID, and for bad data
 */
export async function openEnvironment(settings: ConfigInput, options: EnvironmentOptions = {}): Promise<Environment> {
  return createEnvironment(await loadWorld(settings), options)
}

/** @see openEnvironment @throws {VigilError} LANES_INVALID */
export function createEnvironment(world: World, { lanes: E = 1, part = 'train' }: EnvironmentOptions): Environment {
  const { dataset, spec, module } = world
  if (!Number.isInteger(E) || E < 1 || E > LANES_MAX || !Object.hasOwn(dataset.splits, part)) {
    throw apiError(
      'LANES_INVALID',
      `Environment: needs 1 to ${LANES_MAX} lanes of train, validation or test, received ${E} of ${part}. Leave both out for one of train.`,
    )
  }
  const { agentCount: A } = spec
  const { memory, at, begin } = layOutEnvironment(world, { lanes: E, part })
  const wasm = instantiateEnvironment(module, memory)
  const bytes = (from: number, length: number) => new Uint8Array(memory.buffer, from, length)
  const given = bytes(at.actions, E * A)
  const flags = { terminations: bytes(at.terminated, E), truncations: bytes(at.truncated, E) }
  const view = viewOf(world, E)
  const current = view(memory, at.rows, at.context)
  const final = view(memory, at.nextRows, at.nextContext)
  let [seed, laneBase, steps, episodes] = [spec.seed, 0, 0, 0]
  let isUntouched = true

  const restart = () => {
    begin(seed, laneBase)
    wasm.reset(at.plan, at.lanes, E, laneBase)
    wasm.observe(at.plan, at.lanes, E, at.rows, at.context)
  }
  restart()

  return {
    agents: Array.from({ length: A }, (_, agent) => `agent-${agent}`),
    lanes: E,
    observationSpace: spaceOf(world),
    actionSpace: { n: ACTION_NAMES.length, names: ACTION_NAMES },
    reset(options = {}) {
      if (options.seed !== undefined) [seed, laneBase] = [seedOf(options.seed), 0]
      else if (!isUntouched) laneBase = (laneBase + E) >>> 0
      isUntouched = false
      restart()
      return { observation: current.all() }
    },
    step(actions) {
      assertActions(actions, E * A)
      given.set(actions)
      isUntouched = false
      if (wasm.step(at.job) !== 0) {
        throw apiError(
          'MONITOR_FAILED',
          'Environment: a specification has no value for what happened. Change its formula.',
        )
      }
      const ended = Uint32Array.from(lanesThatEnd(flags))
      const finalObservation = final.of(ended)
      wasm.observe(at.plan, at.lanes, E, at.rows, at.context)
      steps += E
      episodes += ended.length
      return {
        observation: current.all(),
        rewards: new Float32Array(memory.buffer, at.rewards, E * A),
        ...flags,
        teamActions: bytes(at.teamActions, E),
        ...{ ended, finalObservation },
      }
    },
    state: () => ({ seed, steps, episodes }),
  }
}

function spaceOf({ dataset, spec }: World): ObservationSpace {
  return {
    size: dataset.denseNames.length + contextSize(spec),
    categories: dataset.categoricalColumns.map(({ name, vocabularySize }) => ({ name, size: vocabularySize })),
  }
}

/** What lanes see, from the numbers of their rows and their contexts. */
function viewOf({ dataset, spec }: World, E: number) {
  const { dense, categorical } = dataset
  const [D, C, K] = [dataset.denseNames.length, dataset.categoricalColumns.length, contextSize(spec)]
  const W = D + K
  return ({ buffer }: WebAssembly.Memory, rowsAt: number, contextAt: number) => {
    const rows = new Uint32Array(buffer, rowsAt, E)
    const context = new Float32Array(buffer, contextAt, E * K)
    const values = new Float32Array(E * W)
    const categories = new Uint16Array(E * C)
    const show = (lane: number, place: number) => {
      const row = rows[lane]
      for (let d = 0; d < D; d++) values[place * W + d] = dense[row * D + d]
      for (let k = 0; k < K; k++) values[place * W + D + k] = context[lane * K + k]
      for (let c = 0; c < C; c++) categories[place * C + c] = categorical[row * C + c]
    }
    return {
      all(): Observation {
        for (let lane = 0; lane < E; lane++) show(lane, lane)
        return { values, categories }
      },
      of(lanes: Uint32Array): Observation {
        lanes.forEach(show)
        return { values: values.subarray(0, lanes.length * W), categories: categories.subarray(0, lanes.length * C) }
      },
    }
  }
}

function* lanesThatEnd({ terminations, truncations }: Pick<StepResult, 'terminations' | 'truncations'>) {
  for (let lane = 0; lane < terminations.length; lane++) {
    if (terminations[lane] === 1 || truncations[lane] === 1) yield lane
  }
}

function assertActions(actions: ArrayLike<number>, count: number): void {
  let isValid = actions.length === count
  for (let i = 0; isValid && i < count; i++)
    isValid = actions[i] >= 0 && actions[i] <= 3 && Number.isInteger(actions[i])
  if (isValid) return
  throw apiError(
    'ACTIONS_INVALID',
    `Actions: need ${count} integers from 0 to 3, one for each agent of each lane, received ${actions.length}, or others. Give [lanes, agents].`,
  )
}

function seedOf(seed: number): number {
  if (Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX) return seed
  throw apiError(
    'SEED_INVALID',
    `Seed: needs an integer from 0 to ${SEED_MAX}, received ${seed}. Leave it out for others of the same.`,
  )
}
