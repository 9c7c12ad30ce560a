import { describe, expect, it } from 'vitest'
import { denseBin, parseReference, referenceOf } from './reference.ts'

/** One dense input and one of categories. */
const inputs = (values: readonly number[], categories: readonly number[] = values.map(() => 0)) => ({
  ...{ dense: Float32Array.from(values), denseNames: ['size'] },
  ...{ categorical: Uint16Array.from(categories), categoricalColumns: [{ vocabularySize: 100 }] },
})
const all = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('the reference of a dense input', () => {
  it('has ten bins of a tenth of the rows each where values differ', () => {
    const values = all(1000).map((i) => (i * 7) % 1000)
    const [{ edges, counts }] = referenceOf(inputs(values), all(1000)).dense
    expect(edges).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900])
    expect(counts).toEqual([101, 100, 100, 100, 100, 100, 100, 100, 100, 99])
  })

  it('gives a common value a bin of its own, also the least one', () => {
    const values = all(100).map((i) => (i < 80 ? 2 : i))
    const [{ edges, counts }] = referenceOf(inputs(values), all(100)).dense
    expect(counts[denseBin(edges, 2)]).toBe(80)
    expect(denseBin(edges, 1.9)).toBe(denseBin(edges, 2) - 1)
    expect(counts[denseBin(edges, 1.9)]).toBe(0)
    const between = all(100).map((i) => (i < 10 ? i / 10 : i < 80 ? 2 : i))
    const [other] = referenceOf(inputs(between), all(100)).dense
    expect(other.counts[denseBin(other.edges, 2)]).toBe(70)
  })

  it('counts the rows that the team learnt from, and of many 65,536 spread over all', () => {
    const values = all(200_000)
    expect(referenceOf(inputs(values), [3, 5, 9]).rows).toBe(3)
    const { rows, dense } = referenceOf(inputs(values), values)
    expect(rows).toBe(65_536)
    for (const [i, edge] of dense[0].edges.entries()) expect(Math.abs(edge - 20_000 * (i + 1))).toBeLessThan(10)
  })
})

it('the reference of categories has the unknown, the thirty commonest, and the others', () => {
  // Category c comes c times, and the unknown five times.
  const categories = [0, 0, 0, 0, 0, ...all(41).flatMap((c) => Array<number>(c).fill(c))]
  const [{ categories: own, counts }] = referenceOf(inputs(categories, categories), all(categories.length)).categorical
  expect(own).toEqual(all(30).map((i) => 40 - i))
  expect(counts).toEqual([5, ...own, (10 * 11) / 2])
})

it('a reference is read as it was written, and none is none', () => {
  const own = inputs([1, 2, 2, 5], [0, 3, 3, 9])
  const reference = referenceOf(own, all(4))
  expect(parseReference(JSON.parse(JSON.stringify(reference)), own)).toEqual(reference)
  expect(parseReference(null, own)).toBeNull()
})
