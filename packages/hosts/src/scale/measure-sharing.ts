/** What sharing costs on this machine: processes of one actor each over a real broker. */
import { type ChildProcess, spawn } from 'node:child_process'
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

/** How much is measured, and where. */
type SharingMeasurement = {
  readonly broker: Broker
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
  /** bytes of a shard's result, and of the weights */
  readonly shardBytes: number
  readonly policyBytes: number
  /** CPU time of the learner's thread for a shard: everything between the socket and a rollout that counts */
  readonly learnerMs: number
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
 * const { learnerMs } = await measureSharing(team, parameters, { broker, family: null, processes: 2, rounds: 20 })
 */
export async function measureSharing(
  team: Team,
  parameters: Float32Array,
  { broker, family, processes, rounds }: SharingMeasurement,
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
  const connection = await openBroker(broker, { name: 'vigil scale', note: () => undefined })
  const heard: { current: (report: Report) => void } = { current: () => undefined }
  const setup = { run: RUN, broker, settings, family, slots: 1, learnerCollects: false, audit: { key: 0, share: 0 } }
  const desk = createDesk(setup, await ownBuild(), (report) => heard.current(report))
  const { serve, close } = openExchange(connection, desk)
  const children: ChildProcess[] = []
  let round = 0
  let shardBytes = 0
  const collect = () =>
    new Promise<void>((resolve) => {
      round++
      heard.current = (report) => {
        if (report.kind === 'compute') void computeOwn(collection, report, { desk, serve })
        if (report.kind !== 'collected') return
        shardBytes = desk.check.trajectoryBytesMax + report.rollouts[0].state.length
        resolve()
      }
      begin(desk, { kind: 'collect', round, policyVersion: 0, policy, states })
      serve()
    })
  const collections: { processes: number; collectionMs: number }[] = []
  const cpuMs: number[] = []
  try {
    for (let count = 1; count <= processes; count++) {
      children.push(spawn(process.execPath, joinWords(broker, `process-${count}`), { stdio: 'ignore' }))
      const first = collect() // the first process needs a canary to begin
      await untilWorking(desk, count)
      await first
      await collect()
      const [startMs, cpu] = [performance.now(), process.threadCpuUsage()]
      for (let i = 0; i < rounds; i++) await collect()
      const collectionMs = (performance.now() - startMs) / rounds
      const { user, system } = process.threadCpuUsage(cpu)
      cpuMs.push((user + system) / 1000 / rounds)
      collections.push({ processes: count, collectionMs })
    }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await close()
    collection.end()
    await closeBroker(connection)
  }
  // A straight line through the first and the last: what grows with the hosts, and what does not.
  const [first, last] = [cpuMs[0], cpuMs[cpuMs.length - 1]]
  const hostMs = processes === 1 ? 0 : Math.max(0, (last - first) / (processes - 1))
  const learnerMs = Math.max(0, first - hostMs) / settings.shards
  return { shards: settings.shards, shardBytes, policyBytes: policy.length, learnerMs, hostMs, collections }
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

function joinWords({ address }: Broker, name: string): string[] {
  return [JOIN, `--server=${address}`, `--name=${name}`, `--run=${RUN}`, '--actors=1', '--once']
}

async function untilWorking({ guests }: Desk, count: number): Promise<void> {
  for (let waitedMs = 0; guests.counts().hosts < count; waitedMs += WAIT_MS) {
    if (waitedMs > START_MS_MAX)
      throw hostsError('EXCHANGE', 'A process that was started to collect does not come to work.')
    await pause(WAIT_MS)
  }
}
