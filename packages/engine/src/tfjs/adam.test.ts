import { tf } from '@vigil/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomNumbers } from '../team.fixture.ts'
import { adamStep, clipByAgentNorm, type TrunkState } from './adam.ts'
import { startBackend } from './backend.ts'

beforeAll(async () => {
  await startBackend('cpu')
})

describe('adamStep', () => {
  it('follows algorithm 1 of the paper, written out plainly', async () => {
    const random = randomNumbers(1)
    const length = 6
    const learningRate = 0.01
    const theta = Float64Array.from({ length }, () => Math.fround(random()))
    const m = new Float64Array(length)
    const v = new Float64Array(length)
    let state: TrunkState = {
      parameters: tf.tensor2d(Float32Array.from(theta), [2, 3]),
      firstMoment: tf.zeros([2, 3]),
      secondMoment: tf.zeros([2, 3]),
    }
    for (let step = 1; step <= 20; step++) {
      // From 1e-6 to 1, so that epsilon matters for some and not for others.
      const gradient = Float64Array.from({ length }, (_, index) => (random() - 0.5) * 10 ** (index - 6))
      for (let index = 0; index < length; index++) {
        m[index] = 0.9 * m[index] + 0.1 * gradient[index]
        v[index] = 0.999 * v[index] + 0.001 * gradient[index] ** 2
        const mHat = m[index] / (1 - 0.9 ** step)
        const vHat = v[index] / (1 - 0.999 ** step)
        theta[index] -= (learningRate * mHat) / (Math.sqrt(vHat) + 1e-5)
      }
      state = adamStep(state, tf.tensor2d(Float32Array.from(gradient), [2, 3]), { learningRate, step })
    }
    const received = await state.parameters.data()
    for (let index = 0; index < length; index++) expect(received[index]).toBeCloseTo(theta[index], 5)
  })
})

describe('clipByAgentNorm', () => {
  it('scales each agent by its own norm and leaves shorter gradients as they are', async () => {
    const gradient = tf.tensor2d([
      [30, 40],
      [0.3, 0.4],
      [0, 0],
    ])
    const { gradient: clipped, norms, scales } = clipByAgentNorm(gradient, 1)
    expect(Array.from(await norms.data())).toEqual([50, expect.closeTo(0.5, 6), 0])
    expect(Array.from(await scales.data())).toEqual([expect.closeTo(0.02, 6), 1, 1])
    const values = Array.from(await clipped.data())
    expect(values.slice(0, 2)).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)])
    expect(values.slice(2)).toEqual([Math.fround(0.3), Math.fround(0.4), 0, 0])
  })
})
