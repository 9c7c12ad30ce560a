import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstRecord } from './read-delimited.ts'
import { readRecords } from './records.ts'

type Read = { readonly cells: string[][]; readonly lines: number[] }

async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : sizes[i % sizes.length]
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function read(text: string, sizes: readonly number[] = [], hasQuotes = true): Promise<Read> {
  const found: Read = { cells: [], lines: [] }
  await readRecords(
    'x.csv',
    pieces(text, sizes),
    { delimiter: ',', hasQuotes },
    ({ bytes, starts, ends, cells, line }) => {
      found.cells.push(
        Array.from({ length: cells }, (_, i) => Buffer.from(bytes.subarray(starts[i], ends[i])).toString('utf8')),
      )
      found.lines.push(line)
    },
  )
  return found
}

const cell = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '"', ',', '\n', '\r', '1', ' '), maxLength: 6 })
const quote = (text: string) => `"${text.replaceAll('"', '""')}"`

describe('records', () => {
  it('gives back what was written in quotation marks, wherever the pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }),
        async (rows, end, sizes) => {
          const text = rows.map((row) => row.map(quote).join(',') + end).join('')
          expect((await read(text, sizes)).cells).toEqual(rows)
        },
      ),
    )
  })

  it('counts lines by their ends, those within cells included', async () => {
    const text = 'a,b\r\n"x\ny",2\n\n3,4\r5,"6\r\n7"\n8,9'
    const { cells, lines } = await read(text, [3])
    expect(cells).toEqual([
      ['a', 'b'],
      ['x\ny', '2'],
      ['3', '4'],
      ['5', '6\r\n7'],
      ['8', '9'],
    ])
    expect(lines).toEqual([1, 2, 5, 6, 8])
  })

  it('trims cells, and leaves white space in quotation marks alone', async () => {
    expect((await read(' a ,\t" b "  ,c\t\n')).cells).toEqual([['a', ' b ', 'c']])
  })

  it('takes quotation marks for letters where they have no meaning', async () => {
    expect((await read('"a,b"\n', [], false)).cells).toEqual([['"a', 'b"']])
  })

  it.each([
    ['1,"2', /line 1: a quotation mark is open/],
    ['1,2\n"3"4,5\n', /line 2: text follows the quotation mark/],
    [`${'x'.repeat(2_000_001)},1\n`, /line 1: needs a record of at most/],
  ])('refuses %#', async (text, words) => {
    await expect(read(text, [1 << 16])).rejects.toMatchObject({
      code: 'FILE_MALFORMED',
      message: expect.stringMatching(words),
    })
  })
})

describe('the first record', () => {
  it.each([
    ['a line', 'a,b\n1,2\n', ['a', 'b']],
    ['a line break in quotation marks', '\n"name;\nlong","b ""c"""\r\n1,2\n', ['name;\nlong', 'b "c"']],
    ['no end of its line', 'a,b', ['a', 'b']],
    ['no text', '\n\n', null],
  ])('with %s is found wherever the pieces end', async (_, text, cells) => {
    for (const size of [1, 3, 100]) expect(await firstRecord('x.csv', pieces(text, [size]), null)).toEqual(cells)
  })
})
