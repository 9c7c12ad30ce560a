import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RawColumn } from '../raw-column.ts'
import { categoricalEncoder, denseEncoder } from './encode.ts'
import { fitColumn } from './fit.ts'
import { type ColumnPlan, type FittedColumn, isDense, parsePipeline, vocabularySize } from './pipeline.ts'

const numbers = (...values: number[]): RawColumn => ({ kind: 'number', values: Float64Array.from(values) })
const tokens = (codes: number[], dictionary: string[]): RawColumn => ({
  kind: 'token',
  codes: Int32Array.from(codes),
  dictionary,
})
const plan = (encoder: ColumnPlan['encoder']): ColumnPlan => ({ name: 'x', source: 'x', encoder })
const allRows = (column: RawColumn) =>
  Uint32Array.from({ length: column.kind === 'token' ? column.codes.length : column.values.length }, (_, row) => row)
const fit = (encoder: ColumnPlan['encoder'], column: RawColumn, rows = allRows(column)) =>
  fitColumn(plan(encoder), column, rows)

function encoded(column: FittedColumn, raw: RawColumn): number[] {
  const length = allRows(raw).length
  const target = { stride: 1, offset: 0 }
  if (isDense(column)) {
    const out = new Float32Array(length)
    denseEncoder(column, raw, { ...target, out })(0, length)
    return Array.from(out)
  }
  const out = new Uint16Array(length)
  categoricalEncoder(column, raw, { ...target, out })(0, length)
  return Array.from(out)
}

const ENCODERS: ColumnPlan['encoder'][] = [
  { kind: 'quantile', knots: 9 },
  { kind: 'standard' },
  { kind: 'values', size: 4, minimumRows: 2 },
  { kind: 'count', cap: 5 },
]

describe('quantile', () => {
  it('is the middle rank of a training value, scaled to [-1, 1]', () => {
    const raw = numbers(10, 20, 30, 40, 50)
    expect(encoded(fit({ kind: 'quantile', knots: 5 }, raw), raw)).toEqual([-1, -0.5, 0, 0.5, 1])
  })

  it('gives ties their middle rank', () => {
    const raw = numbers(0, 0, 0, 1)
    // Ranks 0, 1, 2 share the middle 1 of 0 .. 3.
    expect(fit({ kind: 'quantile', knots: 4 }, raw)).toMatchObject({ knots: [0, 1], levels: [2 / 3 - 1, 1] })
  })

  it('goes straight between knots, stays at the ends, and puts what is missing in the middle', () => {
    const column = fit({ kind: 'quantile', knots: 2 }, numbers(0, 100))
    expect(encoded(column, numbers(-5, 25, 50, 1e300, Number.NaN))).toEqual([-1, -0.5, 0, 1, 0])
  })

  it('lies where a search through all knots finds it, whatever their sizes and signs', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -4, max: 4 }),
      fc.constantFrom(-0, 5e-324, -5e-324),
    )
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 40 }),
        fc.array(number, { maxLength: 20 }),
        (own, more) => {
          const column = fit({ kind: 'quantile', knots: 17 }, numbers(...own))
          if (column.kind !== 'quantile') throw new TypeError('another encoder')
          const { knots, levels } = column
          const levelOf = (value: number) => {
            const right = knots.findIndex((knot) => knot >= value)
            if (right <= 0) return right === 0 ? levels[0] : levels[levels.length - 1]
            if (knots[right] === value) return levels[right]
            const share = (value / 2 - knots[right - 1] / 2) / (knots[right] / 2 - knots[right - 1] / 2)
            return levels[right - 1] + share * (levels[right] - levels[right - 1])
          }
          const all = [...own, ...more]
          expect(encoded(column, numbers(...all))).toEqual(all.map((value) => Math.fround(levelOf(value))))
        },
      ),
    )
  })

  it('is 0 for a constant and for a column without values', () => {
    expect(encoded(fit({ kind: 'quantile', knots: 5 }, numbers(3, 3, 3)), numbers(3, 2, 9))).toEqual([0, 0, 0])
    expect(encoded(fit({ kind: 'quantile', knots: 5 }, numbers(Number.NaN)), numbers(1, Number.NaN))).toEqual([0, 0])
  })
})

describe('standard', () => {
  it('subtracts the mean, divides by the deviation and cuts at 3', () => {
    const column = fit({ kind: 'standard' }, numbers(1, 3))
    expect(column).toMatchObject({ mean: 2, deviation: 1 })
    expect(encoded(column, numbers(1, 2.5, 99, -99, Number.NaN))).toEqual([-1, 0.5, 3, -3, 0])
  })

  it('encodes a constant as 0', () => {
    expect(encoded(fit({ kind: 'standard' }, numbers(7, 7)), numbers(7))).toEqual([0])
  })
})

describe('vocabulary', () => {
  it('numbers tokens by frequency, then alphabet; rare, unseen and missing are 0', () => {
    const raw = tokens([0, 1, 1, 2, 2, 3, -1], ['rare', 'b', 'a', 'unique'])
    const column = fit({ kind: 'vocabulary', size: 8, minimumRows: 2 }, raw)
    expect(column).toMatchObject({ tokens: ['a', 'b'] })
    expect(encoded(column, raw)).toEqual([0, 2, 2, 1, 1, 0, 0])
    expect(encoded(column, tokens([0, 1], ['new', 'a']))).toEqual([0, 1])
    expect(vocabularySize(column)).toBe(3)
  })

  it('takes __proto__ and the like for ordinary tokens', () => {
    const raw = tokens([0, 0, 1], ['__proto__', 'constructor'])
    expect(encoded(fit({ kind: 'vocabulary', size: 8, minimumRows: 1 }, raw), raw)).toEqual([1, 1, 2])
  })
})

