/** What every engine has to keep, whatever computes it. */

import { initialiseParameters, type NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { describe, expect, it } from 'vitest'
import { ACCEPTED, type Engine, type Minibatch } from './engine.ts'
import { ENGINES } from './engines.fixture.ts'
import { logPolicyOracle } from './loss.oracle.ts'
import {
  parametersInUse,
  RECURRENT_TEAM,
  randomDirect,
  randomMinibatch,
  randomParameters,
  randomSupervisedBatch,
  SETTINGS,
  SMALL_TEAM,
  trunkMask,
} from './team.fixture.ts'

const SEGMENTS = { stepCount: 4, laneCount: 5 }
const SIZE = 20

const TEAMS = { 'a feed-forward team': SMALL_TEAM, 'a recurrent, layer-normed team': RECURRENT_TEAM }

const CASES = Object.entries(ENGINES).flatMap(([engine, create]) =>
  Object.entries(TEAMS).map(([name, team]) => ({ engine, name, create, team })),
)

describe.each(CASES)('$engine, $name', ({ create, team }) => {
  const engineWith = async (
    parameters: Float32Array,
    options: { spec?: NetworkSpec; inputMask?: Uint8Array } = {},
  ): Promise<Engine> => {
    const engine = await create({ spec: team, ...options })
    engine.loadParameters(parameters)
    return engine
  }
  /** Parameters after one update on a fresh engine. */
  const updated = async (minibatch: Minibatch): Promise<Float32Array> => {
    const engine = await engineWith(randomParameters(team, 1))
    await engine.update(minibatch, SETTINGS)
    const parameters = await engine.storeParameters()
    engine.dispose()
    return parameters
  }

  it('starts at ratio 1 and divergence 0', async () => {
    const parameters = randomParameters(team, 3)
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const perAgent = parameters.length / 2
    let advantageSum = 0
    let entropySum = 0
    for (let agent = 0; agent < 2; agent++) {
      const block = Float64Array.from(parameters.subarray(agent * perAgent, (agent + 1) * perAgent))
      const logPi = logPolicyOracle({ spec: team, block, agent, rows: minibatch })
      for (let row = 0; row < SIZE; row++) {
        const at = agent * SIZE + row
        minibatch.oldLogProbs[at] = logPi[row][minibatch.actions[at]]
        minibatch.weights[at] = 1
        advantageSum += minibatch.advantages[at]
        for (const logProb of logPi[row]) entropySum -= Math.exp(logProb) * logProb
      }
    }
    const engine = await engineWith(parameters)
    // No ratio leaves so narrow a band: each is 1 to 1e-5.
    const stats = await engine.update(minibatch, { ...SETTINGS, clipEpsilon: 1e-5 })
    expect(stats.clipFraction).toBe(0)
    expect(stats.approxKl).toBeCloseTo(0, 6)
    expect(stats.policyLoss).toBeCloseTo(-advantageSum / (2 * SIZE), 5)
    expect(stats.entropy).toBeCloseTo(entropySum / (2 * SIZE), 5)
    engine.dispose()
  })

  it('lowers the loss that it reports', async () => {
    const engine = await engineWith(initialiseParameters(team, 3))
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const first = await engine.update(minibatch, SETTINGS)
    for (let update = 0; update < 50; update++) await engine.update(minibatch, SETTINGS)
    const last = await engine.update(minibatch, SETTINGS)
    expect(last.policyLoss).toBeLessThan(first.policyLoss)
    expect(last.valueLoss).toBeLessThan(0.8 * first.valueLoss)
    engine.dispose()
  })

  it('takes no step where the policies have gone too far, and leaves no trace of having tried', async () => {
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const engine = await engineWith(randomParameters(team, 1))
    const tensors = tf.memory().numTensors
    const before = { parameters: await engine.storeParameters(), optimiser: await engine.storeOptimiser() }
    const { approxKl } = await engine.update(minibatch, { ...SETTINGS, targetKl: 1e-9 })
    expect(approxKl).toBeGreaterThan(1e-9)
    expect({ parameters: await engine.storeParameters(), optimiser: await engine.storeOptimiser() }).toEqual(before)
    expect(tf.memory().numTensors).toBe(tensors)

    // What follows is the first step, as on a fresh engine; here the divergence is just not half as much again.
    const stats = await engine.update(minibatch, { ...SETTINGS, targetKl: approxKl / 1.499 })
    expect(stats.approxKl).toBe(approxKl)
    expect(await engine.storeParameters()).toEqual(await updated(minibatch))
    expect((await engine.storeOptimiser()).step).toBe(1)
    engine.dispose()
  })

  it('clips value gradients apart: a huge value error does not change the policy', async () => {
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const usual = await updated(minibatch)
    const huge = await updated({ ...minibatch, valueTargets: minibatch.valueTargets.map((value) => 1e6 * value) })
    const isPolicy = trunkMask(team, 'policy')
    const differs = usual.map((value, index) => (value === huge[index] ? 0 : 1))
    expect(differs.some((difference, index) => difference === 1 && isPolicy[index] === 1)).toBe(false)
    expect(differs.some((difference, index) => difference === 1 && isPolicy[index] === 0)).toBe(true)
  })

  it('clips agents apart: an explosion of one does not change another', async () => {
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
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
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const engine = await engineWith(randomParameters(team, 1))
    const loose = await engine.update(minibatch, SETTINGS)
    engine.loadParameters(randomParameters(team, 1))
    const tight = await engine.update(minibatch, { ...SETTINGS, maxGradNormPolicy: 1e-3, maxGradNormValue: 1e-3 })
    expect({ ...tight, clipScalePolicy: loose.clipScalePolicy }).toEqual(loose)
    expect(tight.clipScalePolicy).toBeLessThan(0.1 * loose.clipScalePolicy)
    expect(tight.gradNormPolicy).toBeGreaterThan(1e-2)
    engine.dispose()

    const spec = { ...team, valueHidden: null }
    const critic = await engineWith(randomParameters(spec, 1), { spec })
    const stats = await critic.update(randomMinibatch(spec, SEGMENTS, 2), SETTINGS)
    expect([stats.valueLoss, stats.gradNormValue]).toEqual([0, 0])
    critic.dispose()
  })

  it('keeps parameters outside the mask, whatever moments are loaded', async () => {
    const parameters = randomParameters(team, 1)
    const inputMask = Uint8Array.from(parameters, (_, index) => (index % 3 === 0 ? 0 : 1))
    const engine = await engineWith(parameters, { inputMask })
    const inUse = parametersInUse(team)
    const moments = Float32Array.from(inUse, (used) => 0.1 * used)
    engine.loadOptimiser({ step: 5, firstMoment: moments, secondMoment: moments })
    for (let update = 0; update < 3; update++) {
      await engine.update(randomMinibatch(team, SEGMENTS, update), SETTINGS)
      await engine.supervisedUpdate(randomSupervisedBatch(team, SEGMENTS, update), 1e-3)
    }
    const after = await engine.storeParameters()
    const isTrained = (index: number) => index % 3 !== 0 && inUse[index] === 1
    expect(after.every((value, index) => isTrained(index) === (value !== parameters[index]))).toBe(true)
    engine.dispose()
  })

  it('goes on exactly from stored parameters and optimiser state', async () => {
    const engine = await engineWith(randomParameters(team, 1))
    for (let update = 0; update < 3; update++) await engine.update(randomMinibatch(team, SEGMENTS, update), SETTINGS)
    const other = await engineWith(await engine.storeParameters())
    const optimiser = await engine.storeOptimiser()
    expect(optimiser.step).toBe(3)
    other.loadOptimiser(optimiser)
    expect(await other.storeOptimiser()).toEqual(optimiser)
    const next = randomMinibatch(team, SEGMENTS, 9)
    expect(await other.update(next, SETTINGS)).toEqual(await engine.update(next, SETTINGS))
    expect(await other.storeParameters()).toEqual(await engine.storeParameters())
    expect(await other.storeOptimiser()).toEqual(await engine.storeOptimiser())
    engine.dispose()
    other.dispose()
  })

  it('lowers the cross-entropy and leaves the critic alone', async () => {
    const parameters = initialiseParameters(team, 3)
    const engine = await engineWith(parameters)
    const random = randomSupervisedBatch(team, SEGMENTS, 4)
    const batch = { ...random, accepted: random.accepted.map((actions) => ACCEPTED[actions % 2]) }
    const first = await engine.supervisedUpdate(batch, 1e-2)
    expect(first).toBeCloseTo(Math.LN2, 1)
    let last = first
    for (let update = 0; update < 50; update++) last = await engine.supervisedUpdate(batch, 1e-2)
    expect(last).toBeLessThan(0.3 * first)
    const after = await engine.storeParameters()
    const isValue = trunkMask(team, 'value')
    expect(after.filter((_, index) => isValue[index] === 1)).toEqual(
      parameters.filter((_, index) => isValue[index] === 1),
    )
    engine.dispose()
  })

  it('names the field of a minibatch that does not fit', async () => {
    const engine = await engineWith(randomParameters(team, 1))
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const arrays = ['dense', 'categorical', 'actions', 'oldLogProbs', 'advantages', 'valueTargets', 'weights'] as const
    for (const field of arrays) {
      const wrong = { ...minibatch, [field]: minibatch[field].subarray(1) }
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining(field) }
      await expect(engine.update(wrong, SETTINGS)).rejects.toMatchObject(error)
    }
    for (const [field, value] of [
      ['direct', randomDirect(team, SIZE + 1, 3)],
      ['constraints', randomMinibatch({ ...team, constraintCount: 1 }, SEGMENTS, 2).constraints],
      ['categorical', minibatch.categorical.map((_, index) => (index === 1 ? 1 : 0))],
      ['actions', minibatch.actions.map(() => 4)],
      ['size', 0],
    ] as const) {
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining(field) }
      await expect(engine.update({ ...minibatch, [field]: value }, SETTINGS)).rejects.toMatchObject(error)
    }
    const batch = randomSupervisedBatch(team, SEGMENTS, 2)
    const { accepted } = batch
    for (const wrong of [accepted.subarray(1), accepted.map(() => 0), accepted.map(() => 16)]) {
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining('accepted') }
      await expect(engine.supervisedUpdate({ ...batch, accepted: wrong }, 1e-3)).rejects.toMatchObject(error)
    }
    engine.dispose()
  })

  it('names the setting that is out of range', async () => {
    const engine = await engineWith(randomParameters(team, 1))
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    for (const [field, value] of [
      ['learningRate', 0],
      ['targetKl', 0],
      ['clipEpsilon', Number.NaN],
      ['maxGradNormPolicy', Number.POSITIVE_INFINITY],
      ['maxGradNormValue', -1],
      ['entropyCoef', -1],
      ['valueCoef', Number.NaN],
      ['constraintCoef', -1],
    ] as const) {
      const error = { code: 'SETTINGS', message: expect.stringContaining(field) }
      await expect(engine.update(minibatch, { ...SETTINGS, [field]: value })).rejects.toMatchObject(error)
    }
    engine.dispose()
  })

  it('names a state of another network, and a state that is missing', async () => {
    const engine = await create({ spec: team })
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    await expect(engine.update(minibatch, SETTINGS)).rejects.toMatchObject({ code: 'STATE_MISSING' })
    expect(() => engine.loadParameters(new Float32Array(3))).toThrow(/another shape/)
    engine.loadParameters(randomParameters(team, 1))
    const moments = new Float32Array(3)
    expect(() => engine.loadOptimiser({ step: 0, firstMoment: moments, secondMoment: moments })).toThrow(/firstMoment/)
    const inputMask = new Uint8Array(3)
    await expect(create({ spec: team, inputMask })).rejects.toMatchObject({
      code: 'STATE_SHAPE',
    })
    engine.dispose()
    await expect(engine.storeParameters()).rejects.toMatchObject({ code: 'STATE_MISSING' })
  })

  it('says so when a loss is not finite', async () => {
    const engine = await engineWith(randomParameters(team, 1))
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    minibatch.dense[0] = Number.NaN
    await expect(engine.update(minibatch, SETTINGS)).rejects.toMatchObject({ code: 'NOT_FINITE' })
    engine.dispose()
  })

  it('refuses a recurrence that the network does not have, and misses one that it has', async () => {
    const engine = await engineWith(randomParameters(team, 1))
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const batch = randomSupervisedBatch(team, SEGMENTS, 2)
    const other = team.lstmHidden.length === 0 ? randomMinibatch(RECURRENT_TEAM, SEGMENTS, 2).recurrence : null
    const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining('recurrence') }
    await expect(engine.update({ ...minibatch, recurrence: other }, SETTINGS)).rejects.toMatchObject(error)
    await expect(engine.supervisedUpdate({ ...batch, recurrence: other }, 1e-3)).rejects.toMatchObject(error)
    engine.dispose()
  })
})

