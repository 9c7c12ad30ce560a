/**
 * Steps a second of the environment `respond` alone, on one core: no policy, no inputs, actions by the lane's number.
 *
 *   node packages/response/src/respond-speed.bench.ts
 */
import { writeBlock } from '@vigil/blocks'
import {
  benignAhead,
  compileConstraints,
  compileEnvironment,
  contextSize,
  DEFAULT_RESPONSE,
  ENVIRONMENT_PLAN_BYTES,
  instantiateEnvironment,
  PLAIN_ENVIRONMENT,
  RESPONSE_BYTES,
  type ResponseLayout,
  STEP,
  siteBytes,
  siteOrderOf,
  writeEnvironmentPlan,
  writeSite,
} from '@vigil/env-wasm'
import { createArena } from './arena.fixture.ts'

const [ROWS, LENGTH, LANES, STEPS] = [200_000, 100, 64, 40_000]

/** Streams of equal length, of which twenty come beside each other; every fiftieth event is a threat. */
function recording() {
  const rows = Uint32Array.from({ length: ROWS }, (_, row) => row)
  const streamStarts = Uint32Array.from({ length: ROWS / LENGTH + 1 }, (_, stream) => stream * LENGTH)
  const ranks = rows.map((row) => {
    const [stream, event] = [Math.floor(row / LENGTH), row % LENGTH]
    return Math.floor(stream / 20) * 20 * LENGTH + event * 20 + (stream % 20)
  })
  const labels = Uint8Array.from(rows, (row) => (row % 50 === 49 ? 1 : 0))
  const ratios = Float32Array.from(labels, (label) => (label === 1 ? 4 : 0.9))
  return { rows, streamStarts, labels, ratios, timeline: { ranks, sites: new Uint32Array(ROWS), phases: null } }
}

async function stepsPerSecond(layout: ResponseLayout): Promise<number> {
  const { rows, streamStarts, labels, ratios, timeline } = recording()
  const response = { ...DEFAULT_RESPONSE, layout }
  const spec = { ...PLAIN_ENVIRONMENT, mode: 'stream', agentCount: 1, faults: 0, response, showsBelief: true } as const
  const { memory, buffer, place, put } = createArena(256)
  const environment = instantiateEnvironment(await compileEnvironment(), memory)
  const order = siteOrderOf({ rows, streamStarts }, timeline, labels)
  const split = { rows: put(rows), streamStarts: put(streamStarts), rowCount: ROWS, streamCount: ROWS / LENGTH }
  const location = {
    ...{ ...split, labels: put(labels), constraints: 0 },
    response: {
      ...{ at: place(RESPONSE_BYTES), ratios: put(ratios), multipliers: 0, hazard: 0.005 },
      benignAhead: put(benignAhead(labels, [{ rows, streamStarts }])),
    },
    ...(layout === 'site' ? { site: place(siteBytes(order)) } : {}),
  }
  if (location.site !== undefined) writeSite(order, split, { buffer, at: location.site })
  const constraints = compileConstraints(spec, order.slotCount)
  const plan = place(ENVIRONMENT_PLAN_BYTES)
  writeEnvironmentPlan({ spec, constraints }, location, { buffer, at: plan })
  const lanes = place(LANES * constraints.laneBytes)
  const actions = place(LANES)
  const job = place(STEP.bytes)
  const out = () => place(4 * LANES)
  const fields = { plan, lanes, count: LANES, laneBase: 0, actions, probabilities: place(16 * LANES) }
  const flags = { teamActions: out(), terminated: out(), truncated: out(), nextRows: out() }
  const paid = { rewards: out(), expectedRewards: out(), robustness: 0, registers: 0 }
  const nextContext = place(4 * LANES * contextSize(spec))
  writeBlock(STEP, { buffer, at: job }, { ...fields, ...flags, ...paid, nextContext })
  environment.reset(plan, lanes, LANES, 0)
  // Mostly allow; an alert in one lane, a quarantine in another, elsewhere at every step.
  const step = (t: number) => {
    const taken = new Uint8Array(buffer, actions, LANES).fill(0)
    taken[t % LANES] = 3
    taken[(t * 7) % LANES] = 2
    environment.step(job)
  }
  for (let t = 0; t < STEPS / 10; t++) step(t)
  const begun = performance.now()
  for (let t = 0; t < STEPS; t++) step(t)
  return (1000 * STEPS * LANES) / (performance.now() - begun)
}

for (const layout of ['stream', 'site'] as const) {
  console.log(`${layout}: ${((await stepsPerSecond(layout)) / 1e6).toFixed(1)} million steps/s`)
}