describe('values', () => {
  it('knows frequent numbers exactly and others by magnitude', () => {
    const raw = numbers(832, 832, 832, 4096, 4096, 5)
    const column = fit({ kind: 'values', size: 4, minimumRows: 2 }, raw)
    expect(column).toMatchObject({ values: [832, 4096] })
    // 1 + 2 exact; then steps of two powers of two from index 3 on: 0-3, 4-15, 16-63, ...
    expect(encoded(column, numbers(832, 4096, 0, 3, 4, 15, 16, 2 ** 40, Number.NaN))).toEqual([
      1, 2, 3, 3, 4, 4, 5, 14, 0,
    ])
    expect(vocabularySize(column)).toBe(15)
  })
})

describe('count', () => {
  it('is exact up to the cap, which is no higher than training counts', () => {
    const column = fit({ kind: 'count', cap: 5 }, numbers(0, 1, 3))
    expect(column).toMatchObject({ cap: 3 })
    expect(encoded(column, numbers(0, 2, 3, 50, Number.NaN))).toEqual([1, 3, 4, 4, 0])
    expect(vocabularySize(column)).toBe(5)
  })
})

describe('every encoder', () => {
  const value = fc.oneof(
    fc.double({ noNaN: false, noDefaultInfinity: true }),
    fc.integer({ min: 0, max: 9 }),
    fc.constant(Number.NaN),
  )

  it('stays within its range, whatever comes after fitting', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ENCODERS),
        fc.array(value, { minLength: 1, maxLength: 40 }),
        fc.array(value, { minLength: 1, maxLength: 40 }),
        (encoder, train, later) => {
          const column = fit(encoder, numbers(...train))
          parsePipeline({ version: 1, dataset: 'x', features: 'full', columns: [column] })
          for (const result of encoded(column, numbers(...later))) {
            if (isDense(column)) expect(Math.abs(result)).toBeLessThanOrEqual(3)
            else expect(result).toBeLessThan(vocabularySize(column))
          }
        },
      ),
    )
  })

  it('learns nothing from rows outside the training part', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ENCODERS),
        fc.array(value, { minLength: 2, maxLength: 40 }),
        fc.array(value, { minLength: 1, maxLength: 40 }),
        (encoder, train, other) => {
          const rows = Uint32Array.from(train, (_, row) => row)
          const one = numbers(...train, ...other)
          const two = numbers(...train, ...other.map((x) => x * 3 + 1))
          expect(fit(encoder, one, rows)).toEqual(fit(encoder, two, rows))
        },
      ),
    )
  })
})

describe('parsePipeline', () => {
  const column: FittedColumn = { kind: 'count', name: 'a', source: 'a', cap: 3 }
  const good = {
    version: 1,
    dataset: 'darpa-tc',
    features: 'behaviour',
    history: null,
    reading: null,
    columns: [column],
  }

  it('returns what is good, also after JSON', () => {
    expect(parsePipeline(JSON.parse(JSON.stringify(good)))).toEqual(good)
  })

  it('keeps the plan of history, and has none where the file is from before plans', () => {
    const key = { name: 'host', limit: 10, idleMs: null }
    const history = { columns: [], keys: [key], folds: [{ name: 'a', key: 'host', kind: 'events' }] }
    expect(parsePipeline(JSON.parse(JSON.stringify({ ...good, history }))).history).toEqual(history)
    expect(parsePipeline({ ...good, history: undefined }).history).toBeNull()
    const bad = { ...good, history: { ...history, keys: [{ ...key, limit: 0 }] } }
    expect(() => parsePipeline(bad)).toThrow(/history\.keys\.0\.limit/)
  })

  const bad: [string, unknown][] = [
    ['another version', { ...good, version: 2 }],
    ['no columns', { ...good, columns: [] }],
    ['an unknown key', { ...good, extra: 1 }],
    ['an unknown encoder', { ...good, columns: [{ ...column, kind: 'eval' }] }],
    ['two columns of one name', { ...good, columns: [column, column] }],
    ['a huge cap', { ...good, columns: [{ ...column, cap: 1e9 }] }],
    [
      'knots that do not rise',
      { ...good, columns: [{ kind: 'quantile', name: 'q', source: 'q', knots: [1, 1], levels: [0, 0] }] },
    ],
    [
      'fewer levels than knots',
      { ...good, columns: [{ kind: 'quantile', name: 'q', source: 'q', knots: [1, 2], levels: [0] }] },
    ],
    ['a deviation of 0', { ...good, columns: [{ kind: 'standard', name: 's', source: 's', mean: 0, deviation: 0 }] }],
    ['repeated tokens', { ...good, columns: [{ kind: 'vocabulary', name: 'v', source: 'v', tokens: ['a', 'a'] }] }],
    ['null', null],
    ['text', 'pipeline'],
  ]
  it.each(bad)('refuses %s', (_, json) => {
    expect(() => parsePipeline(json)).toThrow(VigilError)
  })

  it('names the field', () => {
    expect(() => parsePipeline({ ...good, columns: [{ ...column, cap: 'many' }] })).toThrow(/columns\.0\.cap/)
  })

  it('meets any JSON with a data error and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({
            version: fc.constant(1),
            dataset: fc.string(),
            features: fc.constant('full'),
            columns: fc.array(fc.jsonValue()),
          }),
        ),
        (json) => {
          try {
            parsePipeline(json)
          } catch (error) {
            expect(error).toBeInstanceOf(VigilError)
            expect((error as VigilError).code).toBe('PIPELINE_INVALID')
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})
