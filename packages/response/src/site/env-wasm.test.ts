import { writeBlock } from '@vigil/blocks'
import {
  benignAhead,
  compileConstraints,
  compileEnvironment,
  contextSize,
  ENVIRONMENT_PLAN_BYTES,
  instantiateEnvironment,
  PLAIN_ENVIRONMENT,
  RESPONSE_BYTES,
  type ResponseSpec,
  SITE_STATE,
  siteBytes,
  siteStateBytes,
  WALK,
  writeEnvironmentPlan,
  writeSite,
} from '@vigil/env-wasm'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { createArena } from '../arena.fixture.ts'
import { showState } from '../show-state.ts'
import type { StreamView } from '../walk.ts'
import { anySiteSpec, anySites } from './sites.arbitrary.ts'
import { type SiteStep, type SiteStreams, walkSites } from './walk-sites.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

/** Any policy at all, as a function of a position and how often it was decided. */
const policyOf = (salt: number) => {
  const times = new Map<number, number>()
  return ({ position }: Pick<StreamView, 'position'>) => {
    const time = times.get(position) ?? 0
    times.set(position, time + 1)
    return [0, 3, 0, 1, 3, 3, 1, 0, 2, 0, 3][(position * 7 + time * 3 + salt) % 11]
  }
}

/** The same sites walked by env.wasm. */
function walkInWasm(streams: SiteStreams, spec: ResponseSpec, seed: number, policy: ReturnType<typeof policyOf>) {
  const { memory, buffer, place, put } = createArena(4)
  const environment = instantiateEnvironment(module, memory)
  const { order } = streams
  const env = { ...PLAIN_ENVIRONMENT, mode: 'stream', agentCount: 1, faults: 0, rule: 'majority', seed } as const
  const full = { ...env, response: spec, showsBelief: streams.ratios !== null }
  const [rows, streamStarts] = [put(streams.rows), put(streams.streamStarts)]
  const streamCount = streams.streamStarts.length - 1
  const response = {
    at: place(RESPONSE_BYTES),
    ratios: streams.ratios === null ? 0 : put(streams.ratios),
    multipliers: streams.damage === null ? 0 : put(streams.damage),
    benignAhead: put(benignAhead(streams.labels, [streams])),
    hazard: streams.hazard,
  }
  const [plan, site] = [place(ENVIRONMENT_PLAN_BYTES), place(siteBytes(order))]
  writeSite(order, { rows, streamStarts }, { buffer, at: site })
  const split = { rows, rowCount: streams.rows.length, streamCount, streamStarts, labels: put(streams.labels) }
  const constraints = compileConstraints(full, order.slotCount)
  writeEnvironmentPlan({ spec: full, constraints }, { ...split, constraints: 0, response, site }, { buffer, at: plan })
  const [job, state] = [place(WALK.bytes), place(siteStateBytes(order.slotCount))]
  const [actions, context, ledger] = [place(1), place(4 * contextSize(full)), place(64 * streamCount)]
  const view = new DataView(buffer)
  const steps: { position: number; reward: number; isOver: boolean; shown: number[] }[] = []
  for (const start of order.siteStarts.subarray(0, -1)) {
    const end = streams.rows.length
    const walk = { plan, state, rows, position: start, end, actions, ledger, context, site }
    writeBlock(WALK, { buffer, at: job }, walk)
    environment.beginWalk(job)
    for (let position = view.getUint32(job + WALK.offsets.position, true); position < end; ) {
      const shown = [...new Float32Array(buffer, context, contextSize(full))]
      view.setUint8(actions, policy({ position }))
      environment.stepWalk(job)
      const reward = view.getFloat64(state + SITE_STATE.offsets.reward, true)
      const isOver = view.getUint32(state + SITE_STATE.offsets.isOver, true) === 1
      steps.push({ position, reward, isOver, shown })
      position = view.getUint32(job + WALK.offsets.position, true)
    }
  }
  return { ledgers: new Float64Array(buffer, ledger, 8 * streamCount), steps }
}

it('env.wasm walks sites as the definition says: ledgers, rewards, ends of streams and what it shows', () => {
  fc.assert(
    fc.property(anySites, anySiteSpec, fc.nat(10), fc.nat(1000), (streams, spec, salt, seed) => {
      const steps: (SiteStep & { inputs: number[] })[] = []
      const { ledgers } = walkSites(streams, { spec, seed }, policyOf(salt), (step) => {
        steps.push({ ...step, inputs: inputsOf(step.view, spec) })
      })
      const found = walkInWasm(streams, spec, seed, policyOf(salt))
      expect(found.steps.map(({ position, isOver }) => ({ position, isOver }))).toEqual(
        steps.map(({ view, isOver }) => ({ position: view.position, isOver })),
      )
      for (const [i, entry] of ledgers.entries()) expect(found.ledgers[i]).toBeCloseTo(entry, 9)
      for (const [i, { inputs, reward }] of steps.entries()) {
        expect(found.steps[i].reward).toBeCloseTo(reward, 9)
        for (const [k, input] of inputs.entries()) expect(found.steps[i].shown[k]).toBeCloseTo(input, 5)
      }
    }),
    { numRuns: 1000 },
  )
})

function inputsOf(view: StreamView, spec: ResponseSpec): number[] {
  const out = new Float32Array(Number.isNaN(view.belief) ? 7 : 11)
  showState(view, spec, out)
  return [...out]
}
