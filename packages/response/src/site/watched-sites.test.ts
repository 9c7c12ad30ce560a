/** Specifications over the consequences of a site: what a lane watches, against packages/stl over what the definition says happened. */
import { writeBlock } from '@vigil/blocks'
import {
  assertLaneStates,
  benignAhead,
  compileConstraints,
  compileEnvironment,
  contextSize,
  ENVIRONMENT_PLAN_BYTES,
  type EnvironmentSpec,
  instantiateEnvironment,
  observedRobustness,
  PLAIN_ENVIRONMENT,
  RESPONSE_BYTES,
  STEP,
  signalTrace,
  siteBytes,
  writeConstraints,
  writeEnvironmentPlan,
  writeSite,
} from '@vigil/env-wasm'
import { Monitor } from '@vigil/stl'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { createArena } from '../arena.fixture.ts'
import { anySiteSpec, anySites } from './sites.arbitrary.ts'
import { type SiteStep, type SiteStreams, walkSites } from './walk-sites.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

const FORMULAS = [
  'G (alert_rate[7] <= 0.3)',
  'G (damage[5] <= 0.4 and damage[2] < 2)',
  'quarantined_benign[9] - quarantined_benign[1]',
  'G (dwell_time <= 2)',
  'open_tickets > 1.5 -> F[0,4] open_tickets < 0.5',
  'H[0,6] (dwell_time < 5 or alert > 0.5)',
  'fp_rate[4] + detection_rate[6]',
]

type Played = {
  readonly position: number
  readonly action: number
  readonly robustness: readonly number[]
  /** The recording ended behind the step */
  readonly isLast: boolean
}

/** One lane that walks windows of the recording as the environment draws them. */
function playLane(streams: SiteStreams, spec: EnvironmentSpec, { salt, steps }: { salt: number; steps: number }) {
  const { memory, buffer, place, put } = createArena(4)
  const environment = instantiateEnvironment(module, memory)
  const { order } = streams
  const constraints = compileConstraints(spec, order.slotCount)
  const [rowsAt, streamStarts] = [put(streams.rows), put(streams.streamStarts)]
  const site = place(siteBytes(order))
  writeSite(order, { rows: rowsAt, streamStarts }, { buffer, at: site })
  const split = {
    ...{ rows: rowsAt, rowCount: streams.rows.length, streamCount: streams.streamStarts.length - 1, streamStarts },
    ...{ labels: put(streams.labels), constraints: place(constraints.blockBytes), site },
    response: {
      at: place(RESPONSE_BYTES),
      ratios: streams.ratios === null ? 0 : put(streams.ratios),
      multipliers: streams.damage === null ? 0 : put(streams.damage),
      benignAhead: put(benignAhead(streams.labels, [streams])),
      hazard: streams.hazard,
    },
  }
  const K = contextSize(spec)
  const [plan, lanes, job] = [place(ENVIRONMENT_PLAN_BYTES), place(constraints.laneBytes), place(STEP.bytes)]
  const [rows, context, actions, probabilities] = [place(4), place(4 * K), place(1), place(16)]
  const out = {
    ...{ rewards: place(4), expectedRewards: place(4), teamActions: place(1), terminated: place(1) },
    ...{ truncated: place(1), nextRows: place(4), nextContext: place(4 * K) },
    ...{ robustness: place(4 * constraints.specificationCount), registers: place(constraints.registerBytes) },
  }
  writeConstraints(constraints, spec, { buffer, at: split.constraints })
  writeEnvironmentPlan({ spec, constraints }, split, { buffer, at: plan })
  writeBlock(STEP, { buffer, at: job }, { plan, lanes, count: 1, laneBase: 0, actions, probabilities, ...out })
  environment.reset(plan, lanes, 1, 0)
  const view = new DataView(buffer)
  const observedAt = (at: number) => [...new Float32Array(buffer, at, K)].slice(-constraints.specificationCount)
  let observed = Array.from({ length: constraints.specificationCount }, () => 1)
  return Array.from({ length: steps }, (_, step): Played => {
    environment.observe(plan, lanes, 1, rows, context)
    const position = streams.rows.indexOf(view.getUint32(rows, true))
    for (const [s, value] of observedAt(context).entries()) expect(value).toBeCloseTo(observed[s], 6)
    const action = [0, 0, 3, 1, 3, 0, 3, 2][(position * 7 + step * 3 + salt) % 8]
    view.setUint8(actions, action)
    expect(environment.step(job)).toBe(0)
    const robustness = [...new Float32Array(buffer, out.robustness, constraints.specificationCount)]
    observed = robustness.map(observedRobustness)
    for (const [s, value] of observedAt(out.nextContext).entries()) expect(value).toBeCloseTo(observed[s], 6)
    const saved = new Uint8Array(buffer, lanes, constraints.laneBytes).slice()
    const run = { laneCount: 1, environment: spec, constraints, rowCount: streams.rows.length }
    expect(() => assertLaneStates(saved, { ...run, slotCount: order.slotCount })).not.toThrow()
    return { position, action, robustness, isLast: view.getUint8(out.truncated) === 1 }
  })
}

