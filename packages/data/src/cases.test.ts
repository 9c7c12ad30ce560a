/** Files as people have them, each made anew from one good file: read alike, read as another file, or refused by name. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { sampleRecords, writeCsv } from './adapters/darpa-tc.fixture.ts'
import { loadDataset } from './load-dataset.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-cases-'))
afterAll(() => rmSync(folder, { recursive: true }))

const load = (path: string) =>
  loadDataset({ dataset: 'darpa-tc', path, features: 'full', split: 'stratified', splitSeed: 42, seed: 1, rows: null })
const fingerprintOf = async (path: string) => Buffer.from((await load(path)).dataset.fingerprint).toString('hex')
let goodFingerprint: Promise<string> | undefined
const readGood = () => (goodFingerprint ??= fingerprintOf(goodPath))
const failureOf = (path: string) =>
  load(path).then(
    ({ dataset }) => `read, ${dataset.rowCount} rows`,
    (error: Error & { code: string }) => `${error.code} ${error.message}`,
  )

const goodPath = join(folder, 'good.csv')
writeCsv(goodPath, sampleRecords())
const good = readFileSync(goodPath, 'utf8')
const lines = good.trimEnd().split('\n')
const HEADER_CELLS = lines[0].split(',')

/** The good file with one column's cells changed. */
function withColumn(name: string, change: (cell: string, row: number) => string): string {
  const place = HEADER_CELLS.indexOf(name)
  return [
    lines[0],
    ...lines.slice(1).map((line, row) => {
      const cells = line.split(',')
      cells[place] = change(cells[place], row)
      return cells.join(',')
    }),
  ].join('\n')
}

function withLine(at: number, line: string): string {
  return [...lines.slice(0, at), line, ...lines.slice(at)].join('\n')
}

function written(content: string | Uint8Array): string {
  const path = join(folder, 'case.csv')
  writeFileSync(path, content)
  return path
}

describe('a file of the same content', () => {
  it.each<[string, string]>([
    ['CRLF, then LF', lines.map((line, i) => line + (i < 100 ? '\r\n' : '\n')).join('')],
    ['a header with LF, rows with CRLF', `${lines[0]}\n${lines.slice(1).join('\r\n')}`],
    ['CR', lines.join('\r')],
    ['empty lines at the end and in between', `${lines.join('\n\n')}\n\n\r\n`],
    ['white space before names', [lines[0].replaceAll(',', ', '), ...lines.slice(1)].join('\n')],
    ['the index that pandas writes', lines.map((line, i) => (i === 0 ? `,${line}` : `${i - 1},${line}`)).join('\n')],
    ['every cell in quotation marks', lines.map((line) => `"${line.replaceAll(',', '","')}"`).join('\n')],
    ['whole numbers with .0', withColumn('src_port', (cell) => `${cell}.0`)],
    ['hexadecimal numbers', withColumn('sequence', (cell) => `0x${Number(cell).toString(16)}`)],
    ['a mark of UTF-8', `\ufeff${good}`],
  ])('is read alike: %s', async (_, text) => {
    expect(await fingerprintOf(written(text))).toBe(await readGood())
  })

  it('is read alike in folders whose names look like columns', async () => {
    const inner = join(folder, 'event_type=EVENT_OPEN', 'source=OTHER', 'is_suspicious=0', 'file_size=NaN')
    mkdirSync(inner, { recursive: true })
    writeFileSync(join(inner, 'good.csv'), good)
    expect(await fingerprintOf(inner)).toBe(await readGood())
  })

  it('has all its rows where some begin with #', async () => {
    const { dataset } = await load(
      written(withColumn('record_type', (cell, row) => (row % 10 === 0 ? `#${cell}` : cell))),
    )
    expect(dataset.rowCount).toBe(300)
  })
})

describe('a file that is refused', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['a comment in the middle', withLine(150, '# rotated'), /^FILE_MALFORMED .*line 151: needs 23 cells.*'# rotated'/],
    [
      'comments before the header',
      `# exported\n# by lab\n${good}`,
      /^FILE_MALFORMED .*line 1: .*in line 3. Remove the 2/,
    ],
    ['a preamble', `Report\n\n${good}`, /^FILE_MALFORMED .*in line 3/],
    ['a footer', `${good}(300 rows)\n`, /^FILE_MALFORMED .*line 302: .*'\(300 rows\)'/],
    [
      'a row of units',
      withLine(1, HEADER_CELLS.map(() => 'ns').join(',')),
      /^VALUE_INVALID .*line 2, column 'timestamp_ns'/,
    ],
    ['a short first row', withLine(1, 'RECORD_EVENT,LAB'), /^FILE_MALFORMED .*line 2: .*received 2 cells/],
    ['wider rows', lines.map((line, i) => (i > 200 ? `${line},x` : line)).join('\n'), /line 202: .*received 24 cells/],
    [
      'a byte of Windows-1252',
      Buffer.from(
        withColumn('file_path', () => '/a\x96b'),
        'latin1',
      ),
      /line 2: needs UTF-8.*0x96/,
    ],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), /^FILE_UNREADABLE .*UTF-16/],
    ['gzip', gzipSync(good), /^FILE_UNREADABLE .*gzip/],
    ['NUL bytes', withColumn('file_path', () => '/x\0y'), /^FILE_MALFORMED .*line 2: .*NUL/],
    [
      'fractions',
      withColumn('dst_port', (cell) => `${cell}.6`),
      /^VALUE_INVALID .*line 2, column 'dst_port'.*fraction/,
    ],
    [
      'times as a spreadsheet leaves them',
      withColumn('timestamp_ns', () => '1.70000E+18'),
      /^VALUE_INVALID .*line 2, column 'timestamp_ns'.*lost digits/,
    ],
    ['times as floating-point numbers', withColumn('timestamp_ns', () => '1.7000000000044856e+18'), /lost digits/],
    ['ISO times', withColumn('timestamp_ns', () => '2023-11-14T22:13:20.004485656Z'), /nanoseconds since 1970/],
    ['separators of thousands', withColumn('memory_address', () => '"175,668"'), /column 'memory_address'.*separators/],
    [
      'the label twice',
      lines.map((line, i) => `${line},${i === 0 ? 'is_suspicious' : 'true'}`).join('\n'),
      /^COLUMNS_REPEATED .*'is_suspicious'/,
    ],
    [
      'a port twice',
      lines.map((line, i) => `${i === 0 ? 'src_port' : '0'},${line}`).join('\n'),
      /^COLUMNS_REPEATED .*'src_port'.*columns 1, 14/,
    ],
    [
      'an escape sequence in the header',
      good.replace('record_type', 'record_type\x1b[31m'),
      /^COLUMNS_MISSING .*'record_type\\x1b\[31m'/,
    ],
  ])('%s', async (_, content, words) => {
    const failure = await failureOf(written(content))
    expect(failure).toMatch(words)
    expect(failure).not.toMatch(/\p{Cc}/u)
    expect(failure.length).toBeLessThan(1100)
  })
})
