/** What sharing costs on this machine: processes of one actor each over a real broker. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ShardCollection, Team } from '@vigil/actors'
import { type Broker, closeBroker, openBroker } from '@vigil/broker'
import type { Family } from '@vigil/engine-native'
import { encodePolicySnapshot } from '@vigil/proto'
import { hostsError } from '../errors.ts'
import { begin, createDesk, type Desk, takeOwn } from '../learner/desk.ts'
import { openExchange } from '../learner/exchange.ts'
import type { Report } from '../learner/thread-messages.ts'
import { ownBuild } from '../wire/build.ts'
import { PART_BYTES } from '../wire/frame.ts'
import { SENT_TO_ALL_BYTES_MAX } from '../wire/messages.ts'
import { processCpuMs } from './process-cpu.ts'
import { openWay, type Route } from './way.ts'

/** How much is measured, and where. */
type SharingMeasurement = {
  readonly broker: Broker
  /** Flags by which a process opens the broker. */
  readonly credentials: readonly string[]
  /** The line to the processes; null = they reach the broker as this process does. */
  readonly route: Route | null
  /** whose kernels decide in rollouts */
  readonly family: Family | null
  /** The most processes; each number from 1 on is measured. */
  readonly processes: number
  /** Collections that are measured for each number. */
  readonly rounds: number
}

/** Times are of one shard. */
type SharingFigures = {
  readonly shards: number
  /** bytes of a shard's result, of the state that it begins in, and of the weights */
  readonly shardBytes: number
  readonly stateBytes: number
  readonly policyBytes: number
  /** questions, one after the other, by which a shard is handed in, and a state and weights are fetched; 0 = they come by themselves */
  readonly shardAsks: number
  readonly stateAsks: number
  readonly policyAsks: number
  /** CPU time of a host for a shard: rollout, encoding, hash and connection; null where the system does not tell */
  readonly actorMs: number | null
  /** CPU time of the learner's thread for a shard: everything between the socket and a rollout that counts */
  readonly learnerMs: number
  /** how long a collection of one shard takes one process: weights, lease, rollout and answer one after the other */
  readonly singleMs: number
  /** and for each host in each collection, which loads the weights; 0 where one process alone was measured */
  readonly hostMs: number
  /** how long a collection takes with so many processes of one actor each, in milliseconds */
  readonly collections: readonly { readonly processes: number; readonly collectionMs: number }[]
}

const JOIN = fileURLToPath(new URL('../cli/join.ts', import.meta.url))
const WAIT_MS = 50
const START_MS_MAX = 120_000
const RUN = 'measured'

/**
 * Shares collections of a team out to processes on this machine, one more at a time.
 *
 * @param parameters [A, P] that act
 * @throws {VigilError} BROKER, EXCHANGE where a process does not come to work
 * @example
 * const { learnerMs } = await measureSharing(team, parameters, { broker, credentials: [], route: null, family: null, processes: 2, rounds: 20 })
 */
export async function measureSharing(
  team: Team,
  parameters: Float32Array,
  { broker, credentials, route, family, processes, rounds }: SharingMeasurement,
): Promise<SharingFigures> {
  const { settings } = team.pool
  const { agentCount } = team.network
  const policy = encodePolicySnapshot({
    ...{ policyVersion: 0, datasetFingerprint: team.dataset.fingerprint, agentCount, parameters },
    parametersPerAgent: team.parameterCount / agentCount,
  })
  team.pool.publish(policy)
  const collection = team.pool.openCollection()
  const states = Array.from({ length: settings.shards }, (_, shard) => collection.saveShard(shard))
  const build = await ownBuild()
  const connection = await openBroker(broker, { name: 'vigil scale', note: () => undefined })
  const heard: { current: (report: Report) => void } = { current: () => undefined }
  const setup = { run: RUN, broker, settings, family, slots: 1, learnerCollects: false, audit: { key: 0, share: 0 } }
  const desk = createDesk(setup, build, (report) => heard.current(report))
  const { serve, ready, close } = openExchange(connection, desk)
  const children: ChildProcess[] = []
  let round = 0
  let shardBytes = 0
  const collect = (some = states) =>
    new Promise<void>((resolve) => {
      round++
      heard.current = (report) => {
        if (report.kind === 'compute') void computeOwn(collection, report, { desk, serve })
        if (report.kind !== 'collected') return
        shardBytes = desk.check.trajectoryBytesMax + report.rollouts[0].state.length
        resolve()
      }
      begin(desk, { kind: 'collect', round, policyVersion: 0, policy, states: some })
      serve()
    })
  const rows: Measured[] = []
  let singleMs = 0
  await using way = openWay(broker.address, route)
  // Between two collections a learner updates: whoever was answered last has asked again.
  const between = { rounds, restMs: 3 * (route?.delayMs ?? 0) }
  try {
    await ready()
    for (let count = 1; count <= processes; count++) {
      children.push(await way.start(count - 1, (address) => joinWords(address, `process-${count}`, credentials)))
      const first = collect() // the first process needs a canary to begin
      await untilWorking(desk, count)
      await first
      await collect()
      rows.push(await measured(between, children, collect))
      if (count === 1) singleMs = (await measured(between, [], () => collect(states.slice(0, 1)))).collectionMs
    }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await close()
    collection.end()
    await closeBroker(connection)
  }
  const sizes = {
    shards: settings.shards,
    ...sizesOf({ shardBytes, stateBytes: states[0].length, policyBytes: policy.length }),
  }
  return { ...sizes, ...costsOf(rows, settings.shards), singleMs }
}

