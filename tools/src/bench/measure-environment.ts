import {
  compileEnvironment,
  DEFAULT_REWARDS,
  ENVIRONMENT_STATIC_END,
  type EnvironmentSpec,
  instantiateEnvironment,
  laneBytes,
  PLAN_WORDS,
  writePlan,
} from '@vigil/env-wasm'
import { randomStream, randomWord } from '@vigil/random'
import { measureRounds, type Rates, timed } from './rounds.ts'

const ROWS = 60_000
/** E, lanes that step together. */
const LANES = 1024
/** Steps of one round. */
const STEPS = 200

const SPEC: EnvironmentSpec = {
  mode: 'iid',
  agentCount: 4,
  seed: 1,
  episodeSteps: 0,
  attribution: 'own',
  rule: 'quorum',
  faults: 1,
  fallbackAction: 3,
  rewards: DEFAULT_REWARDS,
  teamBonus: 0,
}

/** The environment alone: observe and step with four agents whose random actions were drawn before. Units are steps. */
export async function measureEnvironment(rounds: number): Promise<Rates> {
  const entries = LANES * SPEC.agentCount
  let end = ENVIRONMENT_STATIC_END
  const place = (bytes: number) => {
    const at = end
    end += Math.ceil(bytes / 64) * 64
    return at
  }
  const split = { rows: place(4 * ROWS), rowCount: ROWS, streamStarts: place(8), streamCount: 1, labels: place(ROWS) }
  const plan = place(4 * PLAN_WORDS)
  const lanes = place(LANES * laneBytes(0))
  const observed = place(4 * LANES)
  const actions = place(entries)
  const rewards = place(4 * entries)
  const flags = [place(LANES), place(LANES), place(LANES)] as const
  const nextRows = place(4 * LANES)
  const pages = Math.ceil(end / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const environment = instantiateEnvironment(await compileEnvironment(), memory)

  const stream = randomStream(SPEC.seed, 'action')
  const rows = new Uint32Array(memory.buffer, split.rows, ROWS)
  const labels = new Uint8Array(memory.buffer, split.labels, ROWS)
  for (let row = 0; row < ROWS; row++) {
    rows[row] = row
    labels[row] = randomWord(stream, row, 0) % 10 === 0 ? 1 : 0
  }
  new Uint32Array(memory.buffer, split.streamStarts, 2).set([0, ROWS])
  const drawn = new Uint8Array(memory.buffer, actions, entries)
  for (let entry = 0; entry < entries; entry++) drawn[entry] = randomWord(stream, entry, 1) % 4
  writePlan(SPEC, split, new Uint32Array(memory.buffer, plan, PLAN_WORDS))
  environment.reset(plan, lanes, LANES, 0)

  return await measureRounds({ rounds, threads: 1 }, () =>
    timed(STEPS * LANES, () => {
      for (let step = 0; step < STEPS; step++) {
        environment.observe(plan, lanes, LANES, observed, 0)
        environment.step(plan, lanes, LANES, 0, actions, 0, rewards, 0, ...flags, nextRows, 0)
      }
    }),
  )
}
