/** Specifications over consequences: what a lane watches, against packages/stl over what the definition says happened. */
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
  writeConstraints,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import { Monitor } from '@vigil/stl'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { createArena } from './arena.fixture.ts'
import { anySpec, anyStreams } from './streams.arbitrary.ts'
import type { Streams } from './streams.ts'
import { ENTRY, type StreamView, walk } from './walk.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

const FORMULAS = [
  'G (alert_rate[7] <= 0.3)',
  'G (damage[5] <= 0.4 and damage[2] < 2)',
  'quarantined_benign[9] - quarantined_benign[1]',
  'G (dwell_time <= 3)',
  'open_tickets > 0.5 -> F[0,4] open_tickets < 0.5',
  'H[0,6] (dwell_time < 5 or alert > 0.5)',
  'fp_rate[4] + detection_rate[6]',
]

/** The action on an event that has been met so often in its stream. */
const actionOf = (salt: number, position: number, decisions: number) =>
  [0, 0, 0, 1, 3, 3, 1, 2][(position * 7 + decisions * 3 + salt) % 8]

type Played = { readonly position: number; readonly action: number; readonly robustness: readonly number[] }

/** One lane that walks streams as the environment draws them. */
function playLane(streams: Streams, spec: EnvironmentSpec, { salt, steps }: { salt: number; steps: number }): Played[] {
  const { memory, buffer, place, put } = createArena(4)
  const environment = instantiateEnvironment(module, memory)
  const constraints = compileConstraints(spec)
  const split = {
    ...{ rows: put(streams.rows), rowCount: streams.rows.length, streamCount: streams.streamStarts.length - 1 },
    ...{ streamStarts: put(streams.streamStarts), labels: put(streams.labels) },
    constraints: place(constraints.blockBytes),
    response: {
      at: place(RESPONSE_BYTES),
      ratios: streams.ratios === null ? 0 : put(streams.ratios),
      multipliers: streams.damage === null ? 0 : put(streams.damage),
      benignAhead: put(benignAhead(streams.labels, [streams])),
      hazard: streams.hazard,
    },
  }
  const [plan, lanes, job] = [place(ENVIRONMENT_PLAN_BYTES), place(constraints.laneBytes), place(STEP.bytes)]
  const [rows, context, actions, probabilities] = [place(4), place(4 * contextSize(spec)), place(1), place(16)]
  const robustness = place(4 * constraints.specificationCount)
  const out = {
    ...{ rewards: place(4), expectedRewards: place(4), teamActions: place(1), terminated: place(1) },
    ...{ truncated: place(1), nextRows: place(4), nextContext: place(4 * contextSize(spec)), robustness },
    registers: place(constraints.registerBytes),
  }
  writeConstraints(constraints, spec, { buffer, at: split.constraints })
  writeEnvironmentPlan({ spec, constraints }, split, { buffer, at: plan })
  const shared = { plan, lanes, count: 1, laneBase: 0, actions, probabilities }
  writeBlock(STEP, { buffer, at: job }, { ...shared, ...out })
  environment.reset(plan, lanes, 1, 0)
  let decisions = 0
  let observed = Array.from({ length: constraints.specificationCount }, () => 1)
  return Array.from({ length: steps }, () => {
    environment.observe(plan, lanes, 1, rows, context)
    const position = streams.rows.indexOf(new DataView(buffer).getUint32(rows, true))
    const shown = [...new Float32Array(buffer, context, contextSize(spec))].slice(-observed.length)
    for (const [s, value] of shown.entries()) expect(value).toBeCloseTo(observed[s], 6)
    const action = actionOf(salt, position, decisions++)
    new DataView(buffer).setUint8(actions, action)
    expect(environment.step(job)).toBe(0)
    if (new DataView(buffer).getUint8(out.terminated) === 1) decisions = 0
    const values = [...new Float32Array(buffer, robustness, constraints.specificationCount)]
    observed = values.map(observedRobustness)
    const saved = new Uint8Array(buffer, lanes, constraints.laneBytes).slice()
    const run = { laneCount: 1, environment: spec, constraints, rowCount: streams.rows.length }
    expect(() => assertLaneStates(saved, run)).not.toThrow()
    return { position, action, robustness: values }
  })
}

/** What the definition says of the same streams, one after another: as the lane met them. */
function toldByTheDefinition(streams: Streams, spec: EnvironmentSpec, played: readonly Played[], salt: number) {
  const costs = spec.response!
  const told = { labels: [], actions: [], damage: [], dwellTime: [], openTickets: [], falselyContained: [] } as Record<
    'labels' | 'actions' | 'damage' | 'dwellTime' | 'openTickets' | 'falselyContained',
    number[]
  >
  while (told.actions.length < played.length) {
    const { position: first } = played[told.actions.length]
    const stream = streams.streamStarts.lastIndexOf(first)
    const policy = ({ position, age }: StreamView) => actionOf(salt, position, age)
    // Containments are counted where nothing else is paid for.
    const free = { ...costs, containment: 0, falseContainment: 1, cutOffBenign: 0 }
    const { steps, ledger } = walk(streams, stream, { spec: free, seed: spec.seed }, policy)
    let [dwell, isCompromised, hasGivenUp] = [0, false, false]
    for (const [i, { view, action }] of steps.entries()) {
      const isThreat = streams.labels[view.row] === 1
      isCompromised ||= isThreat
      if (isCompromised && !hasGivenUp && action !== 2) dwell++
      hasGivenUp ||= costs.block === 'fail-stop' && isThreat && action === 1
      const multiplier = streams.damage?.[view.row] ?? 1
      const harm = multiplier * (action === 1 ? 0 : costs.damage) + multiplier * costs.dwell
      told.labels.push(isThreat ? 1 : 0)
      told.actions.push(action)
      told.damage.push(isThreat && action !== 2 ? harm : 0)
      told.dwellTime.push(dwell)
      told.openTickets.push(action !== 2 && (view.ticket > 0 || action === 3) ? 1 : 0)
      told.falselyContained.push(i === steps.length - 1 && ledger[ENTRY.falseContainment] < 0 ? 1 : 0)
    }
  }
  const { labels, actions, ...consequences } = told
  const each = (value: number) => actions.map(() => value)
  return { agentCount: 1, labels, actions, decided: each(1), margin: each(1), consequences }
}

it('a lane watches damage, dwell time, tickets, alerts and false containments across its streams', () => {
  let [contained, violated] = [0, 0]
  fc.assert(
    fc.property(anyStreams, anySpec, fc.nat(7), fc.nat(1000), (streams, response, salt, seed) => {
      fc.pre(streams.rows.length > 0 && streams.streamStarts.every((at, i, all) => i === 0 || at > all[i - 1]))
      const showsBelief = streams.ratios !== null
      const spec: EnvironmentSpec = {
        ...{ ...PLAIN_ENVIRONMENT, mode: 'stream', agentCount: 1, faults: 0, rule: 'majority', seed, response },
        ...{ showsBelief, specifications: FORMULAS, observeConstraints: true },
      }
      const played = playLane(streams, spec, { salt, steps: 60 })
      const told = toldByTheDefinition(streams, spec, played, salt)
      contained += told.consequences.falselyContained.reduce((sum, one) => sum + one, 0)
      expect(told.actions.slice(0, played.length)).toEqual(played.map(({ action }) => action))
      for (const [s, program] of compileConstraints(spec).programs.entries()) {
        const trace = signalTrace(told, program.signals)
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
})
