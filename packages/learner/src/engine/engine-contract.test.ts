/** What every engine has to keep, whatever computes it. */
import { initialiseParameters, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import type { Engine, Minibatch } from './engine.ts'
import { logPolicyOracle } from './loss-oracle.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import { randomMinibatch, randomParameters, randomSupervisedBatch, SETTINGS, SMALL_TEAM } from './team-fixture.ts'
import { WHY_MISSING } from './tfjs/optional-backend-fixture.ts'
import { createTfjsEngine } from './tfjs/tfjs-engine.ts'

const SIZE = 20

type Create = (options: { spec: NetworkSpec; viewMask?: Uint8Array }) => Promise<Engine>
const ENGINES: Record<string, Create> = {
  'tfjs on wasm': (options) => createTfjsEngine({ backend: 'wasm', threads: 1, ...options }),
  'tfjs on cpu': (options) => createTfjsEngine({ backend: 'cpu', ...options }),
  portable: (options) => createPortableEngine({ threads: 2, ...options }),
}
for (const backend of ['tensorflow', 'webgpu'] as const) {
  if (WHY_MISSING[backend] !== null) continue // optional-backends.test.ts prints the reason
  ENGINES[`tfjs on ${backend}`] = (options) => createTfjsEngine({ backend, ...options })
}

describe.each(Object.entries(ENGINES))('%s', (_name, create) => {
  const engineWith = async (
    parameters: Float32Array,
    options: { spec?: NetworkSpec; viewMask?: Uint8Array } = {},
  ): Promise<Engine> => {
    const engine = await create({ spec: SMALL_TEAM, ...options })
    engine.loadParameters(parameters)
    return engine
  }
  /** Parameters after one update on a fresh engine. */
  const updated = async (minibatch: Minibatch): Promise<Float32Array> => {
    const engine = await engineWith(randomParameters(SMALL_TEAM, 1))
    await engine.update(minibatch, SETTINGS)
    const parameters = await engine.storeParameters()
    engine.dispose()
    return parameters
  }

  it('starts at ratio 1 and divergence 0', async () => {
    const parameters = initialiseParameters(SMALL_TEAM, 3)
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    const perAgent = parameters.length / 2
    let advantageSum = 0
    for (let agent = 0; agent < 2; agent++) {
      const block = Float64Array.from(parameters.subarray(agent * perAgent, (agent + 1) * perAgent))
      for (let row = 0; row < SIZE; row++) {
        const at = agent * SIZE + row
        minibatch.oldLogProbs[at] = logPolicyOracle(SMALL_TEAM, block, minibatch, row)[minibatch.actions[at]]
        minibatch.weights[at] = 1
        advantageSum += minibatch.advantages[at]
      }
    }
    const engine = await engineWith(parameters)
    const stats = await engine.update(minibatch, SETTINGS)
    expect(stats.approxKl).toBeCloseTo(0, 6)
    expect(stats.clipFraction).toBe(0)
    expect(stats.policyLoss).toBeCloseTo(-advantageSum / (2 * SIZE), 5)
    expect(stats.entropy).toBeCloseTo(Math.log(4), 3)
    engine.dispose()
  })

  it('lowers the loss that it reports', async () => {
    const engine = await engineWith(initialiseParameters(SMALL_TEAM, 3))
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    const first = await engine.update(minibatch, SETTINGS)
    for (let update = 0; update < 100; update++) await engine.update(minibatch, SETTINGS)
    const last = await engine.update(minibatch, SETTINGS)
    expect(last.policyLoss).toBeLessThan(first.policyLoss)
    expect(last.valueLoss).toBeLessThan(0.8 * first.valueLoss)
    engine.dispose()
  })

  it('clips value gradients apart: a huge value error does not change the policy', async () => {
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    const usual = await updated(minibatch)
    const huge = await updated({ ...minibatch, valueTargets: minibatch.valueTargets.map((value) => 1e6 * value) })
    const isPolicy = trunkMask(SMALL_TEAM, 'policy')
    const differs = usual.map((value, index) => (value === huge[index] ? 0 : 1))
    expect(differs.some((difference, index) => difference === 1 && isPolicy[index] === 1)).toBe(false)
    expect(differs.some((difference, index) => difference === 1 && isPolicy[index] === 0)).toBe(true)
  })

  it('clips agents apart: an explosion of one does not change another', async () => {
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    const scale = (values: Float32Array) => values.map((value, index) => (index < SIZE ? 1e6 * value : value))
    const usual = await updated(minibatch)
    const huge = await updated({
      ...minibatch,
      advantages: scale(minibatch.advantages),
      valueTargets: scale(minibatch.valueTargets),
    })
    const perAgent = usual.length / 2
    expect(huge.subarray(perAgent)).toEqual(usual.subarray(perAgent))
    expect(huge.subarray(0, perAgent)).not.toEqual(usual.subarray(0, perAgent))
  })

  it('reports norms before clipping, and zeros for the value without a critic', async () => {
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    const engine = await engineWith(randomParameters(SMALL_TEAM, 1))
    const loose = await engine.update(minibatch, SETTINGS)
    engine.loadParameters(randomParameters(SMALL_TEAM, 1))
    const tight = await engine.update(minibatch, { ...SETTINGS, maxGradNormPolicy: 1e-3, maxGradNormValue: 1e-3 })
    expect(tight).toEqual(loose)
    expect(tight.gradNormPolicy).toBeGreaterThan(1e-2)
    engine.dispose()

    const spec = { ...SMALL_TEAM, valueHidden: null }
    const critic = await engineWith(randomParameters(spec, 1), { spec })
    const stats = await critic.update(minibatch, SETTINGS)
    expect([stats.valueLoss, stats.gradNormValue]).toEqual([0, 0])
    critic.dispose()
  })

  it('keeps parameters outside the view mask, whatever moments are loaded', async () => {
    const parameters = randomParameters(SMALL_TEAM, 1)
    const viewMask = Uint8Array.from(parameters, (_, index) => (index % 3 === 0 ? 0 : 1))
    const engine = await engineWith(parameters, { viewMask })
    const moments = new Float32Array(parameters.length).fill(0.1)
    engine.loadOptimiser({ step: 5, firstMoment: moments, secondMoment: moments })
    for (let update = 0; update < 3; update++) {
      await engine.update(randomMinibatch(SMALL_TEAM, SIZE, update), SETTINGS)
      await engine.supervisedUpdate(randomSupervisedBatch(SMALL_TEAM, SIZE, update), 1e-3)
    }
    const after = await engine.storeParameters()
    expect(after.filter((_, index) => index % 3 === 0)).toEqual(parameters.filter((_, index) => index % 3 === 0))
    expect(after.every((value, index) => index % 3 === 0 || value !== parameters[index])).toBe(true)
    engine.dispose()
  })

  it('goes on exactly from stored parameters and optimiser state', async () => {
    const engine = await engineWith(randomParameters(SMALL_TEAM, 1))
    for (let update = 0; update < 3; update++) await engine.update(randomMinibatch(SMALL_TEAM, SIZE, update), SETTINGS)
    const other = await engineWith(await engine.storeParameters())
    const optimiser = await engine.storeOptimiser()
    expect(optimiser.step).toBe(3)
    other.loadOptimiser(optimiser)
    expect(await other.storeOptimiser()).toEqual(optimiser)
    const next = randomMinibatch(SMALL_TEAM, SIZE, 9)
    expect(await other.update(next, SETTINGS)).toEqual(await engine.update(next, SETTINGS))
    expect(await other.storeParameters()).toEqual(await engine.storeParameters())
    expect(await other.storeOptimiser()).toEqual(await engine.storeOptimiser())
    engine.dispose()
    other.dispose()
  })

  it('lowers the cross-entropy and leaves the critic alone', async () => {
    const parameters = initialiseParameters(SMALL_TEAM, 3)
    const engine = await engineWith(parameters)
    const batch = randomSupervisedBatch(SMALL_TEAM, SIZE, 4)
    const first = await engine.supervisedUpdate(batch, 1e-2)
    expect(first).toBeCloseTo(Math.LN2, 1)
    let last = first
    for (let update = 0; update < 100; update++) last = await engine.supervisedUpdate(batch, 1e-2)
    expect(last).toBeLessThan(0.3 * first)
    const after = await engine.storeParameters()
    const isValue = trunkMask(SMALL_TEAM, 'value')
    expect(after.filter((_, index) => isValue[index] === 1)).toEqual(
      parameters.filter((_, index) => isValue[index] === 1),
    )
    engine.dispose()
  })

  it('names the field of a minibatch that does not fit', async () => {
    const engine = await engineWith(randomParameters(SMALL_TEAM, 1))
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    const arrays = ['dense', 'categorical', 'actions', 'oldLogProbs', 'advantages', 'valueTargets', 'weights'] as const
    for (const field of arrays) {
      const wrong = { ...minibatch, [field]: minibatch[field].subarray(1) }
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining(field) }
      await expect(engine.update(wrong, SETTINGS)).rejects.toMatchObject(error)
    }
    for (const [field, value] of [
      ['categorical', minibatch.categorical.map((_, index) => (index === 1 ? 1 : 0))],
      ['actions', minibatch.actions.map(() => 4)],
      ['size', 0],
    ] as const) {
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining(field) }
      await expect(engine.update({ ...minibatch, [field]: value }, SETTINGS)).rejects.toMatchObject(error)
    }
    const batch = randomSupervisedBatch(SMALL_TEAM, SIZE, 2)
    for (const labels of [batch.labels.subarray(1), batch.labels.map(() => 2)]) {
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining('labels') }
      await expect(engine.supervisedUpdate({ ...batch, labels }, 1e-3)).rejects.toMatchObject(error)
    }
    engine.dispose()
  })

  it('names the setting that is out of range', async () => {
    const engine = await engineWith(randomParameters(SMALL_TEAM, 1))
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    for (const [field, value] of [
      ['learningRate', 0],
      ['clipEpsilon', Number.NaN],
      ['maxGradNormPolicy', Number.POSITIVE_INFINITY],
      ['maxGradNormValue', -1],
      ['entropyCoef', -1],
      ['valueCoef', Number.NaN],
    ] as const) {
      const error = { code: 'SETTINGS', message: expect.stringContaining(field) }
      await expect(engine.update(minibatch, { ...SETTINGS, [field]: value })).rejects.toMatchObject(error)
    }
    engine.dispose()
  })

  it('names a state of another network, and a state that is missing', async () => {
    const engine = await create({ spec: SMALL_TEAM })
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    await expect(engine.update(minibatch, SETTINGS)).rejects.toMatchObject({ code: 'STATE_MISSING' })
    expect(() => engine.loadParameters(new Float32Array(3))).toThrow(/another shape/)
    engine.loadParameters(randomParameters(SMALL_TEAM, 1))
    const moments = new Float32Array(3)
    expect(() => engine.loadOptimiser({ step: 0, firstMoment: moments, secondMoment: moments })).toThrow(/firstMoment/)
    const viewMask = new Uint8Array(3)
    await expect(create({ spec: SMALL_TEAM, viewMask })).rejects.toMatchObject({
      code: 'STATE_SHAPE',
    })
    engine.dispose()
    await expect(engine.storeParameters()).rejects.toMatchObject({ code: 'STATE_MISSING' })
  })

  it('says so when a loss is not finite', async () => {
    const engine = await engineWith(randomParameters(SMALL_TEAM, 1))
    const minibatch = randomMinibatch(SMALL_TEAM, SIZE, 2)
    minibatch.dense[0] = Number.NaN
    await expect(engine.update(minibatch, SETTINGS)).rejects.toMatchObject({ code: 'NOT_FINITE' })
    engine.dispose()
  })
})

/** [A, P] 1 for parameters of the trunk. */
function trunkMask(spec: NetworkSpec, name: 'policy' | 'value'): Uint8Array {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const agent = slices.flatMap((slice) => new Array<number>(slice.length).fill(slice.name.startsWith(name) ? 1 : 0))
  return Uint8Array.from({ length: spec.agentCount * parametersPerAgent }, (_, i) => agent[i % parametersPerAgent])
}
