import { writeBlock } from '@vigil/blocks'
import {
  compileConstraints,
  compileEnvironment,
  ENVIRONMENT_PLAN_BYTES,
  ENVIRONMENT_STATIC_END,
  instantiateEnvironment,
  PLAIN_ENVIRONMENT,
  SPECIFICATION_PRESETS,
  STEP,
  writeConstraints,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import { randomStream, randomWord } from '@vigil/random'
import { measureRounds, type Rates, timed } from './rounds.ts'

const ROWS = 60_000
/** E, lanes that step together. */
const LANES = 1024
/** Steps of one round. */
const STEPS = 200

const DEFAULT_FORMULAS = SPECIFICATION_PRESETS.default.map(({ formula }) => formula)

/**
 * The environment alone: observe and step with four agents whose random actions were drawn before. Units are steps.
 *
 * @param watched whether every lane watches the default specifications
 */
export async function measureEnvironment(watched: boolean, rounds: number): Promise<Rates> {
  const spec = { ...PLAIN_ENVIRONMENT, specifications: watched ? DEFAULT_FORMULAS : [] }
  const constraints = compileConstraints(spec)
  const entries = LANES * PLAIN_ENVIRONMENT.agentCount
  let end = ENVIRONMENT_STATIC_END
  const place = (bytes: number) => {
    const at = end
    end += Math.ceil(bytes / 64) * 64
    return at
  }
  const split = {
    rows: place(4 * ROWS),
    rowCount: ROWS,
    streamStarts: place(8),
    streamCount: 1,
    labels: place(ROWS),
    constraints: place(constraints.blockBytes),
  }
  const plan = place(ENVIRONMENT_PLAN_BYTES)
  const lanes = place(LANES * constraints.laneBytes)
  const observed = place(4 * LANES)
  const actions = place(entries)
  const rewards = place(4 * entries)
  const [teamActions, terminated, truncated] = [place(LANES), place(LANES), place(LANES)]
  const nextRows = place(4 * LANES)
  const job = place(STEP.bytes)
  const robustness = place(4 * LANES * constraints.specificationCount)
  const registers = place(constraints.registerBytes)
  const pages = Math.ceil(end / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const environment = instantiateEnvironment(await compileEnvironment(), memory)

  const stream = randomStream(PLAIN_ENVIRONMENT.seed, 'action')
  const rows = new Uint32Array(memory.buffer, split.rows, ROWS)
  const labels = new Uint8Array(memory.buffer, split.labels, ROWS)
  for (let row = 0; row < ROWS; row++) {
    rows[row] = row
    labels[row] = randomWord(stream, row, 0) % 10 === 0 ? 1 : 0
  }
  new Uint32Array(memory.buffer, split.streamStarts, 2).set([0, ROWS])
  const drawn = new Uint8Array(memory.buffer, actions, entries)
  for (let entry = 0; entry < entries; entry++) drawn[entry] = randomWord(stream, entry, 1) % 4
  writeConstraints(constraints, spec, { buffer: memory.buffer, at: split.constraints })
  writeEnvironmentPlan({ spec, constraints }, split, { buffer: memory.buffer, at: plan })
  const given = { plan, lanes, count: LANES, laneBase: 0, actions, probabilities: 0, registers }
  const outcome = { rewards, expectedRewards: 0, teamActions, terminated, truncated, robustness }
  writeBlock(STEP, { buffer: memory.buffer, at: job }, { ...given, ...outcome, nextRows, nextContext: 0 })
  environment.reset(plan, lanes, LANES, 0)

  return await measureRounds({ rounds, threads: 1 }, () =>
    timed(STEPS * LANES, () => {
      for (let step = 0; step < STEPS; step++) {
        environment.observe(plan, lanes, LANES, observed, 0)
        environment.step(job)
      }
    }),
  )
}
