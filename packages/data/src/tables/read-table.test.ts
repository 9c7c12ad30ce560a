import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ColumnKind } from './cell-values.ts'
import { type Database, openDatabase } from './database.ts'
import { findEventFiles } from './event-files.ts'
import { readTable } from './read-table.ts'

const COLUMNS: Record<string, ColumnKind> = {
  name: 'text',
  port: 'whole',
  place: 'address',
  size: 'decimal',
  bad: 'label',
}
const HEADER = 'name,port,place,size,bad'

let database: Database
let folder: string
beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-table-'))
  return () => rmSync(folder, { recursive: true })
})

async function read(path: string): Promise<unknown[][]> {
  await database.run('DROP TABLE IF EXISTS made')
  await readTable(database, findEventFiles(path), { name: 'made', columns: COLUMNS, rowsMax: 100 })
  return database.rows('SELECT name, port::VARCHAR, place::VARCHAR, size, bad FROM made ORDER BY rowid')
}

function csv(content: string | Uint8Array, name = 'table.csv'): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

async function parquet(select: string, name = 'table.parquet'): Promise<string> {
  await database.run(`COPY (${select}) TO '${join(folder, name)}' (FORMAT parquet)`)
  return join(folder, name)
}

const failureOf = (path: string) =>
  read(path).then(
    () => null,
    (error: Error & { code: string }) => `${error.code} ${error.message}`,
  )

