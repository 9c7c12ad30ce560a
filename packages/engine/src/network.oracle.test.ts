import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { expect, it } from 'vitest'
import { outputsOracle } from './network.oracle.ts'
import { randomMinibatch, randomParameters } from './team.fixture.ts'
import { startBackend } from './tfjs/backend.ts'

it('agrees with the normalisation and the LSTM cell that TensorFlow.js brings', async () => {
  await startBackend('cpu')
  const spec: NetworkSpec = {
    agentCount: 2,
    denseSize: 3,
    vocabularySizes: [],
    policyHidden: [16],
    valueHidden: [8],
    layerNorm: true,
    lstmHidden: [8],
    constraintCount: 0,
  }
  const stepCount = 4
  const minibatch = randomMinibatch(spec, { stepCount, laneCount: 1 }, 1)
  minibatch.recurrence!.resets.fill(0)
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const team = randomParameters(spec, 2)
  const agent = 1
  const block = team.subarray(parametersPerAgent)
  const tensor = (name: string) => {
    const { offset, length, shape } = slices.find((slice) => slice.name === `value.${name}`)!
    return tf.tensor(block.slice(offset, offset + length), [...shape])
  }
  // Batch normalisation over the columns is layer normalisation of a row that lies across them.
  const normalised = (row: tf.Tensor2D) => {
    const { mean, variance } = tf.moments(row)
    const vector = (value: tf.Tensor): tf.Tensor1D => tf.reshape(value, [1])
    const standard = tf.batchNorm2d(tf.transpose(row), vector(mean), vector(variance), [0], [1], 1e-5)
    return tf.add<tf.Tensor2D>(tf.mul(tf.transpose(standard), tensor('gain.0')), tensor('shift.0'))
  }
  // Its gates are i, g, f, o, its kernel has the rows of the input first, and its state is that of this lane.
  const gates = (values: tf.Tensor) => {
    const [i, f, g, o] = tf.split(values, 4, values.rank - 1)
    return tf.concat([i, g, f, o], values.rank - 1)
  }
  const kernel = gates(tf.concat([tensor('lstmInput.0'), tensor('lstmRecurrent.0')], 0)) as tf.Tensor2D
  const bias = gates(tensor('lstmBias.0')) as tf.Tensor1D
  // H = 32: h and c of the policy's layer, then of the critic's.
  const own = minibatch.recurrence!.recurrentState.subarray(32 + 16)
  let h = tf.tensor2d(own.slice(0, 8), [1, 8])
  let c = tf.tensor2d(own.slice(8, 16), [1, 8])
  const expected: number[] = []
  for (let step = 0; step < stepCount; step++) {
    const x = tf.tensor2d(minibatch.dense.slice(3 * step, 3 * step + 3), [1, 3])
    const sums = tf.add<tf.Tensor2D>(tf.matMul(x, tensor('dense.0') as tf.Tensor2D), tensor('bias.0'))
    const hidden = tf.relu(normalised(sums))
    ;[c, h] = tf.basicLSTMCell(tf.scalar(0), kernel, bias, hidden, c, h)
    const output = tf.add(tf.matMul(h, tensor('head') as tf.Tensor2D), tensor('headBias'))
    expected.push((await output.data())[0])
  }
  const received = outputsOracle({ spec, block: Float64Array.from(block), agent, rows: minibatch }, 'value')
  for (const [step, value] of expected.entries()) expect(received[step][0]).toBeCloseTo(value, 5)
  expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(1e-2)
})
