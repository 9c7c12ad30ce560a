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
  STREAM_STATE,
  WALK,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { createArena } from './arena.fixture.ts'
import { showState } from './show-state.ts'
import { anySpec, anyStreams } from './streams.arbitrary.ts'
import type { Streams } from './streams.ts'
import { type StreamView, walk } from './walk.ts'

let module: WebAssembly.Module
beforeAll(async () => {
  module = await compileEnvironment()
})

/** Any policy at all, as a function of what it sees. */
const policyOf = (salt: number) => (view: StreamView) =>
  [0, 0, 0, 1, 3, 3, 1, 2][(view.position * 7 + view.age * 3 + view.ticket * 5 + salt) % 8]

/** The same streams walked by env.wasm. */
function walkInWasm(streams: Streams, spec: ResponseSpec, seed: number, policy: (view: StreamView) => number) {
  const { memory, buffer, place, put } = createArena(4)
  const environment = instantiateEnvironment(module, memory)
  const showsBelief = streams.ratios !== null
  const env = { ...PLAIN_ENVIRONMENT, mode: 'stream', agentCount: 1, faults: 0, rule: 'majority', seed } as const
  const full = { ...env, response: spec, showsBelief }
  const rows = put(streams.rows)
  const split = {
    ...{ rows, rowCount: streams.rows.length, streamCount: streams.streamStarts.length - 1 },
    ...{ streamStarts: put(streams.streamStarts), labels: put(streams.labels), constraints: 0 },
  }
  const response = {
    at: place(RESPONSE_BYTES),
    ratios: streams.ratios === null ? 0 : put(streams.ratios),
    multipliers: streams.damage === null ? 0 : put(streams.damage),
    benignAhead: put(benignAhead(streams.labels, [streams])),
    hazard: streams.hazard,
  }
  const plan = place(ENVIRONMENT_PLAN_BYTES)
  writeEnvironmentPlan(
    { spec: full, constraints: compileConstraints(full) },
    { ...split, response },
    { buffer, at: plan },
  )
  const job = place(WALK.bytes)
  const [state, actions, context] = [place(STREAM_STATE.bytes), place(1), place(4 * contextSize(full))]
  const view = new DataView(buffer)
  return Array.from({ length: split.streamCount }, (_, stream) => {
    const [start, end] = [streams.streamStarts[stream], streams.streamStarts[stream + 1]]
    const ledger = place(64)
    const taken = new Uint8Array(end - start).fill(255)
    const rewards: number[] = []
    const seen: StreamView[] = []
    const shown: number[][] = []
    writeBlock(
      WALK,
      { buffer, at: job },
      { plan, state, rows, position: start, end, actions, ledger, context, site: 0 },
    )
    if (start < end) environment.beginWalk(job)
    for (let position = start; position < end; ) {
      const field = (name: 'age' | 'ticket' | 'sinceClear') => view.getUint32(state + STREAM_STATE.offsets[name], true)
      const belief = showsBelief ? view.getFloat64(state + STREAM_STATE.offsets.belief, true) : Number.NaN
      const what = { position, row: streams.rows[position], belief }
      seen.push({ ...what, age: field('age'), ticket: field('ticket'), sinceClear: field('sinceClear') })
      shown.push([...new Float32Array(buffer, context, contextSize(full))])
      taken[position - start] = policy(seen[seen.length - 1])
      view.setUint8(actions, taken[position - start])
      environment.stepWalk(job)
      rewards.push(view.getFloat64(state + STREAM_STATE.offsets.reward, true))
      position = view.getUint32(job + WALK.offsets.position, true)
    }
    return { ledger: [...new Float64Array(buffer, ledger, 8)], actions: [...taken], rewards, seen, shown }
  })
}

it('env.wasm walks as the definition says: ledgers, rewards, actions, beliefs and what it shows', () => {
  fc.assert(
    fc.property(anyStreams, anySpec, fc.nat(7), fc.nat(1000), (streams, spec, salt, seed) => {
      fc.pre(
        streams.rows.length > 0 &&
          streams.streamStarts.every((start, i) => i === 0 || start > streams.streamStarts[i - 1]),
      )
      const policy = policyOf(salt)
      const found = walkInWasm(streams, spec, seed, policy)
      for (const [stream, { ledger, actions, rewards, seen, shown }] of found.entries()) {
        const expected = walk(streams, stream, { spec, seed }, policy)
        expect(actions).toEqual([...expected.actions])
        expect(seen).toEqual(expected.steps.map(({ view }) => view))
        for (const [i, entry] of expected.ledger.entries()) expect(ledger[i]).toBeCloseTo(entry, 9)
        for (const [i, { reward }] of expected.steps.entries()) expect(rewards[i]).toBeCloseTo(reward, 9)
        for (const [i, { view }] of expected.steps.entries()) {
          const inputs = new Float32Array(streams.ratios === null ? 4 : 6)
          showState(view, spec, inputs)
          for (const [k, input] of inputs.entries()) expect(shown[i][k]).toBeCloseTo(input, 5)
        }
      }
    }),
    { numRuns: 300 },
  )
})