describe('values of CSV', () => {
  it.each([
    ['443', '443'],
    [' 443 ', '443'],
    ['+5', '5'],
    ['-0', '0'],
    ['007', '7'],
    ['443.0', '443'],
    ['443.', '443'],
    ['0x01bb', '443'],
    ['0X01BB', '443'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775807', '9223372036854775807'],
    ['9223372036854775807.00', '9223372036854775807'],
    ['1700000000004485656.0', '1700000000004485656'],
  ])('reads the whole number "%s"', async (cell, value) => {
    expect(await read(csv(`${HEADER}\nx,${cell},${cell},1,1\n`))).toEqual([['x', value, value, 1, true]])
  })

  it('reads addresses of 64 bits without a sign', async () => {
    const rows = ['18446744073709551615', '0xffff888000000000'].map((cell) => `x,1,${cell},1,1`)
    const read64 = await read(csv([HEADER, ...rows].join('\n')))
    expect(read64.map(([, , address]) => address)).toEqual(['18446744073709551615', '18446612682070032384'])
  })

  it.each([
    ['53.6', /column 'port': needs a whole number from -2\^63 to 2\^63 - 1, received '53.6'. It has a fraction/],
    ['9223372036854775808', /2\^63 - 1, received '9223372036854775808'/],
    ['0xffff888000000000', /2\^63 - 1/],
    ['1.7e18', /may have lost digits/],
    ['5e0', /may have lost digits/],
    ['1_000', /without separators/],
    ['"1,000"', /without separators/],
    ['1 000', /without separators/],
    ['0x', /'0x'/],
    ['0b11', /'0b11'/],
    ['0x1ffffffffffffffff', /2\^63/],
    ['2023-11-14T22:13:20Z', /nanoseconds since 1970/],
    ['NaN', /'NaN'/],
    ['--5', /'--5'/],
    ['5-', /'5-'/],
    ['٣', /'٣'/],
    ['', /received nothing/],
    ['""', /received nothing/],
    ['   ', /received nothing/],
    ['NULL', /'NULL'/],
    ['\x1b[31m', /'\\x1b\[31m'/],
    ['"1\n2"', /'1\\n2'/],
  ])('refuses the whole number "%s" by its line and column', async (cell, words) => {
    const failure = await failureOf(csv(`${HEADER}\nx,1,1,1,1\n\n"x\n",${cell},1,1,1\n`))
    expect(failure).toMatch(/^VALUE_INVALID Data file .*table\.csv, line 4, column 'port'/)
    expect(failure).toMatch(words)
    expect(failure!.length).toBeLessThan(1100)
  })

  it.each([
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['-1.5E-3', -0.0015],
    [' +2 ', 2],
    ['-0', 0],
    ['123456789012345678', 123456789012345680],
    ['1e-400', 0],
  ])('reads the number "%s"', async (cell, value) => {
    const [[, , , size]] = await read(csv(`${HEADER}\nx,1,1,${cell},1\n`))
    expect(Number(size) + 0).toBe(value)
  })

  it.each(['1e999', '-1e999', 'NaN', 'inf', 'Infinity', '0x10', '1_000', '1.2.3', 'e5', '.', '', '1,5'])(
    'refuses the number "%s"',
    async (cell) => {
      expect(await failureOf(csv(`${HEADER}\nx,1,1,"${cell}",1\n`))).toMatch(
        /^VALUE_INVALID .*line 2, column 'size': needs a finite number/,
      )
    },
  )

  it('reads labels, and refuses what is none', async () => {
    const words = ['true', 'TRUE', ' 1', '1.0', 'False', '0 ', '0.0']
    const rows = await read(csv([HEADER, ...words.map((word) => `x,1,1,1,${word}`)].join('\n')))
    expect(rows.map(([, , , , label]) => label)).toEqual([true, true, true, true, false, false, false])
    for (const word of ['yes', '2', '-1', '', 'null', 'tru', '1e0']) {
      expect(await failureOf(csv(`${HEADER}\nx,1,1,1,${word}\n`))).toMatch(/^VALUE_INVALID .*'bad': needs true, false/)
    }
  })

  it('takes text as it is', async () => {
    const texts = ['# no comment', '', 'NULL', ' x', '=1+1', '\\N', '\x1b[2J', '\u202ex', '"a,""b""\r\nc"']
    const rows = await read(csv([HEADER, ...texts.map((text) => `${text},1,1,1,1`)].join('\n')))
    expect(rows.map(([text]) => text)).toEqual([...texts.slice(0, -1), 'a,"b"\r\nc'])
  })

  it('refuses a huge cell with a short message', async () => {
    const failure = await failureOf(csv(`${HEADER}\nx,${'9'.repeat(500_000)},1,1,1\n`))
    expect(failure).toMatch(/line 2, column 'port': .*received '9{36} \.\.\. 9{24}'/)
  })

  it('names the first wrong row, then the first column, over all files', async () => {
    mkdirSync(join(folder, 'parts'))
    csv(`${HEADER}\nx,1,1,1,1\nx,1,1,1,1\n`, 'parts/a.csv')
    csv('bad,size,port,place,name\n1,1,1,1,x\nno,no,1,1,x\n1,1,no,1,x\n', 'parts/b.csv')
    expect(await failureOf(join(folder, 'parts'))).toMatch(/parts\/b\.csv, line 3, column 'size'/)
  })
})

describe('headers', () => {
  const row = 'x,1,2,3,1'
  const wanted = [['x', '1', '2', 3, true]]

  it.each([
    ['white space around names', ` name , port,place\t,size, bad \n${row}`],
    ['quoted names', `"name","port",place,size,"bad"\n${row}`],
    ['a mark of UTF-8', `\ufeff${HEADER}\n${row}`],
    ['a mark of UTF-8 before a quoted name', `\ufeff"name",port,place,size,bad\n${row}`],
    ['names without meaning, twice', `,,${HEADER},note,note\n,,${row},"a\nb",`],
    ['names that SQL knows', `select,"a""b",${HEADER},c0,row,filename\n,,${row},,,`],
    ['no line end at the end', `${HEADER}\r\n${row}`],
  ])('reads %s', async (_, text) => {
    expect(await read(csv(text))).toEqual(wanted)
  })

  it.each([
    [
      'a name twice',
      'name,port,place,size,bad,bad\nx,1,2,3,1,0',
      /^COLUMNS_REPEATED .*one column 'bad', received 2, the columns 5, 6/,
    ],
    ['a name twice, in capitals', 'PORT,name,port,place,size,bad\n9,x,1,2,3,1', /^COLUMNS_REPEATED .*the columns 1, 3/],
    ['semicolons', 'name;port;place;size;bad\nx;1;2;3;1', /^FILE_MALFORMED .*line 1: needs commas.*semicolons/],
    ['tabs', 'name\tport\tplace\tsize\tbad\nx\t1\t2\t3\t1', /^FILE_MALFORMED .*tabs/],
    [
      'lines before it',
      `Report\n\n# by us\n${HEADER}\n${row}`,
      /^FILE_MALFORMED .*line 1: .*in line 4. Remove the 3 lines/,
    ],
    ['no header', `${row}\n${row}\n`, /^COLUMNS_MISSING .*'name' and 4 more/],
    ['a header alone', `${HEADER}\n`, /^PATH_EMPTY .*header only/],
    ['a header alone, without a line end', HEADER, /^PATH_EMPTY .*header only/],
    ['empty lines alone', '\n\r\n \n', /^PATH_EMPTY .*white space only/],
    [
      'the header again in the middle',
      `${HEADER}\n${row}\n${HEADER}\n`,
      /^VALUE_INVALID .*line 3, column 'port'.*'port'/,
    ],
    ['an escape sequence', `name,port,place,size\x1b,bad\n${row}`, /^COLUMNS_MISSING .*'size\\x1b'/],
    ['too many names', `${HEADER}${',x'.repeat(10_000)}\n`, /^FILE_MALFORMED .*may name 10000 columns, names 10005/],
    ['one huge name', 'x'.repeat(3_000_000), /^COLUMNS_MISSING .*nearest column there is 'x{36} \.\.\. x{24}'/],
    ['quotation marks without end', '"'.repeat(3_000_001), /^COLUMNS_MISSING/],
    ['a folder of names', `${HEADER.replace('bad', 'bda')}\n${row}`, /^COLUMNS_MISSING .*'bad'.*nearest.*'bda'/],
  ])('refuses %s', async (_, text, words) => {
    expect(await failureOf(csv(text))).toMatch(words)
  })
})

describe('files', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]), /compressed by gzip. Unpack/],
    ['gzip cut to two bytes', Buffer.from([0x1f, 0x8b]), /compressed by gzip/],
    ['a spreadsheet', Buffer.from('PK\x03\x04....'), /ZIP archive or a spreadsheet/],
    ['Parquet', Buffer.from('PAR1....PAR1'), /a Parquet file. Name it/],
    ['UTF-16', Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'), /UTF-16.*iconv/],
    ['UTF-16, big end first', Buffer.from(`\ufeff${HEADER}\n`, 'utf16le').swap16(), /UTF-16/],
    ['UTF-16 without a mark', Buffer.from(`${HEADER}\n`, 'utf16le'), /UTF-16/],
  ])('refuses %s that is called CSV', async (_, content, words) => {
    const failure = await failureOf(csv(content))
    expect(failure).toMatch(/^FILE_UNREADABLE/)
    expect(failure).toMatch(words)
  })

  it('refuses what is no file to read', async () => {
    expect(await failureOf(csv('', 'empty.csv'))).toMatch(/^PATH_EMPTY/)
    mkdirSync(join(folder, 'folder.csv'))
    expect(await failureOf(join(folder, 'folder.csv'))).toMatch(/^PATH_EMPTY .*an empty folder/)
    symlinkSync('loop.csv', join(folder, 'loop.csv'))
    expect(await failureOf(join(folder, 'loop.csv'))).toMatch(/^FILE_UNREADABLE .*ELOOP/)
    symlinkSync('/dev/zero', join(folder, 'zero.csv'))
    expect(await failureOf(join(folder, 'zero.csv'))).toMatch(/^PATH_UNSUPPORTED/)
    execFileSync('mkfifo', [join(folder, 'fifo.csv')])
    expect(await failureOf(join(folder, 'fifo.csv'))).toMatch(/^PATH_UNSUPPORTED/)
    expect(await failureOf(`${folder}/${'x'.repeat(300)}.csv`)).toMatch(/^FILE_UNREADABLE .*ENAMETOOLONG/)
    expect(await failureOf(join(folder, 'a\x1b[2J\n.csv'))).toMatch(/^PATH_MISSING .*a\\x1b\[2J\\n\.csv/)
  })

  it('takes nothing from the names of folders, and passes over names that begin with a dot', async () => {
    const parts = join(folder, 'bad=0', 'port=NaN', "name=it's [x]*?")
    mkdirSync(parts, { recursive: true })
    writeFileSync(join(parts, 'a.csv'), `${HEADER}\nx,1,2,3,1\n`)
    writeFileSync(join(parts, '._a.csv'), 'left by a Macintosh\0')
    expect(await read(parts)).toEqual([['x', '1', '2', 3, true]])
    rmSync(join(parts, 'a.csv'))
    await parquet("SELECT 'x' AS name, 1 AS port, 2 AS place, 3 AS size, true AS bad", 'made.parquet')
    execFileSync('mv', [join(folder, 'made.parquet'), join(parts, 'b.parquet')])
    expect(await read(parts)).toEqual([['x', '1', '2', 3, true]])
  })

  it('refuses more rows than there may be', async () => {
    expect(await failureOf(csv(`${HEADER}\n${'x,1,1,1,1\n'.repeat(101)}`))).toMatch(/^ROWS_TOO_MANY .*received 101/)
  })
})