describe.each(Object.entries(ENGINES))('segments on %s', (_name, create) => {
  const team = RECURRENT_TEAM
  const updated = async (minibatch: Minibatch) => {
    const engine = await create({ spec: team })
    engine.loadParameters(randomParameters(team, 1))
    const stats = await engine.update(minibatch, SETTINGS)
    const parameters = await engine.storeParameters()
    engine.dispose()
    return { stats, parameters }
  }

  it('do not see what was before a reset', async () => {
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const { laneCount, resets, recurrentState } = minibatch.recurrence!
    // In lane 0 an episode begins at step 2, and only what comes after it counts.
    for (let step = 0; step < 4; step++) resets[step * laneCount] = step === 2 ? 1 : 0
    for (const agent of [0, 1]) minibatch.weights.fill(0, agent * SIZE, agent * SIZE + 2 * laneCount)
    const lane = (values: Float32Array, factor: number) =>
      values.map((value, index) => (Math.floor(index / team.denseSize) % laneCount === 0 ? factor * value : value))
    const before = minibatch.dense.subarray(0, 2 * laneCount * team.denseSize)
    const other = { ...minibatch, dense: minibatch.dense.slice() }
    other.dense.set(lane(before, -3))
    const stateSize = recurrentState.length / (2 * laneCount)
    const otherState = recurrentState.map((value, index) =>
      Math.floor(index / stateSize) % laneCount === 0 ? -value : value,
    )
    const reset = await updated(minibatch)
    expect(await updated({ ...other, recurrence: { ...minibatch.recurrence!, recurrentState: otherState } })).toEqual(
      reset,
    )
    const carried = { ...minibatch.recurrence!, resets: resets.map((value, at) => (at % laneCount === 0 ? 0 : value)) }
    const one = await updated({ ...minibatch, recurrence: carried })
    expect(one.stats).not.toEqual(reset.stats)
    expect((await updated({ ...other, recurrence: carried })).stats).not.toEqual(one.stats)
  })

  it('replay rows of weight 0, which have no loss of their own', async () => {
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    minibatch.recurrence!.resets.fill(0)
    const learns = (step: number) =>
      minibatch.weights.map((_, at) => (Math.floor((at % SIZE) / SEGMENTS.laneCount) === step ? 1 : 0))
    const late = { ...minibatch, weights: learns(3) }
    const usual = await updated(late)
    const first = minibatch.dense.map((value, at) => (at < SEGMENTS.laneCount * team.denseSize ? -value : value))
    const advantages = minibatch.advantages.map((value, at) => (late.weights[at] === 1 ? value : 5))
    expect((await updated({ ...late, dense: first })).stats).not.toEqual(usual.stats)
    expect(await updated({ ...late, advantages })).toEqual(usual)
  })

  it('keep padded units at zero', async () => {
    const { parameters } = await updated(randomMinibatch(team, SEGMENTS, 2))
    const inUse = parametersInUse(team)
    expect(parameters.every((value, index) => inUse[index] === 1 || value === 0)).toBe(true)
  })

  it('name the part of a recurrence that does not fit', async () => {
    const engine = await create({ spec: team })
    engine.loadParameters(randomParameters(team, 1))
    const minibatch = randomMinibatch(team, SEGMENTS, 2)
    const recurrence = minibatch.recurrence!
    for (const [field, value] of [
      ['stepCount', 5],
      ['laneCount', 4.5],
      ['resets', recurrence.resets.subarray(1)],
      ['resets', recurrence.resets.map(() => 2)],
      ['recurrentState', recurrence.recurrentState.subarray(1)],
      ['recurrentState', recurrence.recurrentState.map((entry, index) => (index === 3 ? Number.NaN : entry))],
    ] as const) {
      const error = { code: 'MINIBATCH_SHAPE', message: expect.stringContaining(field) }
      const wrong = { ...minibatch, recurrence: { ...recurrence, [field]: value } }
      await expect(engine.update(wrong, SETTINGS)).rejects.toMatchObject(error)
    }
    engine.dispose()
  })
})
