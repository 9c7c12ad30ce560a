/** Test support: a small team, its policies, and hosts in this process. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorPool, createTeam, type Team, type TeamSettings, withPool } from '@vigil/actors'
import type { Broker } from '@vigil/broker'
import { loadDataset } from '@vigil/data'
import { PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import { fillGaussian, randomStream } from '@vigil/random'
import { type Joining, joinRuns } from './host/join-run.ts'
import { type Sharing, sharePool } from './learner/shared-pool.ts'

const NETWORK = { policyHidden: [16, 8], valueHidden: [8], lstmHidden: [], layerNorm: false, constraintCount: 0 }

/** Six shards of independent events. */
export const SMALL: TeamSettings = {
  environment: { ...PLAIN_ENVIRONMENT, seed: 5, episodeSteps: 7 },
  network: NETWORK,
  ...{ sampling: 'natural', shards: 6, lanesPerShard: 4, rolloutSteps: 16, actors: 1 },
}

/** Streams, a team that remembers, and specifications that it sees. */
export const REMEMBERING: TeamSettings = {
  ...SMALL,
  environment: {
    ...SMALL.environment,
    mode: 'stream',
    specifications: ['G (detection_rate[10] >= 0.5)', 'cpu <= memory'],
    observeConstraints: true,
  },
  network: { ...NETWORK, lstmHidden: [10], layerNorm: true, constraintCount: 2 },
}

/** Threats drawn as often as benign events, so that the rows to train on are not those of the split. */
export const BALANCED: TeamSettings = { ...SMALL, sampling: 'balanced' }

const { dataset } = await loadDataset({
  ...{ dataset: 'synthetic', path: null, features: 'behaviour', split: 'stratified', splitSeed: 42 },
  ...{ seed: 1, rows: 2000 },
} as const)

/** Teams, hosts and folders of one test, which end with it. */
export type Scene = AsyncDisposable & {
  /** A team alone. */
  local(settings?: TeamSettings, seed?: number): Promise<Team>
  /** A team that shares its collections out, and what it was told. */
  shared(
    broker: Broker,
    settings?: TeamSettings,
    change?: Partial<Sharing>,
  ): Promise<{ readonly team: Team; readonly notes: string[] }>
  /** A host; `ended` is how it ended. */
  host(
    broker: Broker,
    name: string,
    change?: Partial<Joining>,
  ): { readonly lines: string[]; readonly ended: Promise<void>; stop(): Promise<void> }
}

/** @see Scene */
export async function openScene(): Promise<Scene> {
  const cache = await mkdtemp(join(tmpdir(), 'vigil-hosts-'))
  const pools: ActorPool[] = []
  const stops: (() => Promise<void>)[] = []
  const local = async (settings = SMALL) => {
    const team = await createTeam(settings, dataset)
    pools.push(team.pool)
    return team
  }
  return {
    local,
    async shared(broker, settings = SMALL, change = {}) {
      const team = await createTeam(settings, dataset)
      const notes: string[] = []
      const sharing = { audit: 0, learnerCollects: false, ...change }
      const pool = await sharePool(team.pool, null, { broker, note: (text) => notes.push(text), ...sharing })
      pools.push(pool)
      return { team: withPool(team, pool), notes }
    },
    host(broker, name, change = {}) {
      const lines: string[] = []
      const controller = new AbortController()
      const ended = joinRuns({
        ...{ broker, name, actors: 1, run: null, once: false, cache, datasetBytesMax: 2 ** 30 },
        ...{ say: (text: string) => lines.push(text), signal: controller.signal },
        ...change,
      })
      // How it ended is the test's to look at, now or later.
      ended.catch(() => undefined)
      const stop = async () => {
        controller.abort()
        await ended
      }
      stops.push(() => stop().catch(() => undefined))
      return { lines, ended, stop }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(pools.map((pool) => pool.close()))
      await Promise.all(stops.map((stop) => stop()))
      await rm(cache, { recursive: true, force: true })
    },
  }
}

/** Weights loud enough that the policies prefer some actions. */
function weightsOf({ parameterCount }: Team, version: number): Float32Array {
  const weights = new Float64Array(parameterCount)
  fillGaussian(randomStream(version + 1, 'initialisation'), weights)
  return Float32Array.from(weights)
}

/** What a team collects by one policy after another. */
export async function collections(team: Team, versions: readonly number[]): Promise<Trajectory[][]> {
  const collected: Trajectory[][] = []
  for (const version of versions) {
    team.publish(weightsOf(team, version), version)
    collected.push(await team.pool.collect())
  }
  return collected
}