/** What the definition says of the same decisions, window after window. */
function toldByTheDefinition(streams: SiteStreams, { response, seed }: EnvironmentSpec, played: readonly Played[]) {
  const told: SiteStep[] = []
  while (told.length < played.length) {
    const first = told.length
    const policy = () => played[told.length]?.action ?? 0
    const { ticks } = streams.order
    const from = ticks[played[first].position]
    walkSites(
      streams,
      { spec: response!, seed },
      policy,
      (step) => told.push({ ...step, view: { ...step.view } }),
      from,
    )
    // The window ends with its site; the definition goes on to the next one.
    const last = played.findIndex(({ isLast }, t) => t >= first && isLast)
    told.splice(last < 0 ? played.length : last + 1)
  }
  return told
}

it('a lane watches damage, dwell time, tickets, alerts and false containments of its site', () => {
  let [contained, violated, shared] = [0, 0, 0]
  fc.assert(
    fc.property(anySites, anySiteSpec, fc.nat(7), fc.nat(1000), (streams, response, salt, seed) => {
      const showsBelief = streams.ratios !== null
      const spec: EnvironmentSpec = {
        ...{ ...PLAIN_ENVIRONMENT, mode: 'stream', agentCount: 1, faults: 0, rule: 'majority', seed, response },
        ...{ showsBelief, specifications: FORMULAS, observeConstraints: true },
      }
      const played = playLane(streams, spec, { salt, steps: 60 })
      const told = toldByTheDefinition(streams, spec, played)
      expect(told.map(({ view }) => view.position)).toEqual(played.map(({ position }) => position))
      contained += told.filter(({ isFalselyContained }) => isFalselyContained).length
      shared += told.filter(({ openTickets }) => openTickets > 1).length
      const each = <T>(value: (step: SiteStep) => T) => told.map(value)
      const isThreat = ({ view }: SiteStep) => streams.labels[view.row]
      const harmOf = (step: SiteStep) => {
        if (isThreat(step) === 0 || step.action === 2) return 0
        const multiplier = streams.damage?.[step.view.row] ?? 1
        return multiplier * (step.action === 1 ? 0 : response.damage) + multiplier * response.dwell
      }
      const decisions = {
        ...{ agentCount: 1, labels: each(isThreat), actions: each(({ action }) => action) },
        ...{ decided: each(() => 1), margin: each(() => 1) },
        consequences: {
          damage: each(harmOf),
          dwellTime: each(({ dwell }) => dwell),
          openTickets: each(({ openTickets }) => openTickets),
          falselyContained: each(({ isFalselyContained }) => (isFalselyContained ? 1 : 0)),
        },
      }
      for (const [s, program] of compileConstraints(spec, streams.order.slotCount).programs.entries()) {
        const trace = signalTrace(decisions, program.signals)
        const monitor = new Monitor(program)
        for (const [t, { robustness }] of played.entries()) {
          const value = monitor.push(program.signals.map((name) => trace[name][t])) ?? 1e6
          if (value < 0) violated++
          if (!Object.is(robustness[s], Math.fround(value)))
            throw new Error(`${program.text}: ${robustness[s]} instead of ${value} at ${t}`)
        }
      }
    }),
    { seed: 1, numRuns: 200 },
  )
  expect(contained).toBeGreaterThan(100)
  expect(violated).toBeGreaterThan(1000)
  expect(shared).toBeGreaterThan(100)
})
