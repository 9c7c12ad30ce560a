import { guessUnit, inMilliseconds, isoMilliseconds, parseNumber } from '@vigil/features'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ColumnBuilder, type ReadAs } from './column-builder.ts'
import { tokenTable } from './token-table.ts'

const bytes = (text: string) => Buffer.from(text)
const numberOf = (text: string) => parseNumber(bytes(text), 0, bytes(text).length)

function column(readAs: ReadAs, cells: readonly string[], missing: readonly string[] = ['', '-']) {
  const builder = new ColumnBuilder('x', { readAs, missing })
  for (const cell of cells) builder.addText(cell)
  return builder.finish()
}

describe('a number', () => {
  it('is the double that JavaScript reads, however it is spelt', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.maxSafeInteger()),
        (value) => {
          for (const text of [String(value), value.toExponential(), value.toFixed(6)]) {
            expect(numberOf(text)).toBe(Number(text))
          }
        },
      ),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[+-]?\d{0,18}\.?\d{0,18}$/), (text) => {
        const isNumber = /\d/.test(text)
        expect(numberOf(text)).toBe(isNumber ? Number(text) : Number.NaN)
      }),
    )
  })

  it('may be hexadecimal or infinite, and nothing else', () => {
    expect(['0x1F', 'inf', '-Infinity', '1e999'].map(numberOf)).toEqual([31, Infinity, -Infinity, Infinity])
    for (const text of ['1,5', '1 2', '0x', 'abc', '1e', '--1', '.', '+', '1.2.3', '١'])
      expect(numberOf(text)).toBeNaN()
  })
})

describe('a time', () => {
  it('is ISO 8601, with or without a zone, in milliseconds', () => {
    expect(isoMilliseconds('2024-02-29T12:00:00Z')).toBe(Date.UTC(2024, 1, 29, 12))
    expect(isoMilliseconds('2024-02-29 12:00:00.250+02:00')).toBe(Date.UTC(2024, 1, 29, 10, 0, 0, 250))
    expect(isoMilliseconds('2024-02-29')).toBe(Date.UTC(2024, 1, 29))
    for (const text of ['2023-02-29', '2024-13-01', '2024-01-01T25:00', 'yesterday', ''])
      expect(isoMilliseconds(text)).toBeNaN()
  })

  it('may be the identity of an audit record', () => {
    expect(isoMilliseconds('1626883065.201:216697')).toBe(1_626_883_065_201)
  })

  it('in numbers has the unit that puts it into our age', () => {
    const now = 1_700_000_000
    expect([now, now * 1e3, now * 1e6, now * 1e9].map(guessUnit)).toEqual(['s', 'ms', 'us', 'ns'])
    expect(inMilliseconds(now * 1e6, 'us')).toBe(now * 1e3)
  })

  it('takes the unit of each number from its size, and reads ISO 8601 beside it', () => {
    const read = column('times', [
      '0',
      '1700000000',
      '1700000000000',
      '2023-11-14T22:13:20Z',
      '2023-11-14 23:13:20+01',
      'x',
      '-',
    ])
    expect(read.column).toEqual({
      kind: 'number',
      values: Float64Array.of(0, 1.7e12, 1.7e12, 1.7e12, 1.7e12, Number.NaN, Number.NaN),
    })
    expect(read.counts).toEqual({ missing: 1, infinite: 0, malformed: 1, example: 'x' })
  })
})

describe('a token', () => {
  it('has one code for equal bytes, in the order in which they come', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 2000 }), (texts) => {
        const table = tokenTable()
        const distinct = [...new Set(texts)]
        for (const text of texts) {
          expect(table.codeOf(bytes(text), 0, bytes(text).length)).toBe(distinct.indexOf(text))
        }
        expect(table.texts()).toEqual(distinct)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a column', () => {
  it('is numbers where nearly all of its texts spell some, else tokens', () => {
    expect(column('auto', ['1', '-', 'inf']).column).toEqual({
      kind: 'number',
      values: Float64Array.of(1, Number.NaN, Number.NaN),
    })
    expect(column('auto', ['1', 'inf', 'x', '1']).column).toEqual({
      kind: 'token',
      codes: Int32Array.of(0, 1, 2, 0),
      dictionary: ['1', 'inf', 'x'],
    })
    const mostly = column('auto', [...Array.from({ length: 19 }, (_, i) => String(i)), 'bytes'])
    expect([mostly.column.kind, mostly.counts.malformed, mostly.counts.example]).toEqual(['number', 1, 'bytes'])
    expect(column('auto', [...Array.from({ length: 18 }, (_, i) => String(i)), 'bytes']).column.kind).toBe('token')
    expect(column('tokens', ['1', '1']).column).toMatchObject({ kind: 'token', dictionary: ['1'] })
  })

  it('counts what it reads as missing, by its reason', () => {
    expect(column('numbers', ['1', '', '-', 'inf', '1,5', 'x']).counts).toEqual({
      missing: 2,
      infinite: 1,
      malformed: 2,
      example: '1,5',
    })
  })

  it('says the same before and after it stops keeping texts', () => {
    const cells = Array.from({ length: 12_000 }, (_, i) => (i % 7 === 0 ? '-' : i % 11 === 0 ? 'inf' : String(i / 8)))
    const auto = column('auto', cells)
    expect(auto.column).toEqual(column('numbers', cells).column)
    expect(auto.counts).toEqual(column('numbers', cells).counts)
  })

  it('takes the last cell back as if it had never been', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ReadAs>('auto', 'tokens', 'numbers', 'times'),
        fc.array(fc.tuple(fc.constantFrom('1', '2.5', '-', 'inf', 'x', '9e9'), fc.boolean()), { maxLength: 30 }),
        (readAs, cells) => {
          const builder = new ColumnBuilder('x', { readAs, missing: ['-'], unit: 's' })
          for (const [cell, stays] of cells) {
            builder.addText(cell)
            if (!stays) builder.pop()
          }
          const kept = new ColumnBuilder('x', { readAs, missing: ['-'], unit: 's' })
          for (const [cell, stays] of cells) if (stays) kept.addText(cell)
          const [some, all] = [builder.finish(), kept.finish()]
          const texts = ({ column }: typeof some) =>
            column.kind === 'number'
              ? Array.from(column.values)
              : Array.from(column.codes, (code) => column.dictionary[code] ?? null)
          expect(texts(some)).toEqual(texts(all))
          expect({ ...some.counts, example: null }).toEqual({ ...all.counts, example: null })
        },
      ),
    )
  })

  it('calls a JSON number missing that the description calls so', () => {
    const builder = new ColumnBuilder('x', { readAs: 'auto', missing: ['-1'] })
    for (let i = 0; i < 12_000; i++) builder.addNumber(i % 2 === 0 ? -1 : i)
    expect(builder.finish().counts.missing).toBe(6000)
  })

  it('of too many texts is an identifier, and keeps nothing', () => {
    const builder = new ColumnBuilder('x', { readAs: 'auto', missing: [] })
    for (let i = 0; i <= 2 ** 20; i++) builder.addText(`u${i}`)
    expect(builder.finish()).toMatchObject({ isIdentifier: true, column: { kind: 'token', dictionary: [] } })
  })
})
