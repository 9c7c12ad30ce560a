import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomStream, randomUnit } from '@vigil/random'
import { afterAll, describe, expect, it } from 'vitest'
import { checkRows, lineOfRow, RECORD_BYTES_MAX } from './csv-rows.ts'
import { openDatabase } from './database.ts'
import { openFile } from './source-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-csv-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(content: string | Uint8Array): string {
  const path = join(folder, 'table.csv')
  writeFileSync(path, content)
  return path
}

const CHARACTERS = [..."ab01#._-'é€😀\x1b"]
const LINE_ENDS = ['\n', '\r\n', '\r']

/** A file made of cells, what its cells are, and in which line each row begins: known because it is made that way. */
function madeTable(seed: number, rowCount: number) {
  const random = randomStream(seed, 'split')
  let drawn = 0
  const upTo = (n: number) => Math.floor(randomUnit(random, drawn++) * n)
  const width = 2 + upTo(4)
  const [quoting, breaking, mixed] = [upTo(3) > 0, upTo(2) > 0, upTo(2) > 0]
  const ownEnd = LINE_ENDS[upTo(3)]
  const end = () => (mixed ? LINE_ENDS[upTo(3)] : ownEnd)
  const plain = () => Array.from({ length: upTo(8) }, () => CHARACTERS[upTo(CHARACTERS.length)]).join('')
  const rows: string[][] = []
  const lines: number[] = []
  let text = Array.from({ length: width }, (_, i) => `h${i}`).join(',') + end()
  let line = 2
  for (let r = 0; r < rowCount; r++) {
    if (upTo(10) === 0) {
      text += '\r\n'
      line++
    }
    const cells = Array.from({ length: width }, () => {
      if (!quoting || upTo(3) > 0) return { value: plain(), written: null }
      const broken = breaking && upTo(2) > 0 ? LINE_ENDS[upTo(3)] : ''
      return { value: `${plain()}",${broken}${plain()}`, written: true }
    })
    if (cells.every(({ value }) => value === '')) cells[0].value = 'x'
    rows.push(cells.map(({ value }) => value))
    lines.push(line)
    const record = cells.map(({ value, written }) => (written === null ? value : `"${value.replaceAll('"', '""')}"`))
    line += 1 + record.join(',').split(/\r\n|\n|\r/).length - 1
    text += record.join(',') + end()
  }
  return { text, width, rows, lines }
}

describe('checkRows', () => {
  it('counts records, finds their lines, and DuckDB reads the same cells: quotation marks, line ends of all kinds', async () => {
    const database = await openDatabase()
    for (let seed = 1; seed <= 60; seed++) {
      const { text, width, rows, lines } = madeTable(seed, 40)
      const path = written(text)
      const where = `seed ${seed}`
      expect(await checkRows(path, width), where).toEqual({
        rowCount: rows.length,
        hasQuotes: text.includes('"'),
      })
      for (const row of [0, 7, 39]) expect(await lineOfRow(path, width, row), where).toBe(lines[row])
      const file = await openFile(database, { path, format: 'csv' }, ['h0', 'h1'])
      for (const scan of (await file.check()).scans) {
        const read = (await database.rows(`SELECT * FROM ${scan}`)).map((cells) => cells.map((cell) => cell ?? ''))
        expect(read, where).toEqual(rows)
      }
    }
    database.close()
  })

  it('sees characters, quotation marks and line ends that lie across two pieces of the file', async () => {
    const row = (length: number) => `${'x'.repeat(length - 4)},"y"`
    for (const shift of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
      // The first piece ends within `€",` or the CRLF behind it.
      const head = `a,b\r\n${Array.from({ length: 41 }, () => `${row(100_000)}\r\n`).join('')}`
      const rest = (1 << 22) - head.length - 8 + shift
      const path = written(`${head}"${'z'.repeat(rest)}€",""""\r\n1,2`)
      expect(await checkRows(path, 2)).toEqual({ rowCount: 43, hasQuotes: true })
      expect(await lineOfRow(path, 2, 42)).toBe(44)
    }
  })

  it.each<[string, string | Uint8Array, RegExp]>([
    ['a short row', 'a,b\n1,2\n3\n', /line 3: needs 2 cells.*received 1 cell: '3'/],
    ['a wide row', 'a,b\n1,2\n3,4,5', /line 3: needs 2 cells.*received 3 cells/],
    ['a trailing comma', 'a,b\n1,2,\n', /line 2: .*received 3 cells: '1,2,'/],
    ['a line of white space', 'a,b\n1,2\n  \n', /line 3: .*received 1 cell: ' {2}'/],
    ['a NUL', 'a,b\n1,2\n3,\0\n', /line 3: .*NUL/],
    ['a NUL in quotation marks, lines before it', 'a,b\n"1\r\n\r",\n"\n\0",2\n', /line 6: .*NUL/],
    ['a mark inside a cell', 'a,b\n1,x"y\n', /line 2: a cell holds a quotation mark/],
    ['white space before a mark', 'a,b\n1, "y"\n', /line 2: a cell holds a quotation mark/],
    ['text behind a mark', 'a,b\n1,"x"y\n', /line 2: text follows/],
    ['white space behind a mark', 'a,b\n"x" ,1\n', /line 2: text follows/],
    ['a mark that nothing closes', 'a,b\n1,2\n3,"4\n5,6\n', /line 3: a quotation mark opens.*none closes/],
    ['bytes of Windows-1252', Buffer.from('a,b\n1,2\n\x963,4\n', 'latin1'), /line 3: .*0x96/],
    ['an overlong character', Buffer.from([97, 44, 98, 10, 0xc0, 0x80]), /line 2: .*0xc0/],
    ['half a surrogate pair', Buffer.from([97, 44, 98, 10, 0xed, 0xa0, 0x80]), /line 2: .*0xed/],
    ['a character cut off by the end', Buffer.from([97, 44, 98, 10, 0xe2, 0x82]), /line 2: .*0xe2/],
    ['a record that is too long', `a,b\n${'x'.repeat(RECORD_BYTES_MAX + 1)},2\n`, /line 2: a record may have 1000000/],
    ['a huge line', Buffer.alloc(20_000_000, 'x'), /line 1: a record may have 1000000/],
    ['a mark that closes too late', `a,b\n1,"${'x\n'.repeat(5_000_000)}`, /line 2: .*mark in line 2 none closes/],
  ])('refuses %s by its line', async (_, content, words) => {
    const failure = checkRows(written(content), 2)
    await expect(failure).rejects.toMatchObject({ code: 'FILE_MALFORMED', message: expect.stringMatching(words) })
    await failure.catch((error: Error) => expect(error.message.length).toBeLessThan(1000))
  })

  it('takes empty lines for nothing, and the longest record for one', async () => {
    expect(await checkRows(written('\n\na,b\n\n1,2\r\r\n\n3,4\n\n\n'), 2)).toEqual({ rowCount: 2, hasQuotes: false })
    const longest = `${'x'.repeat(RECORD_BYTES_MAX - 2)},2`
    expect(await checkRows(written(`\ufeffa,b\n${longest}\n`), 2)).toEqual({ rowCount: 1, hasQuotes: false })
  })
})
