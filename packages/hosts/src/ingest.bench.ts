/**
 * Agent-steps of trajectories that one learner thread accepts: everything between the socket and the rollout that counts (frames,
 * parts, SHA-256, decoding, checks of every value and state). The host answers from memory, so that it is never waited for.
 * Run: npx node packages/hosts/src/ingest.bench.ts [lstm]
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createTeam, type ShardRollout, type TeamSettings } from '@vigil/actors'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker } from '@vigil/broker/broker.fixture'
import { loadDataset } from '@vigil/data'
import { PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { encodePolicySnapshot } from '@vigil/proto'
import { workFromMemory } from './hand-made-host.fixture.ts'
import { begin, createDesk, takeOwn } from './learner/desk.ts'
import { openExchange } from './learner/exchange.ts'
import type { Report } from './learner/thread-messages.ts'
import { ownBuild } from './wire/build.ts'

const ROUNDS = 40
const HOST = 'answers-from-memory'

const [, , role, address] = process.argv
if (role === 'host') await workFromMemory({ address }, HOST)
else await measure(role === 'lstm')

async function measure(remembers: boolean): Promise<void> {
  const team = await createTeam(settingsOf(remembers), await dataset())
  const { agentCount } = team.network
  const parametersPerAgent = team.parameterCount / agentCount
  const parameters = new Float32Array(team.parameterCount).fill(0.01)
  const datasetFingerprint = team.dataset.fingerprint
  const policy = encodePolicySnapshot({
    policyVersion: 0,
    datasetFingerprint,
    agentCount,
    parametersPerAgent,
    parameters,
  })
  team.pool.publish(policy)
  const collection = team.pool.openCollection()
  const { shards, lanesPerShard, stepsPerRollout } = team.pool.settings
  const states = Array.from({ length: shards }, (_, shard) => collection.saveShard(shard))

  await using server = await startBroker()
  const { broker } = server
  const connection = await openBroker(broker, { name: 'bench', note: () => undefined })
  let hear: (report: Report) => void = () => undefined
  const setup = { run: 'bench', broker, settings: team.pool.settings, family: null, slots: 1, learnerCollects: false }
  const desk = createDesk({ ...setup, audit: { key: 1, share: 0 } }, await ownBuild(), (report) => hear(report))
  const exchange = openExchange(connection, desk)
  const host = fork(fileURLToPath(import.meta.url), ['host', broker.address], { stdio: 'inherit' })
  host.once('exit', (code) => code !== null && process.exit(1))
  let bytes = 0
  const collect = (round: number) =>
    new Promise<void>((resolve) => {
      hear = (report) => {
        if (report.kind === 'compute')
          void collection.rollOut(report.shard).then((rollout) => own(round, report.shard, rollout))
        if (report.kind === 'collected') resolve()
      }
      begin(desk, { kind: 'collect', round, policyVersion: 0, policy, states })
      exchange.serve()
    })
  const own = (round: number, shard: number, rollout: ShardRollout) => {
    bytes = rollout.trajectory.length + rollout.state.length
    takeOwn(desk, { kind: 'computed', round, shard, ...rollout })
    exchange.serve()
  }
  for (let round = 1; round <= 4; round++) await collect(round) // the host computes each shard once
  const before = process.threadCpuUsage()
  const startMs = performance.now()
  for (let round = 5; round < 5 + ROUNDS; round++) await collect(round)
  const wallMs = performance.now() - startMs
  const { user, system } = process.threadCpuUsage(before)
  const agentSteps = ROUNDS * shards * lanesPerShard * stepsPerRollout * agentCount
  const million = (ms: number) => `${(agentSteps / ms / 1000).toFixed(2)} M agent-steps/s`
  console.log(
    `${remembers ? 'LSTM' : 'MLP'}: shards of ${(bytes / 1000).toFixed(0)} kB and ${agentSteps / ROUNDS / shards} agent-steps`,
  )
  console.log(`${million((user + system) / 1000)} of one core's time, ${million(wallMs)} of the time that passes`)
  host.kill()
  collection.end()
  await exchange.close()
  await closeBroker(connection)
  await team.pool.close()
}

function settingsOf(remembers: boolean): TeamSettings {
  const lstmHidden = remembers ? [128] : []
  return {
    environment: { ...PLAIN_ENVIRONMENT, mode: remembers ? 'stream' : 'iid' },
    network: { policyHidden: [128, 128], valueHidden: [64, 64], lstmHidden, layerNorm: false, constraintCount: 0 },
    ...{ sampling: 'natural', shards: remembers ? 8 : 64, lanesPerShard: 64, rolloutSteps: 16, actors: 1 },
  }
}

async function dataset() {
  const request = {
    dataset: 'synthetic',
    path: null,
    features: 'behaviour',
    split: 'stratified',
    splitSeed: 42,
  } as const
  return (await loadDataset({ ...request, seed: 1, rows: 20_000 })).dataset
}
