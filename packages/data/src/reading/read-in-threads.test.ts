import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readInThreads, readShares } from './read-in-threads.ts'
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

/** The lines of a table without a cell in quotation marks. */
const plain = (text: string) => text.replaceAll('"a ""b"",\n', 'ab')

const plainPaths = [
  file('plain one.csv', plain(rowsFrom(0, 5000))),
  file('plain two.csv', plain(rowsFrom(5000, 15_000))),
]

/** As one thread would read them; null = the shares do not fit together. */
const shares = (files: readonly string[], threads: number, own = plan, ownStyle = style) =>
  readShares(files, ownStyle, { plan: own, threads, progress: quiet })

describe('reading in threads', () => {
  it('takes one delimiter for a file that names no columns, from its first line', async () => {
    const lines = (line: string) => `${line}\n`.repeat(3000)
    const path = file('nameless.csv', lines('1;2;3') + lines('1,5;2,5;3'))
    const named = { ...style, header: ['x', 'y', 'z'] }
    const read = await readInThreads([path], named, plan, quiet, 2)
    expect(read).toEqual(await readTable([path], named, plan, quiet))
    expect(await shares([path], 2, plan, { ...named, delimiter: ';' })).toEqual(read)
  })

  it.each([2, 3, 7])('gives with %i threads the table that one thread gives', async (threads) => {
    const table = await readInThreads(paths, style, plan, quiet, threads)
    const alone = await readTable(paths, style, plan, quiet)
    expect(table).toEqual(alone)
    expect([...table.columns.keys()]).toEqual(['when', 'port', 'text', 'size', 'size (2)'])
    expect(table).toMatchObject({ rowCount: 15_000, repeatedHeaders: 2 })
    expect(table.columns.get('size')?.counts).toMatchObject({ infinite: 167, malformed: 14, example: 'many' })
  })

  it.each([2, 4])('joins the shares of %i threads', async (threads) => {
    const alone = await readTable(plainPaths, style, plan, quiet)
    expect(alone).toMatchObject({ rowCount: 15_000, repeatedHeaders: 2 })
    expect(await shares(plainPaths, threads)).toEqual(alone)
  })

  it('joins columns of which a share alone does not tell what they hold', async () => {
    // Few cells that are there; texts that come again; a number beyond the first share alone; too many to keep as numbers.
    const row = (i: number) => [
      i % 7 === 0 ? i : '',
      `t${i % 900}`,
      i > 20_000 ? `word ${i}` : i,
      i / 3,
      i === 29_000 ? 'x' : 5,
    ]
    const lines = Array.from({ length: 30_000 }, (_, i) => row(i).join(','))
    const path = file('kinds.csv', ['few,text,late,number,odd', ...lines].join('\n'))
    const alone = await readTable([path], style, plan, quiet)
    expect(await shares([path], 2)).toEqual(alone)
    expect(alone.columns.get('odd')?.counts).toMatchObject({ malformed: 1, example: 'x' })
  })

  it('does not join shares where the later one took for numbers what the first took for texts', async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => (i < 20_000 ? `word ${i % 10},1` : `${i % 10},100000`))
    const path = file('texts.csv', ['a,b', ...lines].join('\n'))
    expect(await shares([path], 2)).toBeNull()
    const table = await readInThreads([path], style, plan, quiet, 2)
    expect(table).toEqual(await readTable([path], style, plan, quiet))
    expect(table.columns.get('a')?.column).toMatchObject({ kind: 'token', dictionary: { length: 20 } })
  })

  it('does not take an end of a line within quotation marks for the end of a row', async () => {
    const text = `a,b\n${'1,2\n'.repeat(100)}3,"${'4,5\n'.repeat(1000)}"\n${'6,7\n'.repeat(100)}`
    const path = file('quoted.csv', text)
    expect(await shares([path], 2)).toBeNull()
    expect(await readInThreads([path], style, plan, quiet, 2)).toMatchObject({ rowCount: 201 })
  })

  it('follows the columns of a log of Zeek that change their order within a file', async () => {
    const zeek = { ...style, format: 'zeek' } as const
    const part = (names: string, row: string) => `#fields\t${names}\n${`${row}\n`.repeat(300)}`
    const same = file('same.log', part('a\tb', '1\t2') + part('a\tb', '3\t4'))
    expect(await shares([same], 3, plan, zeek)).toEqual(await readTable([same], zeek, plan, quiet))
    const turned = file('turned.log', part('a\tb', '1\t2') + part('b\ta', '2\t1'))
    expect(await shares([turned], 3, plan, zeek)).toBeNull()
    expect(await readInThreads([turned], zeek, plan, quiet, 3)).toEqual(await readTable([turned], zeek, plan, quiet))
  })

  it('refuses files of other columns as one thread does', async () => {
    const other = file('other.csv', `a,b\n${'1,2\n'.repeat(9000)}`)
    const [threads, alone] = await Promise.allSettled([
      readInThreads([...plainPaths, other], style, plan, quiet, 3),
      readTable([...plainPaths, other], style, plan, quiet),
    ])
    expect(threads).toMatchObject({ reason: { code: 'COLUMNS_MISSING' } })
    expect(threads).toEqual(alone)
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
