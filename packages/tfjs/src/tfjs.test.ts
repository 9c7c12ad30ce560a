import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { tf } from './index.ts'

it('differentiates on the backend cpu', async () => {
  await tf.setBackend('cpu')
  const slope = tf.grad((x) => tf.sum(tf.sigmoid(tf.matMul(x as tf.Tensor2D, [[1], [2]]))))
  const x = [0.5, -1, 0.25, 0]
  const expected = [0, 1].flatMap((row) => {
    const y = 1 / (1 + Math.exp(-x[2 * row] - 2 * x[2 * row + 1]))
    return [y * (1 - y), 2 * y * (1 - y)]
  })
  const received = await slope(tf.tensor2d(x, [2, 2])).data()
  for (const [index, value] of expected.entries()) expect(received[index]).toBeCloseTo(value, 6)
})

it('is the tfjs-core that its backends see', () => {
  const core = createRequire(import.meta.url)('@tensorflow/tfjs-core') as typeof tf
  expect(core.engine()).toBe(tf.engine())
  expect(core.Tensor).toBe(tf.Tensor)
})
