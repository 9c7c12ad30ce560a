import { writeBlock } from '@vigil/blocks'
import {
  ACTING,
  ACTION_COUNT,
  compilePolicy,
  initialiseParameters,
  instantiatePolicy,
  type NetworkSpec,
  networkPlanBytes,
  recurrentStateSize,
  scratchBytes,
  valueOutputCount,
  writeNetworkPlan,
} from '@vigil/policy-wasm'
import { expect, it } from 'vitest'
import { randomMinibatch, SETTINGS } from '../team.fixture.ts'
import { createPortableEngine } from './portable-engine.ts'

const SPEC: NetworkSpec = {
  agentCount: 3,
  denseSize: 5,
  vocabularySizes: [3],
  policyHidden: [20, 13],
  valueHidden: [9],
  layerNorm: true,
  lstmHidden: [17, 12],
  constraintCount: 2,
}
const SEGMENTS = { stepCount: 20, laneCount: 11 }

/** Log-probabilities, values and cost values of the module's own acting on the rows of a minibatch, step after step. */
async function act(parameters: Float32Array, minibatch: ReturnType<typeof randomMinibatch>) {
  const { agentCount, denseSize, vocabularySizes, constraintCount } = SPEC
  const { stepCount, laneCount } = SEGMENTS
  const size = stepCount * laneCount
  const stateSize = recurrentStateSize(SPEC)
  const entries = laneCount * agentCount
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true })
  const policy = instantiatePolicy(await compilePolicy(), memory)
  let next = 65536
  const place = <T>(view: new (buffer: ArrayBufferLike, at: number, length: number) => T, length: number) => {
    const at = next
    next = Math.ceil((next + 8 * length) / 64) * 64
    return { at, values: new view(memory.buffer, at, length) }
  }
  const plan = place(Uint8Array, networkPlanBytes(SPEC))
  writeNetworkPlan(SPEC, { buffer: memory.buffer, at: plan.at })
  const weights = place(Float32Array, parameters.length)
  weights.values.set(parameters)
  const x = place(Float32Array, laneCount * denseSize)
  const categories = place(Uint16Array, laneCount * vocabularySizes.length)
  const carried = place(Float32Array, entries * stateSize)
  const steps = place(Uint32Array, 2 * laneCount)
  const actions = place(Uint8Array, entries)
  const logProbs = place(Float32Array, entries)
  const probabilities = place(Float32Array, entries * ACTION_COUNT)
  const values = place(Float32Array, entries * valueOutputCount(SPEC))
  const scratch = place(Uint8Array, scratchBytes(SPEC))
  const job = place(Uint8Array, ACTING.bytes)
  writeBlock(
    ACTING,
    { buffer: memory.buffer, at: job.at },
    {
      plan: plan.at,
      parameters: weights.at,
      x: x.at,
      categories: categories.at,
      rows: laneCount,
      scratch: scratch.at,
      recurrentState: carried.at,
      actions: actions.at,
      logProbs: logProbs.at,
      scores: 0,
      probabilities: probabilities.at,
      values: values.at,
      seed: 1,
      laneBase: 0,
      steps: steps.at,
      stepStride: 8,
      hasPilots: 0,
      stopFactor: 1,
    },
  )
  const acted = {
    actions: new Uint8Array(agentCount * size),
    oldLogProbs: new Float32Array(agentCount * size),
    valueTargets: new Float32Array(agentCount * size),
  }
  const costTargets = new Float32Array(constraintCount * agentCount * size)
  const { resets, recurrentState } = minibatch.recurrence!
  for (let entry = 0; entry < entries; entry++) {
    const [lane, agent] = [Math.floor(entry / agentCount), entry % agentCount]
    const from = (agent * laneCount + lane) * stateSize
    carried.values.set(recurrentState.subarray(from, from + stateSize), entry * stateSize)
  }
  for (let step = 0; step < stepCount; step++) {
    const row = step * laneCount
    x.values.set(minibatch.dense.subarray(row * denseSize, (row + laneCount) * denseSize))
    categories.values.set(minibatch.categorical.subarray(row, row + laneCount))
    for (let lane = 0; lane < laneCount; lane++) {
      const laneSize = agentCount * stateSize
      if (resets[row + lane] === 1) carried.values.fill(0, lane * laneSize, (lane + 1) * laneSize)
      steps.values[2 * lane] = step
    }
    policy.act(job.at)
    for (let entry = 0; entry < entries; entry++) {
      const at = (entry % agentCount) * size + row + Math.floor(entry / agentCount)
      acted.actions[at] = actions.values[entry]
      acted.oldLogProbs[at] = logProbs.values[entry]
      const critic = values.values.subarray(entry * valueOutputCount(SPEC))
      acted.valueTargets[at] = critic[0]
      for (let s = 0; s < constraintCount; s++) costTargets[s * agentCount * size + at] = critic[1 + s]
    }
  }
  return { ...acted, constraints: { ...minibatch.constraints!, costTargets } }
}

it('replays segments as they were acted, with states carried in and resets inside', async () => {
  const parameters = initialiseParameters(SPEC, 4).map((weight) => 3 * weight)
  const minibatch = randomMinibatch(SPEC, SEGMENTS, 5)
  minibatch.weights.fill(1)
  const acted = await act(parameters, minibatch)
  const engine = await createPortableEngine({ spec: SPEC, threads: 1 })
  const learn = async (changes: object) => {
    engine.loadParameters(parameters)
    return await engine.update({ ...minibatch, ...acted, ...changes }, { ...SETTINGS, clipEpsilon: 1e-5 })
  }
  const same = await learn({})
  // Values have the same bits, and so have the logits; their logarithms are rounded in another order.
  expect([same.valueLoss, same.costValueLoss]).toEqual([0, 0])
  expect(same.clipFraction).toBe(0)
  expect(same.approxKl).toBeCloseTo(0, 9)
  const { recurrence } = minibatch
  const forgotten = await learn({ recurrence: { ...recurrence!, resets: recurrence!.resets.map(() => 0) } })
  expect(forgotten.valueLoss).toBeGreaterThan(1e-6)
  expect(forgotten.costValueLoss).toBeGreaterThan(1e-6)
  expect(forgotten.clipFraction).toBeGreaterThan(0.1)
  engine.dispose()
})
