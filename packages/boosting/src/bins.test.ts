import { expect, it } from 'vitest'
import { binColumns } from './bins.ts'

const columnOf = (dense: number[], categorical: number[]) =>
  binColumns(
    {
      dense: Float32Array.from(dense),
      denseCount: dense.length > 0 ? 1 : 0,
      categorical: Uint16Array.from(categorical),
      categoricalCount: categorical.length > 0 ? 1 : 0,
    },
    Uint32Array.from({ length: Math.max(dense.length, categorical.length) }, (_, i) => i),
  )[0]

it('numbers are cut halfway between neighbours, whatever their order', () => {
  expect(columnOf([3, -1, 3, 0], [])).toEqual({
    kind: 'number',
    thresholds: Float64Array.from([-0.5, 1.5]),
    bins: Uint8Array.from([2, 0, 2, 1]),
  })
})

it('more distinct numbers than bins are cut at evenly spread ranks', () => {
  const column = columnOf(
    Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_000),
    [],
  )
  if (column.kind !== 'number') throw new Error('a number is expected')
  expect(column.thresholds.length).toBe(255)
  const counts = new Uint32Array(256)
  for (const bin of column.bins) counts[bin]++
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(39)
  expect(Math.max(...counts)).toBeLessThanOrEqual(40)
})

it('a constant has no threshold', () => {
  expect(columnOf([2, 2], [])).toMatchObject({ thresholds: new Float64Array(0), bins: new Uint8Array(2) })
})

it('categories are numbered by frequency, and those beyond 255 share bin 0', () => {
  expect(columnOf([], [9, 4, 9, 7])).toEqual({
    kind: 'category',
    categories: Uint16Array.from([9, 4, 7]),
    bins: Uint8Array.from([1, 2, 1, 3]),
  })
  const many = columnOf(
    [],
    [...Array(300).keys(), ...Array(300).keys(), 299].map((category) => category + 60_000),
  )
  expect(many.bins[0]).toBe(2)
  expect(many.bins[299]).toBe(1)
  expect(many.bins[253]).toBe(255)
  expect(many.bins[254]).toBe(0)
})
