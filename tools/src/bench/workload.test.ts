import { expect, it } from 'vitest'
import { datasetOf, WORKLOADS } from './workload.ts'

it('gives the same events as indices and as one-hot inputs', () => {
  const indices = datasetOf(WORKLOADS.recipe)
  const oneHot = datasetOf(WORKLOADS['recipe-one-hot'])
  const { vocabularySize } = indices.categoricalColumns[0]
  const columns = indices.categoricalColumns.length
  const width = oneHot.denseNames.length
  expect(width).toBe(9 + columns * vocabularySize)
  expect(oneHot.labels).toEqual(indices.labels)
  for (const row of [0, 1, 12_345, 59_999]) {
    const inputs = oneHot.dense.subarray(row * width, (row + 1) * width)
    const expected = new Float32Array(width)
    for (let column = 0; column < columns; column++) {
      expected[column * vocabularySize + indices.categorical[row * columns + column]] = 1
    }
    expected.set(indices.dense.subarray(row * 9, (row + 1) * 9), width - 9)
    expect(inputs).toEqual(expected)
  }
  const threats = indices.labels.reduce((sum, label) => sum + label, 0) / indices.rowCount
  expect(threats).toBeGreaterThan(0.03)
  expect(threats).toBeLessThan(0.3)
})
