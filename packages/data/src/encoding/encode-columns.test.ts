import type { ColumnPlan, FittedColumn, RawColumn } from '@vigil/features'
import { describe, expect, it } from 'vitest'
import { encodeColumns } from './encode-columns.ts'

const ROWS = 6000

const numbers = (value: (row: number) => number): RawColumn => ({
  kind: 'number',
  values: Float64Array.from({ length: ROWS }, (_, row) => value(row)),
})
const RAW: Readonly<Record<string, RawColumn>> = {
  size: numbers((row) => (row % 13 === 0 ? Number.NaN : ((row * 7919) % 1009) / 8)),
  port: numbers((row) => row % 6),
  service: {
    kind: 'token',
    codes: Int32Array.from({ length: ROWS }, (_, row) => (row % 5) - 1),
    dictionary: ['a', 'b', 'c', 'd'],
  },
}

/** Fifteen inputs of three columns: more than one group whatever the number of threads. */
const plans = Array.from({ length: 5 }, (_, i): ColumnPlan[] => [
  { name: `size ${i}`, source: 'size', encoder: { kind: 'quantile', knots: 5 + i } },
  { name: `port ${i}`, source: 'port', encoder: { kind: 'values', size: 1 + i, minimumRows: 2 } },
  { name: `service ${i}`, source: 'service', encoder: { kind: 'vocabulary', size: 1 + i, minimumRows: 2 } },
]).flat()

/** Events whose columns are read one after another, as a database gives them. */
function eventsOf(raw: Readonly<Record<string, RawColumn>>) {
  let isReading = false
  const column = async (name: string) => {
    if (isReading) throw new Error('two columns at once')
    isReading = true
    await new Promise((resolve) => setTimeout(resolve, 1))
    isReading = false
    return raw[name]
  }
  return { rowCount: ROWS, column }
}

const rows = Uint32Array.from({ length: 4000 }, (_, i) => i)

describe('encodeColumns', () => {
  it.each([2, 3])('gives with %i threads what one gives', async (threads) => {
    const alone = await encodeColumns(eventsOf(RAW), { plans, rows, fitted: null }, 1)
    expect(await encodeColumns(eventsOf(RAW), { plans, rows, fitted: null }, threads)).toEqual(alone)
    const { columns, matrices } = alone
    expect(columns.map(({ name }) => name)).toEqual(plans.map(({ name }) => name))
    // Of service 4 every token is known, the commonest first and equal ones by the alphabet.
    expect(Array.from(matrices.categorical.subarray(0, 5 * 10)).filter((_, i) => i % 10 === 9)).toEqual([0, 1, 2, 3, 4])
    // Of port 0, with one category, row 0 has the one that is left after the tie: the least number.
    expect(columns[1]).toMatchObject({ kind: 'values', values: [0] })
  })

  it('throws what one thread throws where a column does not fit the pipeline', async () => {
    const fitted: FittedColumn[] = [{ kind: 'vocabulary', name: 'size', source: 'size', tokens: ['a'] }]
    for (const threads of [1, 2]) {
      await expect(encodeColumns(eventsOf(RAW), { plans: [], rows, fitted }, threads)).rejects.toMatchObject({
        code: 'PIPELINE_MISMATCH',
      })
    }
  })

  it('throws what reading a column throws', async () => {
    const events = {
      rowCount: ROWS,
      column: async (name: string) => {
        if (name === 'port') throw new Error('no such column')
        return RAW[name]
      },
    }
    await expect(encodeColumns(events, { plans, rows, fitted: null }, 2)).rejects.toThrow('no such column')
  })
})
