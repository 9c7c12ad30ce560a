import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readInThreads } from './read-in-threads.ts'
import { readTable, type SourceStyle } from './read-table.ts'
import type { TablePlan } from './table-builder.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-threads-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const style: SourceStyle = { format: 'csv', encoding: 'utf-8', delimiter: null, header: null }
const plan: TablePlan = {
  readAs: {
    named: new Map([
      ['when', 'times'],
      ['unused', null],
      ['port', 'tokens'],
    ]),
    others: 'auto',
  },
  missing: ['', '-'],
  timeUnit: null,
  keep: null,
  rowsMax: 50_000,
  share: null,
}
const quiet = () => undefined

/** Rows with all kinds of cells: line ends within quotation marks, other columns' names, what is no number, a second header. */
function rowsFrom(start: number, end: number): string {
  const rows = Array.from({ length: end - start }, (_, i) => {
    const row = start + i
    const size = row % 97 === 0 ? '-' : row % 89 === 0 ? 'Infinity' : row % 1009 === 0 ? 'many' : `${row / 8}`
    return `2024-01-01T00:00:${String(row % 60).padStart(2, '0')}Z,x,${row % 7},"a ""b"",\n${row % 11}",${size},${row}`
  })
  const names = 'when,unused,port,text,size,size'
  return [names, ...rows, names].join('\n')
}

const paths = [file('one.csv', rowsFrom(0, 12_000)), file('two.csv', rowsFrom(12_000, 15_000))]

describe('reading in threads', () => {
  it.each([2, 3, 7])('gives with %i threads the table that one thread gives', async (threads) => {
    const table = await readInThreads(paths, style, plan, quiet, threads)
    const alone = await readTable(paths, style, plan, quiet)
    expect(table).toEqual(alone)
    expect([...table.columns.keys()]).toEqual(['when', 'port', 'text', 'size', 'size (2)'])
    expect(table).toMatchObject({ rowCount: 15_000, repeatedHeaders: 2 })
    expect(table.columns.get('size')?.counts).toMatchObject({ infinite: 167, malformed: 14, example: 'many' })
  })

  it('names the line of a file that is not as it must be, as one thread does', async () => {
    const wrong = file('wrong.csv', `${rowsFrom(0, 20)}\n1,2\n`)
    const [threads, alone] = await Promise.allSettled([
      readInThreads([wrong], style, plan, quiet, 2),
      readTable([wrong], style, plan, quiet),
    ])
    expect(threads).toMatchObject({ reason: { code: 'FILE_MALFORMED', message: expect.stringMatching(/line 43: /) } })
    expect(threads).toEqual(alone)
  })

  it('refuses too many rows', async () => {
    await expect(readInThreads(paths, style, { ...plan, rowsMax: 14_999 }, quiet, 2)).rejects.toMatchObject({
      code: 'ROWS_TOO_MANY',
    })
  })

  it('keeps all cells to one thread where rows are left out', async () => {
    const keep: TablePlan['keep'] = (cell) => cell('port') === 3
    const table = await readInThreads(paths, style, { ...plan, keep }, quiet)
    expect(table.leftOut).toBe(15_000 - table.rowCount)
    expect(table.rowCount).toBe(2143)
  })
})