describe('types of Parquet', () => {
  const row = (changes: Record<string, string>) => {
    const values: Record<string, string> = { name: "'x'", port: '1', place: '2', size: '3', bad: 'true', ...changes }
    return Object.entries(values)
      .map(([name, value]) => `${value} AS ${name}`)
      .join(', ')
  }

  it.each([
    [
      'integers',
      { port: '187::UTINYINT', place: '18446744073709551615::UBIGINT', size: '5::SMALLINT', bad: '1::TINYINT' },
      ['x', '187', '18446744073709551615', 5, true],
    ],
    [
      'whole DOUBLE and FLOAT',
      { port: '443::DOUBLE', place: '9007199254740992::DOUBLE', size: '1.5::FLOAT', bad: '0::DOUBLE' },
      ['x', '443', '9007199254740992', 1.5, false],
    ],
    [
      'DECIMAL',
      { port: '443.00::DECIMAL(9, 2)', place: '-1::DECIMAL(20, 0)', size: '1.25::DECIMAL(5, 2)' },
      ['x', '443', '-1', 1.25, true],
    ],
    ['text', { port: "'0x1bb'", place: "' 5.0 '", size: "'1e3'", bad: "'False'" }, ['x', '443', '5', 1000, false]],
    ['text of other types', { name: '5::BIGINT' }, ['5', '1', '2', 3, true]],
    ['missing text', { name: 'NULL::VARCHAR' }, ['', '1', '2', 3, true]],
  ])('reads %s', async (_, changes, expected) => {
    expect(await read(await parquet(`SELECT ${row(changes as Record<string, string>)}`))).toEqual([expected])
  })

  it.each([
    ['a fraction', { port: '53.6::DOUBLE' }, /^VALUE_INVALID .*row 1, column 'port'.*'53.6'. It has a fraction/],
    ['a DOUBLE above 2^53', { port: '1.7e18::DOUBLE' }, /^VALUE_INVALID .*lost digits/],
    ['a FLOAT above 2^24', { place: '16777218::FLOAT' }, /^VALUE_INVALID .*'place'/],
    ['a fraction of DECIMAL', { port: '1.5::DECIMAL(3, 1)' }, /^VALUE_INVALID .*'1.5'/],
    ['an unsigned number above 2^63', { port: '9223372036854775808::UBIGINT' }, /^VALUE_INVALID .*2\^63 - 1/],
    ['a number that is missing', { port: 'NULL::BIGINT' }, /^VALUE_INVALID .*received nothing/],
    ['NaN', { size: "'NaN'::DOUBLE" }, /^VALUE_INVALID .*'nan'/],
    ['infinity', { size: "'inf'::FLOAT" }, /^VALUE_INVALID .*'inf'/],
    ['a label of 2', { bad: '2' }, /^VALUE_INVALID .*'bad'.*'2'/],
    ['a time', { port: "TIMESTAMP '2023-01-01'" }, /^COLUMN_TYPE .*'port'.*'TIMESTAMP'/],
    ['a list', { place: '[1, 2]' }, /^COLUMN_TYPE .*'INTEGER\[\]'/],
    ['a structure', { size: '{a: 1}' }, /^COLUMN_TYPE .*'STRUCT\(a INTEGER\)'/],
    ['text of bytes', { name: "'x'::BLOB" }, /^COLUMN_TYPE .*'BLOB'/],
    ['text of fractions', { name: '1.5::DOUBLE' }, /^COLUMN_TYPE .*'DOUBLE'/],
    ['a boolean number', { port: 'true' }, /^COLUMN_TYPE .*'BOOLEAN'/],
    ['no column', { bad: '1 AS bda, 1' }, null],
  ])('refuses %s', async (_, changes, words) => {
    if (words === null) {
      const path = await parquet("SELECT 'x' AS name, 1 AS port, 2 AS place, 3 AS size, 1 AS bda, {bad: 1} AS inner")
      expect(await failureOf(path)).toMatch(/^COLUMNS_MISSING .*'bad'/)
    } else
      expect(await failureOf(await parquet(`SELECT ${row(changes as unknown as Record<string, string>)}`))).toMatch(
        words,
      )
  })

  it('keeps the values of each file whatever the types of the others', async () => {
    const parts = join(folder, 'parts')
    mkdirSync(parts)
    const times = '1700000000000000000 + range'
    await parquet(`SELECT ${row({ port: '1::DOUBLE' })}`, 'parts/a.parquet')
    await parquet(`SELECT ${row({ port: times })} FROM range(3)`, 'parts/b.parquet')
    await parquet(`SELECT bad, size, '0x7' AS port, place, name FROM (SELECT ${row({})})`, 'parts/c.parquet')
    const ports = (await read(parts)).map(([, port]) => port)
    expect(ports).toEqual(['1', '1700000000000000000', '1700000000000000001', '1700000000000000002', '7'])
  })

  it('refuses a name twice, and a file that is damaged', async () => {
    expect(await failureOf(await parquet(`SELECT ${row({})}, 1 AS "BAD "`))).toMatch(/^COLUMNS_REPEATED .*'bad'/)
    const path = await parquet(`SELECT ${row({ name: 'range' })} FROM range(50)`)
    truncateSync(path, 100)
    expect(await failureOf(path)).toMatch(/^FILE_TRUNCATED/)
    const footer = Buffer.concat([
      Buffer.from('PAR1'),
      Buffer.alloc(40),
      Buffer.from([255, 255, 255, 127]),
      Buffer.from('PAR1'),
    ])
    writeFileSync(path, footer)
    expect(await failureOf(path)).toMatch(/^FILE_UNREADABLE .*table\.parquet: cannot be read, DuckDB says/)
  })
})
