/**
 * Time of an iteration with environment `respond` as a multiple of that with `triage`: the same events, the same network, the same engine.
 * Iterations of both take turns, so that what slows the machine down slows both. Processor time is of all threads, and so
 * says the same beside other programs.
 *
 *     npx node packages/learner/src/run/respond-training.bench.ts
 */
import { createTeam } from '@vigil/actors'
import { type Config, resolveConfig } from '@vigil/config'
import { loadDataset } from '@vigil/data'
import { createEngine, familyOf } from '@vigil/engine'
import { initialState, train } from '@vigil/ppo'
import { dataSettingsOf, engineSettingsOf, ppoSettingsOf, teamSettingsOf } from '../settings.ts'

const ROUNDS = 24
/** Code is still being compiled. */
const WARM_UP_ROUNDS = 3

/** Of an iteration, in milliseconds. */
type Times = { readonly wall: number; readonly processor: number }

/** One setting of the world, all others alike. */
function configOf(environment: 'triage' | 'respond'): Config {
  const input = {
    dataset: 'campaign',
    rows: 100_000,
    environment,
    policyHidden: [128, 128],
    valueHidden: [64, 64],
  } as const
  const sizes = { rowsPerIteration: 8192, minibatchSize: 2048, epochs: 4, iterations: ROUNDS + WARM_UP_ROUNDS } as const
  const belief = environment === 'respond' ? ({ belief: 'none' } as const) : {}
  return resolveConfig(
    { ...input, ...sizes, ...belief, episodes: 'stream', split: 'described', gamma: 1 },
    'the benchmark',
  )
}

/** A training that goes on by one iteration whenever it is asked. */
async function trainingOf(config: Config) {
  const { dataset } = await loadDataset(dataSettingsOf(config))
  const team = await createTeam(teamSettingsOf(config), dataset)
  const engine = await createEngine(engineSettingsOf(config), team.network, null)
  team.pool.actBy(familyOf(engine))
  const settings = ppoSettingsOf(config)
  const state = initialState(settings, team, null)
  engine.loadParameters(state.parameters)
  const iterations = train({ team, engine, settings }, state)
  return {
    network: JSON.stringify({ ...team.network, denseSize: 0 }),
    inputs: team.network.denseSize,
    async iterate(): Promise<Times> {
      const [begun, used] = [performance.now(), process.cpuUsage()]
      const { done } = await iterations.next()
      if (done === true) throw new Error('The training is over.')
      const wall = performance.now() - begun
      const { user, system } = process.cpuUsage(used)
      return { wall, processor: (user + system) / 1000 }
    },
    async close(): Promise<void> {
      await iterations.return(undefined)
      engine.dispose()
      await team.pool.close()
    },
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

const [respond, triage] = [await trainingOf(configOf('respond')), await trainingOf(configOf('triage'))]
if (respond.network !== triage.network) throw new Error('The networks differ.')
console.log(`inputs: respond ${respond.inputs}, triage ${triage.inputs}`)
const rounds: { readonly respond: Times; readonly triage: Times }[] = []
for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
  const times = { respond: await respond.iterate(), triage: await triage.iterate() }
  if (round >= 0) rounds.push(times)
}
for (const clock of ['wall', 'processor'] as const) {
  const ofRespond = median(rounds.map((times) => times.respond[clock]))
  const ofTriage = median(rounds.map((times) => times.triage[clock]))
  const ratio = median(rounds.map((times) => times.respond[clock] / times.triage[clock]))
  console.log(
    `${clock} time of an iteration, medians of ${ROUNDS}: respond ${ofRespond.toFixed(0)} ms, triage ${ofTriage.toFixed(0)} ms, ratio in pairs ${ratio.toFixed(3)}`,
  )
}
await respond.close()
await triage.close()
