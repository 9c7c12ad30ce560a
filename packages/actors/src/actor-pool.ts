import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'
import type { Family } from '@vigil/engine-native'
import {
  CUT_OFF,
  compileConstraints,
  compileEnvironment,
  contextSize,
  type EnvironmentSpec,
  instantiateEnvironment,
  LEDGER_ENTRIES,
  WALK,
} from '@vigil/env-wasm'
import type { VigilError } from '@vigil/errors'
import { ACTING, compilePolicy, parameterLayout, recurrentStateSize, valueOutputCount } from '@vigil/policy-wasm'
import { decodePolicySnapshot, decodeTrajectory, type Trajectory } from '@vigil/proto'
import { Piscina } from 'piscina'
import { actorError } from './errors.ts'
import { type ActorSettings, type EvaluationSplit, layOutMemory, writeEvaluation } from './memory-layout.ts'
import { shareRows } from './outside-rows.ts'
import { compileRollout } from './rollout-module.ts'
import { segmentsOf } from './segments.ts'
import { restoreShardStates, saveShardStates } from './shard-states.ts'
import type { Task, TaskResult, WorkerSetup } from './tasks.ts'

/** A shard that fails this often in a row is not bad luck. */
const ATTEMPTS_MAX = 3

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

/** The actors of a run: worker threads over one shared memory. */
export type ActorPool = {
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

/** Where an evaluation writes nothing besides. */
const NO_VIEWS = { contexts: 0, probabilities: 0 }

const ALLOW = 0

/** A published policy: where its weights lie, and its number. */
type Policy = { readonly parameters: number; readonly version: number }

/** One actor per core. */
export function defaultActorCount(): number {
  return availableParallelism()
}

/**
 * Starts the worker threads. The dataset lies once in memory that they share, so that another actor costs a thread, not a
 * copy.
 *
 * A shard's new state is committed only when its trajectory has arrived and been checked. A worker that dies or throws
 * therefore loses nothing: the shard runs again from its committed state, with the same result.
 *
 * @param actors number of threads, at least 1
 * @throws {VigilError} MEMORY, NOT_BUILT
 * @throws {VigilError} SPECIFICATION, ENVIRONMENT_SPEC
 */
export async function createActorPool(settings: ActorSettings, actors: number): Promise<ActorPool> {
  const { dataset, network, environment } = settings
  const layout = layOutMemory(settings)
  const pages = layout.bytes / 65536
  const memory = allocate(pages)
  layout.initialise(memory)
  const outside = layout.rowsOutside ? shareRows(dataset, contextSize(environment)) : null
  const setup: WorkerSetup = {
    memory,
    environment: await compileEnvironment(),
    policy: await compilePolicy(),
    rollout: await compileRollout(),
    outside,
    datasetFingerprint: dataset.fingerprint,
    agentCount: network.agentCount,
    lanesPerShard: settings.lanesPerShard,
    stepsPerRollout: settings.stepsPerRollout,
    contextSize: contextSize(environment),
    laneBytes: layout.laneBytes,
    stateSize: recurrentStateSize(network),
    valueOutputCount: valueOutputCount(network),
    specificationCount: environment.specifications.length,
    critic: network.valueHidden !== null,
  }
  const piscina = new Piscina({
    filename: new URL('./worker.ts', import.meta.url).href,
    minThreads: actors,
    maxThreads: actors,
    workerData: setup,
  })
  // A worker that dies between two tasks is replaced; if it cannot be, the next task says so.
  piscina.on('error', () => undefined)

  const host = instantiateEnvironment(setup.environment, memory)
  const committed: (0 | 1)[] = layout.shards.map(() => 0)
  for (const { areas, laneBase } of layout.shards) {
    // The recurrent states of fresh lanes are zero, as the memory is.
    host.reset(layout.environmentPlan, areas[0].lanes, settings.lanesPerShard, laneBase)
  }
  const saved = { ...settings, slotCount: layout.sites?.slotCount ?? 0 }
  let policy: Policy | null = null
  let family: Family | null = null
  // The policies that work under way reads from the shared memory, where nothing may overwrite them.
  const acting: { collection: Policy | null; evaluation: Policy | null } = { collection: null, evaluation: null }

  const run = async (what: string, task: () => Task): Promise<TaskResult> => {
    for (let attempt = 1; ; attempt++) {
      const result = await piscina.run(task()).catch((cause: unknown) => {
        if (attempt < ATTEMPTS_MAX) return null
        const reason = cause instanceof Error ? cause.message : String(cause)
        const message = `${what} failed ${ATTEMPTS_MAX} times, the last time with: ${reason}`
        throw actorError('SHARD_FAILED', message, { cause })
      })
      if (result !== null) return assertWorked(result as TaskResult, environment)
    }
  }
  const published = () => {
    if (policy === null) throw actorError('NO_POLICY', 'publish() must be called before the actors can act.')
    return policy
  }
  const expected = {
    datasetFingerprint: dataset.fingerprint,
    stepCount: settings.stepsPerRollout,
    laneCount: settings.lanesPerShard,
    agentCount: network.agentCount,
    contextSize: setup.contextSize,
    stateSize: setup.stateSize,
    valueOutputCount: setup.valueOutputCount,
    specificationCount: setup.specificationCount,
    rowCount: dataset.rowCount,
    critic: setup.critic,
  }

  const assertIdle = (work: keyof typeof acting) => {
    if (acting[work] === null) return
    throw actorError('BUSY', `The ${work} under way must end before this can begin: wait for it first.`)
  }
  /** Does work with the published policy, whose weights stay where they are until it is done. */
  const withPolicy = async <T>(work: keyof typeof acting, use: (policy: Policy) => Promise<T>): Promise<T> => {
    assertIdle(work)
    const policy = published()
    acting[work] = policy
    try {
      return await use(policy)
    } finally {
      acting[work] = null
    }
  }

  const collectShard = async (shard: number, { parameters, version: policyVersion }: Policy): Promise<Trajectory> => {
    const location = layout.shards[shard]
    const task = () =>
      ({ kind: 'rollout', shard, location, committed: committed[shard], parameters, policyVersion, family }) as const
    const bytes = await run(`Shard ${shard}`, task)
    const trajectory = decodeTrajectory(bytes as Uint8Array, expected)
    committed[shard] = committed[shard] === 0 ? 1 : 0
    return trajectory
  }

  const evaluateSplit = async (
    name: 'train' | EvaluationSplit,
    parameters: number,
    { votes, stopFactor = 1, views = NO_VIEWS }: Acting & { readonly views?: typeof NO_VIEWS },
  ): Promise<TeamActions> => {
    const split = dataset.splits[name]
    const streams = split.streamStarts.length - 1
    const { consequences, sites } = layout
    if (consequences !== null) {
      new Uint8Array(memory.buffer, layout.evaluationActions, split.rows.length * network.agentCount).fill(CUT_OFF)
      new Float32Array(memory.buffer, layout.evaluationScores, split.rows.length * network.agentCount).fill(0)
      new Float64Array(memory.buffer, consequences.ledgers, streams * LEDGER_ENTRIES.length).fill(0)
      const cast = votes ?? new Uint8Array(network.agentCount).fill(VOTES.own)
      new Uint8Array(memory.buffer, consequences.votes, network.agentCount).set(cast)
    }
    const segments = segmentsOf(split, environment.mode, layout.sites?.orders[name].siteStarts)
    new Uint32Array(memory.buffer, layout.segments, segments.length).set(segments)
    const segmentCount = segments.length / 2
    const share = Math.ceil(segmentCount / layout.evaluations.length)
    await settleAll(
      layout.evaluations.map(async (job, i) => {
        const first = Math.min(i * share, segmentCount)
        const fields = layout.evaluationFields[i]
        writeEvaluation(memory, job, { ...fields, ...views, splitRows: layout.splits[name].rows, firstSegment: first })
        const view = new DataView(memory.buffer)
        view.setFloat32(fields.acting + ACTING.offsets.stopFactor, stopFactor, true)
        if (sites !== null) view.setUint32(fields.walk + WALK.offsets.site, sites.at[name], true)
        const count = Math.min(share, segmentCount - first)
        const at = layout.segments + 8 * first
        if (count > 0) {
          await run(`Evaluation part ${i}`, () => ({
            kind: 'evaluation',
            job,
            parameters,
            segments: at,
            segmentCount: count,
          }))
        }
      }),
    )
    const length = split.rows.length * network.agentCount
    return {
      actions: new Uint8Array(memory.buffer, layout.evaluationActions, length).slice(),
      scores: new Float32Array(memory.buffer, layout.evaluationScores, length).slice(),
      ledgers:
        consequences && new Float64Array(memory.buffer, consequences.ledgers, streams * LEDGER_ENTRIES.length).slice(),
    }
  }

  return {
    actors,
    threads: () => piscina.threads,
    dense:
      outside === null
        ? new Float32Array(memory.buffer, layout.dense, dataset.dense.length)
        : new Float32Array(outside.dense),
    categorical:
      outside === null
        ? new Uint16Array(memory.buffer, layout.categorical, dataset.categorical.length)
        : new Uint16Array(outside.categorical),

    publish(snapshot) {
      const { parametersPerAgent } = parameterLayout(network)
      const { agentCount } = network
      const { datasetFingerprint } = setup
      const decoded = decodePolicySnapshot(snapshot, { datasetFingerprint, agentCount, parametersPerAgent })
      // Collection and evaluation occupy one slot each, so that of three one is always free.
      const occupied = [acting.collection?.parameters, acting.evaluation?.parameters]
      const slot = layout.parameters.find((at) => !occupied.includes(at))!
      new Float32Array(memory.buffer, slot, decoded.parameters.length).set(decoded.parameters)
      policy = { parameters: slot, version: decoded.policyVersion }
    },

    actBy(chosen) {
      family = chosen
    },

    async collect() {
      return await withPolicy('collection', (policy) =>
        settleAll(layout.shards.map((_, shard) => collectShard(shard, policy))),
      )
    },

    async evaluate(name, acting = {}) {
      return await withPolicy('evaluation', ({ parameters }) => evaluateSplit(name, parameters, acting))
    },

    async viewTraining() {
      const { views } = layout
      if (views === null || environment.response === null) {
        throw new TypeError('viewTraining needs a pool with walksTraining and an environment with consequences.')
      }
      const votes = new Uint8Array(network.agentCount).fill(ALLOW)
      await withPolicy('evaluation', ({ parameters }) => evaluateSplit('train', parameters, { votes, views }))
      const count = dataset.splits.train.rows.length
      const floats = (at: number, length: number) => new Float32Array(memory.buffer, at, length).slice()
      return {
        context: floats(views.contexts, count * setup.contextSize),
        probabilities: floats(views.probabilities, 4 * count * network.agentCount),
      }
    },

    saveShards() {
      assertIdle('collection')
      const areas = layout.shards.map((location, shard) => location.areas[committed[shard]])
      return saveShardStates({ memory, areas, run: saved })
    },

    restoreShards(state) {
      assertIdle('collection')
      const areas = layout.shards.map((location) => location.areas[0])
      restoreShardStates({ memory, areas, run: saved }, state)
      committed.fill(0)
    },

    async close() {
      await piscina.destroy()
    },
  }
}

/** @throws {VigilError} MEMORY when the machine does not have it */
function allocate(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    const message = `The dataset and the buffers need ${Math.ceil(pages / 16)} MiB in one piece, which this machine does not give. Use fewer rows or fewer features.`
    throw actorError('MEMORY', message, { cause })
  }
}

/** Waits for all, also after one has failed: nothing may still be writing into the memory when the caller goes on. */
async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

/** Running the task again would not help: the same weights give the same NaN, the same decisions the same signals. */
function assertWorked(result: TaskResult, environment: EnvironmentSpec): TaskResult {
  if (typeof result === 'object' && 'instruction' in result) throw withoutValue(result.instruction, environment)
  if (result !== 'non-finite') return result
  throw actorError(
    'NON_FINITE_POLICY',
    'The policy gave NaN or infinite logits: training has diverged. Lower the learning rate, or resume from an earlier checkpoint.',
  )
}

/** @param instruction of the environment's monitors, whose value was no number */
function withoutValue(instruction: number, environment: EnvironmentSpec): VigilError {
  const { monitor, operation } = compileConstraints(environment).bank!.sources[instruction]
  const formula = environment.specifications[monitor]
  const part = formula.slice(operation.span.start, operation.span.end)
  return actorError(
    'SPECIFICATION_VALUE',
    `specifications[${monitor}] "${formula}" met a step at which ${part} has no value: a division by zero, a root of a negative number, or inf - inf. Rule such steps out, for example by max(divisor, 0.001).`,
  )
}
