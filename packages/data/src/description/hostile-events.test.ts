import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadDataset } from '../load-dataset.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-hostile-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const put = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content)

function load(description: string) {
  put('events.yaml', description)
  const path = join(folder, 'events.yaml')
  const request = { dataset: 'events', path, features: 'behaviour', split: 'described' } as const
  return loadDataset({ ...request, splitSeed: 42, seed: 1, rows: null })
}

const failure = (description: string) =>
  load(description).then(
    () => 'read',
    (error: Error & { code: string }) => `${error.code} ${error.message}`,
  )

const rows = (count: number, row: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('')
const label = (i: number) => (i % 4 === 0 ? 'bad' : 'good')
const TAIL = 'label: { column: label, threat: [bad] }\n'

describe('files', () => {
  it('of several zstd frames are refused, not read in part', async () => {
    const text = `a,label\n${rows(100, (i) => `${i},${label(i)}`)}`
    put('a.csv.zst', Buffer.concat([zstdCompressSync(text), zstdCompressSync(rows(100, (i) => `${i},good`))]))
    expect(await failure(`files: { all: [a.csv.zst] }\n${TAIL}`)).toMatch(/^FILE_UNREADABLE .*one zstd frame/)
  })

  it('with a name three times, or one that looks like a second one, keep a column for each', async () => {
    put('a.csv', `a,a,a (2),label\n${rows(100, (i) => `${i},${i * 2},${i * 3},${label(i)}`)}`)
    const { dataset } = await load(`files: { all: [a.csv] }\n${TAIL}`)
    expect(dataset.denseNames).toEqual(['a', 'a (2)', 'a (2) (2)'])
  })

  it.each([
    ['utf-16le', [0xff, 0xfe], (text: string) => Buffer.from(text, 'utf16le')],
    ['utf-16be', [0xfe, 0xff], (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ])('of %s are read whole, and refused where they end within a character', async (_, mark, encode) => {
    const text = `a,label\n${rows(100, (i) => `${i} é,${label(i)}`)}`
    const bytes = Buffer.concat([Buffer.from(mark), encode(text)])
    put('a.csv', bytes)
    const described = `files: { all: [a.csv] }\n${TAIL}columns: { categorical: [a] }\n`
    expect(await failure(described)).toBe('read')
    put('a.csv', bytes.subarray(0, -1))
    expect(await failure(described)).toMatch(/^FILE_UNREADABLE .*half a character at its end/)
  })

  it('with a name of more than 200 characters are refused', async () => {
    put('a.csv', `${'n'.repeat(201)},label\n${rows(100, (i) => `${i},${label(i)}`)}`)
    expect(await failure(`files: { all: [a.csv] }\n${TAIL}`)).toMatch(/^FILE_MALFORMED .*200 characters, received 201/)
  })

  it('with a column more than the first are refused', async () => {
    put('a.csv', `a,label\n${rows(100, (i) => `${i},${label(i)}`)}`)
    put('b.csv', `a,b,label\n${rows(100, (i) => `${i},1,${label(i)}`)}`)
    expect(await failure(`files: { all: [a.csv, b.csv] }\n${TAIL}`)).toMatch(
      /^COLUMNS_MISSING .*b\.csv: .*has 'b' besides/,
    )
  })

  it('of JSON keep long identities apart, and refuse what is nested too deep', async () => {
    const id = (i: number) => `1152921504606846${900 + (i % 50)}`
    put(
      'a.jsonl',
      rows(200, (i) => `{"id": ${id(i)}, "n": ${i}, "label": "${label(i)}"}`),
    )
    const { streams } = await load(`files: { all: [a.jsonl] }\n${TAIL}stream: [id]\n`)
    expect(new Set(streams).size).toBe(50)
    put('deep.jsonl', `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}, "label": "bad"}\n`)
    expect(await failure(`files: { all: [deep.jsonl] }\n${TAIL}`)).toMatch(/^FILE_MALFORMED .*deep\.jsonl, line 1/)
  })
})

describe('descriptions', () => {
  it('cannot make inputs of what tells the label', async () => {
    put('a.csv', `host,n,t,label\n${rows(200, (i) => `h${i % 8},${i},${1_700_000_000 + i},${label(i)}`)}`)
    const unit = (of: string, more = '') =>
      `files: { all: [a.csv] }\n${TAIL}time: { column: t }\nunit: { by: host, every: 1m, of: [${of}] }\n${more}`
    expect(await failure(unit('label'))).toMatch(/^DESCRIPTION_INVALID .*line 4.*"unit\.of" names 'label'/)
    expect(await failure(unit('n', 'columns: { leaky: [n] }\n'))).toMatch(/"unit\.of" names 'n'/)
    const past = `files: { all: [a.csv] }\nlabel: { expression: 'label == "bad"' }\nstream: [host]\nhistory: { of: [label] }\n`
    expect(await failure(past)).toMatch(/"history\.of" names 'label'/)
    put('bad.csv', `host\n${rows(2, (i) => `h${i}`)}`)
    const joined = await load(
      'files: { all: [a.csv] }\nlabel: { join: { file: bad.csv, on: [host] } }\ncolumns: { ignore: [label] }\n',
    )
    expect([...joined.dataset.denseNames, ...joined.dataset.categoricalColumns.map(({ name }) => name)]).toEqual([
      'n',
      't',
    ])
  })

  it('with a threat that occurs nowhere are refused', async () => {
    put('a.csv', `n,label\n${rows(100, (i) => `${i},${label(i)}`)}`)
    expect(await failure('files: { all: [a.csv] }\nlabel: { column: label, threat: [bad, bda] }\n')).toMatch(
      /^VALUE_INVALID .*'bda', which is none/,
    )
  })

  it('that hold themselves, or times that are none, get one message', async () => {
    put('a.csv', `n,t,label\n${rows(100, (i) => `${i},soon,${label(i)}`)}`)
    expect(await failure('files: &x [*x]\nlabel: { column: a, threat: [1] }\n')).toMatch(
      /^DESCRIPTION_INVALID .*line 1/,
    )
    expect(await failure(`files: { all: [a.csv] }\n${TAIL}time: { column: t }\n`)).toMatch(
      /^VALUE_INVALID .*"time".*received none in 100 of 100/,
    )
    expect(await failure(`files: { all: [a.csv] }\n${TAIL}where: 'file == "a.csv"'\n`)).toMatch(
      /^COLUMNS_MISSING .*'file'/,
    )
  })

  it('give a pipeline that can be read again, however long texts and alike names are', async () => {
    const long = 'x'.repeat(3000)
    put(
      'a.csv',
      `size,size (value),text,label\n${rows(200, (i) => `${i % 5},${i % 3},${i % 2 === 0 ? long : 'y'},${label(i)}`)}`,
    )
    const { pipeline } = await load(`files: { all: [a.csv] }\n${TAIL}`)
    expect(pipeline.columns.map(({ name }) => name)).toEqual([
      'size',
      'size (value)',
      'size (value) (2)',
      'size (value) (value)',
      'text',
    ])
    for (const at of ['a', 'b']) mkdirSync(join(folder, at))
    for (const at of ['a/1', 'b/1', 'a/2', 'b/2']) put(`${at}.csv`, `n,label\n${rows(50, (i) => `${i},${label(i)}`)}`)
    const placed = await load(
      `files: { all: [a/1.csv, b/1.csv, a/2.csv, b/2.csv] }\n${TAIL}columns: { categorical: [folder] }\n`,
    )
    expect(placed.pipeline.columns.find(({ name }) => name === 'folder')).toMatchObject({ tokens: ['a', 'b'] })
  })
})

describe('where', () => {
  it('sees a number that no double holds as missing, whichever comes first', async () => {
    const values = ['Infinity', '', '5', '-5']
    put('a.csv', `n,m,label\n${rows(400, (i) => `${values[i % 4]},${i},${i % 8 < 4 ? 'bad' : 'good'}`)}`)
    const { dataset } = await load(`files: { all: [a.csv] }\n${TAIL}where: 'n >= 0'\nmissing: ['']\n`)
    expect(dataset.rowCount).toBe(100)
  })

  it('takes a time that grows with the rows alone', async () => {
    // A column that has all but told what it holds was asked again for every row that is left out.
    put('a.csv', `id,label\n${rows(60_000, (i) => `${i < 9_999 ? `u${i}` : `v${i}`},${label(i)}`)}`)
    const { dataset } = await load(
      `files: { all: [a.csv] }\n${TAIL}where: 'id.startsWith("u")'\ncolumns: { categorical: [id] }\n`,
    )
    expect(dataset.rowCount).toBe(9_999)
  })

  it('and windows of time are as many as they like', async () => {
    put('a.csv', `t,n,label\n${rows(20_000, (i) => `${1_700_000_000 + i},${i},x`)}`)
    put('w.csv', `from,to\n${rows(50_000, (i) => `${1_700_000_000 + 2 * i},${1_700_000_000 + 2 * i}`)}`)
    const { dataset } = await load(
      'files: { all: [a.csv] }\nlabel: { windows: { file: w.csv, from: from, to: to } }\ntime: { column: t }\ncolumns: { ignore: [label] }\n',
    )
    expect(Array.from(dataset.labels.subarray(0, 4))).toEqual([1, 0, 1, 0])
  })
})