/** What a collection comes to on the mean: time, and CPU time of this thread and of the hosts. */
type Measured = { readonly collectionMs: number; readonly ownMs: number; readonly hostsMs: number | null }

async function measured(
  { rounds, restMs }: { readonly rounds: number; readonly restMs: number },
  children: readonly ChildProcess[],
  collect: () => Promise<void>,
): Promise<Measured> {
  const before = await cpuOf(children)
  const cpu = process.threadCpuUsage()
  let sumMs = 0
  for (let i = 0; i < rounds; i++) {
    if (restMs > 0) await pause(restMs)
    const startMs = performance.now()
    await collect()
    sumMs += performance.now() - startMs
  }
  const { user, system } = process.threadCpuUsage(cpu)
  const after = await cpuOf(children)
  const hostsMs = before === null || after === null ? null : (after - before) / rounds
  return { collectionMs: sumMs / rounds, ownMs: (user + system) / 1000 / rounds, hostsMs }
}

/** @param rows by number of processes, from one on */
function costsOf(rows: readonly Measured[], shards: number) {
  // A straight line through the first and the last: what grows with the hosts, and what does not.
  const [first, last] = [rows[0], rows[rows.length - 1]]
  const hostMs = rows.length === 1 ? 0 : Math.max(0, (last.ownMs - first.ownMs) / (rows.length - 1))
  return {
    // Of one process: of more of them each shard costs the same, and some wait for each other.
    actorMs: first.hostsMs === null ? null : first.hostsMs / shards,
    learnerMs: Math.max(0, first.ownMs - hostMs) / shards,
    hostMs,
    collections: rows.map(({ collectionMs }, i) => ({ processes: i + 1, collectionMs })),
  }
}

/** CPU time of processes so far, all together. */
async function cpuOf(children: readonly ChildProcess[]): Promise<number | null> {
  const times = await Promise.all(children.map(async ({ pid }) => (pid === undefined ? null : await processCpuMs(pid))))
  return times.reduce<number | null>((sum, time) => (sum === null || time === null ? null : sum + time), 0)
}

/** What the learner itself must compute: the canary. */
async function computeOwn(
  collection: ShardCollection,
  { round, shard }: Extract<Report, { kind: 'compute' }>,
  { desk, serve }: { desk: Desk; serve: () => void },
): Promise<void> {
  takeOwn(desk, { kind: 'computed', round, shard, ...(await collection.rollOut(shard)) })
  serve()
}

function joinWords(address: string, name: string, credentials: readonly string[]): string[] {
  return [JOIN, `--server=${address}`, `--name=${name}`, `--run=${RUN}`, '--actors=1', '--once', ...credentials]
}

/** With the questions that such sizes take. */
function sizesOf(bytes: Pick<SharingFigures, 'shardBytes' | 'stateBytes' | 'policyBytes'>) {
  const parts = (size: number) => Math.ceil(size / PART_BYTES)
  const { shardBytes, stateBytes, policyBytes } = bytes
  return {
    ...bytes,
    shardAsks: parts(shardBytes),
    stateAsks: stateBytes <= PART_BYTES ? 0 : parts(stateBytes),
    policyAsks: policyBytes <= SENT_TO_ALL_BYTES_MAX ? 0 : parts(policyBytes),
  }
}

async function untilWorking({ guests }: Desk, count: number): Promise<void> {
  for (let waitedMs = 0; guests.counts().hosts < count; waitedMs += WAIT_MS) {
    if (waitedMs > START_MS_MAX)
      throw hostsError('EXCHANGE', 'A process that was started to collect does not come to work.')
    await pause(WAIT_MS)
  }
}
