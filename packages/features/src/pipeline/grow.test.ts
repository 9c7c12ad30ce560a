import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RawColumn } from '../raw-column.ts'
import { categoricalEncoder } from './encode.ts'
import { fitColumn } from './fit.ts'
import { allCategoriesBefore, growColumn } from './grow.ts'
import type { ColumnPlan, FittedColumn } from './pipeline.ts'

const texts = (...words: string[]): RawColumn => {
  const dictionary = [...new Set(words)]
  return { kind: 'token', codes: Int32Array.from(words, (word) => dictionary.indexOf(word)), dictionary }
}
const numbers = (...values: number[]): RawColumn => ({ kind: 'number', values: Float64Array.from(values) })
const plan = (encoder: ColumnPlan['encoder']): ColumnPlan => ({ name: 'x', source: 'x', encoder })
const lengthOf = (raw: RawColumn) => (raw.kind === 'token' ? raw.codes.length : raw.values.length)
const allRows = (raw: RawColumn) => Uint32Array.from({ length: lengthOf(raw) }, (_, row) => row)
const words = plan({ kind: 'vocabulary', size: 2, minimumRows: 2 })
const values = plan({ kind: 'values', size: 3, minimumRows: 1 })

function encoded(column: FittedColumn, raw: RawColumn): number[] {
  const out = new Uint16Array(lengthOf(raw))
  categoricalEncoder(column, raw, { out, stride: 1, offset: 0 })(0, out.length)
  return Array.from(out)
}

describe('growColumn', () => {
  const old = texts('tcp', 'tcp', 'tcp', 'udp', 'udp')

  it('appends the most frequent new categories, as many as the plan fits', () => {
    const fitted = fitColumn(words, old, allRows(old))
    const raw = texts('gre', 'gre', 'tcp', 'tcp', 'tcp', 'icmp', 'icmp', 'icmp', 'esp', 'esp', 'sctp')
    // esp and gre are as frequent as each other, and only one of them has a place.
    expect(growColumn(fitted, words, raw, allRows(raw))).toMatchObject({ tokens: ['tcp', 'udp', 'icmp', 'esp'] })
  })

  it('looks at the training rows alone, and forgets nothing that they lack', () => {
    const fitted = fitColumn(words, old, allRows(old))
    const raw = texts('gre', 'gre', 'icmp', 'icmp')
    expect(growColumn(fitted, words, raw, Uint32Array.of(2, 3))).toMatchObject({ tokens: ['tcp', 'udp', 'icmp'] })
  })

  it('leaves a column as it is that these events plan otherwise, or not at all', () => {
    const fitted = fitColumn(words, old, allRows(old))
    const raw = texts('gre', 'gre')
    for (const other of [undefined, { ...words, source: 'y' }, plan({ kind: 'count', cap: 3 })]) {
      expect(growColumn(fitted, other, raw, allRows(raw))).toEqual(fitted)
    }
  })

  it('leaves numbers and counts as they were fitted', () => {
    const raw = numbers(1, 2, 3, 4)
    for (const encoder of [{ kind: 'quantile', knots: 3 }, { kind: 'standard' }, { kind: 'count', cap: 9 }] as const) {
      const fitted = fitColumn(plan(encoder), raw, allRows(raw))
      const more = numbers(10, 20, 30)
      expect(growColumn(fitted, plan(encoder), more, allRows(more))).toEqual(fitted)
    }
  })
})

describe('allCategoriesBefore', () => {
  const kinds = [
    { columnPlan: words, cell: fc.constantFrom('a', 'b', 'c', 'd', 'e'), make: texts },
    { columnPlan: values, cell: fc.constantFrom(0, 1, 2, 5, 70, 900, -3), make: numbers },
  ] as const
  it.each(kinds)('turns what the grown $columnPlan.encoder.kind encodes into what it encoded before', (kind) => {
    const make = kind.make as (...cells: (string | number)[]) => RawColumn
    const cells = fc.array<string | number>(kind.cell, { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(cells, cells, (first, second) => {
        const [old, raw] = [make(...first), make(...second)]
        const fitted = fitColumn(kind.columnPlan, old, allRows(old))
        const grown = growColumn(fitted, kind.columnPlan, raw, allRows(raw))
        const [before] = allCategoriesBefore([fitted], [grown])
        expect(encoded(grown, raw).map((category) => before[category])).toEqual(encoded(fitted, raw))
        expect(encoded(grown, old).map((category) => before[category])).toEqual(encoded(fitted, old))
      }),
    )
  })

  it('has no entry for a column of numbers', () => {
    const raw = numbers(1, 2, 3)
    const column = fitColumn(plan({ kind: 'standard' }), raw, allRows(raw))
    expect(allCategoriesBefore([column], [column])).toEqual([])
  })
})
