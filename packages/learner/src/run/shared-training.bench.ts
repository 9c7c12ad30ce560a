/**
 * Whole training at staleness 1 by two hosts of one actor each, over a broker, against one process of two actors: iterations in turn,
 * so that both meet the same machine. Run: npx node packages/learner/src/run/shared-training.bench.ts nats://127.0.0.1:4222
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { resolveConfig } from '@vigil/config'
import { markGarbageAtOnce } from '../cli/mark-garbage-at-once.ts'
import { startLearner } from './learner.ts'
import { loadData } from './session.ts'
import { shareCollections } from './share-collections.ts'
import { validatedTraining } from './validated-training.ts'

const ROUNDS = 30
const WARM_UP = 4
const JOIN = fileURLToPath(new URL('../../../hosts/src/cli/join.ts', import.meta.url))

const [, , address = 'nats://127.0.0.1:4222', engine = 'auto'] = process.argv
const settings = { dataset: 'synthetic', environment: 'triage', rows: 20_000, staleness: 1, actors: 2, engine }
const config = resolveConfig(
  { ...settings, iterations: ROUNDS + WARM_UP, validateEvery: ROUNDS + WARM_UP } as Parameters<typeof resolveConfig>[0],
  () => 'the benchmark',
)
const silent = () => undefined
markGarbageAtOnce()
const data = await loadData(config, undefined, silent)
const local = await startLearner(config, data, silent)
const notes: string[] = []
const started = await startLearner({ ...config, actors: 1 }, data, silent)
const sharing = { broker: { address }, audit: 0, learnerCollects: false }
const shared = await shareCollections(started, sharing, (text) => notes.push(text))
const hosts: ChildProcess[] = ['one', 'two'].map((name) =>
  spawn(process.execPath, [JOIN, `--server=${address}`, `--name=${name}`, '--actors=1', '--once'], { stdio: 'ignore' }),
)

const runs = [local, shared].map((learner) => ({
  iterations: validatedTraining(learner, learner.fresh()),
  times: [] as number[],
}))
for (let round = 0; round < ROUNDS + WARM_UP; round++) {
  for (const { iterations, times } of round % 2 === 0 ? runs : runs.toReversed()) {
    const startMs = performance.now()
    await iterations.next()
    if (round >= WARM_UP) times.push(performance.now() - startMs)
  }
  while (round === 1 && notes.filter((note) => / collects with /.test(note)).length < hosts.length) await pause(100)
}
const [alone, together] = runs.map(({ times }) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)])
const ratios = runs[0].times.map((ms, i) => ms / runs[1].times[i]).sort((a, b) => a - b)
const at = (share: number) => `${(100 * ratios[Math.floor(share * (ratios.length - 1))]).toFixed(0)} %`
const steps = (ms: number) => `${(config.rowsPerIteration / ms).toFixed(1)} k steps/s`
console.log(
  `one process of two actors ${steps(alone)}, two hosts of one ${steps(together)}, engine ${local.engine.name}`,
)
console.log(`${at(0.5)} of the steps per second, quartiles ${at(0.25)} and ${at(0.75)}`)
for (const host of hosts) host.kill('SIGKILL')
for (const { engine } of [local, shared]) engine.dispose()
await Promise.all([local.team.pool.close(), shared.team.pool.close()])
