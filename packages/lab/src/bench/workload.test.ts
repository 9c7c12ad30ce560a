import { expect, it } from 'vitest'
import { datasetOf, WORKLOADS } from './workload.ts'

it('gives the same events as indices and as one-hot inputs', () => {
  const indices = datasetOf(WORKLOADS.recipe)
  const oneHot = datasetOf(WORKLOADS['recipe-one-hot'])
  const sizes = indices.categoricalColumns.map(({ vocabularySize }) => vocabularySize)
  const columns = indices.categoricalColumns.length
  const width = oneHot.denseNames.length
  expect(width).toBe(5 + 410)
  expect(oneHot.labels).toEqual(indices.labels)
  for (const row of [0, 1, 12_345, 59_999]) {
    const inputs = oneHot.dense.subarray(row * width, (row + 1) * width)
    const expected = new Float32Array(width)
    let first = 0
    for (let column = 0; column < columns; column++) {
      expected[first + indices.categorical[row * columns + column]] = 1
      first += sizes[column]
    }
    expected.set(indices.dense.subarray(row * 5, (row + 1) * 5), width - 5)
    expect(inputs).toEqual(expected)
  }
  const threats = indices.labels.reduce((sum, label) => sum + label, 0) / indices.rowCount
  expect(threats).toBeGreaterThan(0.03)
  expect(threats).toBeLessThan(0.3)
})
