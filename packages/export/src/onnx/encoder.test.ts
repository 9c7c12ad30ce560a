import { denseValue, type FittedColumn, isDense, numberIndex, tokenIndex } from '@vigil/features'
import { expect, it } from 'vitest'
import { addEncoder } from './encoder.ts'
import { createGraph } from './graph.ts'
import { openModel } from './runtime.fixture.ts'

const knots = [-1e300, -2.5, 0, 1 / 3, 7, 1e300]
const numbers: FittedColumn[] = [
  { kind: 'standard', name: 'standard', source: 'size', mean: 0.1, deviation: 1 / 7 },
  { kind: 'quantile', name: 'quantile', source: 'size', knots, levels: [-1, -0.7, -0.1, 0.2, 0.9, 1] },
  { kind: 'quantile', name: 'one knot', source: 'size', knots: [3], levels: [0.25] },
  { kind: 'quantile', name: 'no knot', source: 'size', knots: [], levels: [] },
  { kind: 'count', name: 'count', source: 'size', cap: 5 },
  { kind: 'values', name: 'values', source: 'size', values: [0, 443, 0.1, -7, 1e300] },
  { kind: 'values', name: 'magnitudes', source: 'size', values: [] },
]
const tokens: FittedColumn[] = [
  { kind: 'vocabulary', name: 'proto', source: 'proto', tokens: ['tcp', 'ünïcode', 'a,b', ' '] },
  { kind: 'vocabulary', name: 'nothing known', source: 'proto', tokens: [] },
]

it('every encoder gives in ONNX Runtime what it gives in a training, for whatever comes', async () => {
  const graph = createGraph()
  const { dense, categorical } = addEncoder(graph, { columns: [...numbers, ...tokens] })
  const [D, C] = [4, 5]
  graph.output({ name: 'dense', type: 'float', shape: ['N', D], about: '' }, dense!)
  graph.output({ name: 'categorical', type: 'int64', shape: ['N', C], about: '' }, categorical!)
  const model = await openModel(graph.encode({ version: '0', about: '', metadata: {} }))
  expect(model.inputs).toEqual(['size', 'proto'])

  const powers = Array.from({ length: 30 }, (_, k) => 2 ** k)
  const sizes = [
    ...[...powers, ...knots, 443, 0.1, -7, 0.5, 3.999, 1e-300, 1.7e308].flatMap((v) => [v, -v, v + 0.25]),
    -0,
    NaN,
  ]
  const words = ['tcp', 'ünïcode', 'a,b', ' ', '', 'TCP', 'tcp ', 'never seen', '\u{1f600}']
  const protos = sizes.map((_, i) => words[i % words.length])
  const shape = [sizes.length, 1]
  const out = await model.run({
    size: { data: Float64Array.from(sizes), shape },
    proto: { data: protos, shape },
  })
  await model.close()

  const known = (encode: (value: number) => number) => (value: number) => (Number.isNaN(value) ? 0 : encode(value))
  const denseEncoders = numbers.filter(isDense).map(denseValue)
  const numberEncoders = numbers.filter((column) => !isDense(column)).map((column) => known(numberIndex(column)))
  const tokenEncoders = tokens.map((column) => tokenIndex(column as Extract<FittedColumn, { kind: 'vocabulary' }>))
  for (const [i, size] of sizes.entries()) {
    const own = (out.dense.data as Float32Array).slice(i * D, (i + 1) * D)
    for (const [column, encode] of denseEncoders.entries()) {
      expect(Math.abs(own[column] - encode(size)), `${numbers[column].name} of ${size}`).toBeLessThan(2e-7)
    }
    const indices = Array.from((out.categorical.data as unknown as BigInt64Array).slice(i * C, (i + 1) * C), Number)
    const expected = [
      ...numberEncoders.map((encode) => encode(size)),
      ...tokenEncoders.map((encode) => encode(protos[i])),
    ]
    expect(indices, `indices of ${size} and '${protos[i]}'`).toEqual(expected)
  }
})
