import { availableParallelism } from 'node:os'
import { startThreadPool } from '@vigil/blocks'
import type { Family } from '@vigil/engine-native'
import { CUT_OFF, compileEnvironment, contextSize, instantiateEnvironment, LEDGER_ENTRIES, WALK } from '@vigil/env-wasm'
import { ACTING, compilePolicy, parameterLayout, recurrentStateSize, valueOutputCount } from '@vigil/policy-wasm'
import { decodePolicySnapshot, decodeTrajectory, type Trajectory } from '@vigil/proto'
import { actorError } from './errors.ts'
import { type ActorSettings, type EvaluationSplit, layOutMemory, writeEvaluation } from './memory-layout.ts'
import { shareRows } from './outside-rows.ts'
import { type Acting, type ActorPool, type TeamActions, VOTES } from './pool.ts'
import { compileRollout } from './rollout-module.ts'
import { segmentsOf } from './segments.ts'
import { trajectoryExpectation } from './shard-check.ts'
import { restoreShardStates, saveShardStates } from './shard-states.ts'
import { assertWorked } from './task-result.ts'
import type { Task, TaskResult, WorkerSetup } from './tasks.ts'

/** A shard that fails this often in a row is not bad luck. */
const ATTEMPTS_MAX = 3

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
  const piscina = startThreadPool(new URL('./worker.ts', import.meta.url), actors, setup)
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
  const expected = trajectoryExpectation(settings)

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

  const runShard = async (shard: number, { parameters, version: policyVersion }: Policy): Promise<Uint8Array> => {
    const location = layout.shards[shard]
    const task = () =>
      ({ kind: 'rollout', shard, location, committed: committed[shard], parameters, policyVersion, family }) as const
    return (await run(`Shard ${shard}`, task)) as Uint8Array
  }
  const collectShard = async (shard: number, policy: Policy): Promise<Trajectory> => {
    const trajectory = decodeTrajectory(await runShard(shard, policy), expected)
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
    settings,
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

    openCollection() {
      assertIdle('collection')
      const policy = published()
      acting.collection = policy
      const places = (shard: number, area: 0 | 1) => ({ memory, areas: [layout.shards[shard].areas[area]], run: saved })
      return {
        policyVersion: policy.version,
        saveShard: (shard) => saveShardStates(places(shard, committed[shard])),
        restoreShard: (shard, state) => restoreShardStates(places(shard, committed[shard]), state),
        async rollOut(shard) {
          const trajectory = await runShard(shard, policy)
          return { trajectory, state: saveShardStates(places(shard, committed[shard] === 0 ? 1 : 0)) }
        },
        end() {
          acting.collection = null
        },
      }
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
