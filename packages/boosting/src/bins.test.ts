import { expect, it } from 'vitest'
import { binRows, columnBins } from './bins.ts'

const pause = async () => undefined

/** The first column of these inputs and the bins of their rows, which have two columns where both kinds are given. */
async function columnOf(dense: number[], categorical: number[], seen = Math.max(dense.length, categorical.length)) {
  const inputs = {
    dense: Float32Array.from(dense),
    denseCount: dense.length > 0 ? 1 : 0,
    categorical: Uint16Array.from(categorical),
    categoricalCount: categorical.length > 0 ? 1 : 0,
  }
  const rows = Uint32Array.from({ length: Math.max(dense.length, categorical.length) }, (_, i) => i)
  const columns = await columnBins(inputs, rows.subarray(0, seen), pause)
  return { columns, column: columns[0], bins: Array.from(await binRows(inputs, columns, rows, pause)) }
}

it('numbers are cut halfway between neighbours, whatever their order', async () => {
  const { column, bins } = await columnOf([3, -1, 3, 0], [])
  expect(column).toEqual({ kind: 'number', thresholds: Float64Array.from([-0.5, 1.5]), first: 0, count: 3 })
  expect(bins).toEqual([2, 0, 2, 1])
})

it('more distinct numbers than bins are cut at evenly spread ranks', async () => {
  const { column, bins } = await columnOf(
    Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_000),
    [],
  )
  if (column.kind !== 'number') throw new Error('a number is expected')
  expect(column.thresholds.length).toBe(255)
  const counts = new Uint32Array(256)
  for (const bin of bins) counts[bin]++
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(39)
  expect(Math.max(...counts)).toBeLessThanOrEqual(40)
})

it('a constant has no threshold', async () => {
  const { column, bins } = await columnOf([2, 2], [])
  expect(column).toMatchObject({ thresholds: new Float64Array(0), count: 1 })
  expect(bins).toEqual([0, 0])
})

it('categories are numbered by frequency, and those beyond 255 share bin 0', async () => {
  const { column, bins } = await columnOf([], [9, 4, 9, 7])
  expect(column).toEqual({ kind: 'category', categories: Uint16Array.from([9, 4, 7]), first: 0, count: 4 })
  expect(bins).toEqual([1, 2, 1, 3])
  const many = await columnOf(
    [],
    [...Array(300).keys(), ...Array(300).keys(), 299].map((category) => category + 60_000),
  )
  expect(many.bins[0]).toBe(2)
  expect(many.bins[299]).toBe(1)
  expect(many.bins[253]).toBe(255)
  expect(many.bins[254]).toBe(0)
})

it('bins are numbered through the columns; what was not seen is above, below or rare', async () => {
  const { columns, bins } = await columnOf([1, 2, 0, 9], [5, 5, 5, 6], 2)
  expect(columns.map(({ first, count }) => [first, count])).toEqual([
    [0, 2],
    [2, 2],
  ])
  expect(bins).toEqual([0, 3, 1, 3, 0, 3, 1, 2])
})
