import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LoadedDataset, loadDataset } from '../load-dataset.ts'
import { openDatabase } from '../tables/database.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-events-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const ROWS = 200

/** Flows: threats are large udp flows; every tenth duration is missing. */
const flows = Array.from({ length: ROWS }, (_, i) => ({
  ts: 1_700_000_000 + i * 0.25,
  host: `h${i % 7}`,
  proto: i % 3 === 0 ? 'udp' : 'tcp',
  bytes: i % 3 === 0 && i % 2 === 0 ? 5000 + i : i,
  duration: i % 10 === 0 ? null : i / 8,
  label: i % 3 === 0 && i % 2 === 0 ? 'scan' : 'normal',
}))
type Flow = (typeof flows)[number]
const NAMES = Object.keys(flows[0]) as (keyof Flow)[]

const lines = (rows: readonly Flow[], separator: string, end = '\n') =>
  rows.map((row) => NAMES.map((name) => row[name] ?? '-').join(separator) + end).join('')
const csv = (rows: readonly Flow[] = flows, separator = ',', end = '\n') =>
  NAMES.join(separator) + end + lines(rows, separator, end)
const zeek = `#separator \\x09\n#set_separator\t,\n#path\tconn\n#fields\t${NAMES.join('\t')}\n#types\ttime\n${lines(flows, '\t')}#close\t2024\n`
const jsonl = flows.map((row) => JSON.stringify(row)).join('\n')

const TAIL = `label: { column: label, benign: [normal] }
time: { column: ts }
stream: [host]
`

function put(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

function load(description: string, features: 'behaviour' | 'full' = 'behaviour'): Promise<LoadedDataset> {
  const path = put('events.yaml', description)
  return loadDataset({ dataset: 'events', path, features, split: 'described', splitSeed: 42, seed: 1, rows: null })
}

const of = (name: string, more = '') => load(`files: { all: [${name}] }\n${TAIL}${more}`)
const failure = (loading: Promise<unknown>) =>
  loading.then(
    () => 'read',
    (error: Error & { code: string }) => `${error.code} ${error.message}`,
  )

describe('events of a description', () => {
  it('carry what a threat of each class costs, and how they were recorded', async () => {
    put('a.csv', csv())
    const { dataset, capturedUnder } = await of(
      'a.csv',
      'class: label\nthreats: { damage: { scan: 4 } }\ncapturedUnder: ips\n',
    )
    expect(capturedUnder).toBe('ips')
    expect([...dataset.consequences!.damage!]).toEqual(flows.map(({ label }) => (label === 'scan' ? 4 : 1)))
    const plain = await of('a.csv')
    expect(plain.capturedUnder).toBe('unknown')
    expect(plain.dataset.consequences).toEqual({ ratios: null, hazard: 0, damage: null })
  })

  it.each(['order: [scan, exploit]', 'damage: { scan: 2, exploit: 4 }', 'order: [benign, scan]'])(
    'refuse a class that no threat has: %s',
    async (threats) => {
      put('a.csv', csv())
      const described = `class: label\nthreats: { ${threats} }\n`
      expect(await failure(of('a.csv', described))).toMatch(
        /^VALUE_INVALID .*"threats\.(order|damage)".* '(exploit|benign)', which is none\. The threats are 'scan'/,
      )
    },
  )

  it('know how many of them happen in a day where they have times', async () => {
    put('a.csv', csv())
    const { eventsPerDay } = (await of('a.csv')).dataset
    // Four a second, whichever part of them a split holds.
    for (const part of ['validation', 'test'] as const) {
      expect(eventsPerDay![part] / (4 * 86_400)).toBeCloseTo(1, 1)
    }
    const timeless = await load('files: { all: [a.csv] }\nlabel: { column: label, benign: [normal] }')
    expect(timeless.dataset.eventsPerDay).toBeNull()
  })

  it('are the same in every format, plain, packed or divided into files', async () => {
    put('a.csv', csv())
    const { dataset } = await of('a.csv')
    expect(dataset.rowCount).toBe(ROWS)
    expect(dataset.denseNames).toEqual(['bytes', 'duration'])
    expect(dataset.categoricalColumns.map(({ name }) => name)).toEqual(['proto'])
    expect(dataset.classNames).toEqual(['benign', 'threat'])

    put('b.tsv', csv(flows, '\t'))
    put('semicolon.csv', csv(flows, ';', '\r\n'))
    put('quoted.csv', csv().replace(/[^,\n]+/g, '"$&"'))
    put('mark.csv', `\ufeff${csv()}`)
    put('wide.csv', Buffer.from(`\ufeff${csv()}`, 'utf16le'))
    put('c.log', zeek)
    put('d.jsonl', jsonl)
    put('e.csv.gz', gzipSync(csv()))
    put('f.json.zst', zstdCompressSync(jsonl))
    put('g1.csv', csv(flows.slice(0, 90)))
    put('g2.csv', csv(flows.slice(90)))
    const database = await openDatabase()
    await database.run(
      `COPY (SELECT * FROM read_csv('${join(folder, 'a.csv')}', nullstr = '-')) TO '${join(folder, 'h.parquet')}' (FORMAT parquet)`,
    )
    database.close()
    const names = [
      'b.tsv',
      'semicolon.csv',
      'quoted.csv',
      'mark.csv',
      'wide.csv',
      'c.log',
      'd.jsonl',
      'e.csv.gz',
      'f.json.zst',
      'g*.csv',
      'h.parquet',
    ]
    for (const name of names) {
      const other = await of(name)
      expect([name, Buffer.from(other.dataset.fingerprint).toString('hex')]).toEqual([
        name,
        Buffer.from(dataset.fingerprint).toString('hex'),
      ])
    }
  })

  it('keep their meaning when rows that "where" leaves out are among them', async () => {
    put('a.csv', csv())
    const noisy = flows.flatMap((row, i) => (i % 5 === 0 ? [{ ...row, host: 'noise', bytes: 9e15 }, row] : [row]))
    put('b.csv', csv(noisy))
    const { dataset, notes } = await of('b.csv', `where: 'host != "noise"'`)
    expect(dataset.fingerprint).toEqual((await of('a.csv')).dataset.fingerprint)
    expect(notes).toContain('left out by "where": 40 rows')
  })

  it.each([
    ['label: { column: label, benign: [normal] }\nclass: proto', ['label', 'proto']],
    [`label: { expression: 'label == "scan" && bytes > 1', unknown: 'duration > 20' }`, ['bytes', 'label', 'duration']],
  ])('tell who reads them live which columns tell the label: %s', async (label, names) => {
    put('a.csv', csv())
    const { pipeline } = await load(`files: { all: [a.csv] }\n${label}\ntime: { column: ts }\nstream: [host]\n`)
    expect(pipeline.reading?.labels).toEqual(names)
  })

  it('have given train and test files, and validation drawn from train', async () => {
    put('a.csv', csv(flows.slice(0, 150)))
    put('b.csv', csv(flows.slice(150)))
    const { dataset } = await load(
      `files: { train: [a.csv], test: [b.csv] }\n${TAIL}split: { by: files, validation: 0.2 }`,
    )
    const { train, validation, test } = dataset.splits
    expect(Array.from(test.rows).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => 150 + i))
    expect([train.rows.length, validation.rows.length]).toEqual([120, 30])
    const threats = (rows: Uint32Array) => rows.reduce((sum, row) => sum + dataset.labels[row], 0)
    expect(threats(validation.rows)).toBe(5)
  })

  it('may be divided by a column', async () => {
    put('a.csv', csv())
    const { dataset } = await of(
      'a.csv',
      'split: { column: host, train: [h0, h1, h2, h3], validation: [h4], test: [h5] }',
    )
    const hosts = (rows: Uint32Array) => [...new Set(Array.from(rows, (row) => row % 7))].sort()
    const { train, validation, test } = dataset.splits
    expect([train, validation, test].map(({ rows }) => hosts(rows))).toEqual([[0, 1, 2, 3], [4], [5]])
    // What tells the part tells nothing else.
    expect(dataset.categoricalColumns.map(({ name }) => name)).not.toContain('host')
  })

  it('have leaky columns as inputs in the profile full alone', async () => {
    put('a.csv', csv())
    const text = `files: { all: [a.csv] }\n${TAIL}columns: { leaky: [bytes] }`
    expect((await load(text)).dataset.denseNames).toEqual(['duration'])
    expect((await load(text, 'full')).dataset.denseNames).toEqual(['bytes', 'duration'])
  })

  it('are in the order of time, whatever the order of the files', async () => {
    put('a.csv', csv())
    put('b.csv', csv(flows.toReversed()))
    const spans = async (name: string) => {
      const { dataset } = await of(name, 'split: { by: temporal }')
      return Array.from(dataset.splits.test.rows, (row) => (name === 'a.csv' ? row : ROWS - 1 - row)).sort(
        (a, b) => a - b,
      )
    }
    expect(await spans('b.csv')).toEqual(await spans('a.csv'))
  })
})

describe('history', () => {
  it('is what came before in the same stream, whatever the order of the rows', async () => {
    put('a.csv', csv())
    put('b.csv', csv(flows.toReversed()))
    const more = 'history: { events: 2, of: [proto] }'
    const { dataset, pipeline } = await of('a.csv', more)
    expect(dataset.categoricalColumns.map(({ name }) => name)).toEqual(['proto', 'proto[-1]', 'proto[-2]'])
    expect(dataset.denseNames).toEqual(['bytes', 'duration', 'stream gap_ms', 'stream events'])
    const before = pipeline.columns.find(({ name }) => name === 'proto[-1]') as { tokens: string[] }
    for (let row = 0; row < ROWS; row++) {
      const index = dataset.categorical[row * 3 + 1]
      // Seven hosts take turns.
      expect(index === 0 ? null : before.tokens[index - 1]).toBe(row < 7 ? null : flows[row - 7].proto)
    }
    const reversed = (await of('b.csv', more)).dataset
    const last = ROWS - 1
    expect(Array.from(reversed.categorical.subarray(0, 3))).toEqual(
      // Of the two encodings the places may differ, as the training rows do; the tokens of tcp and udp do not.
      Array.from(dataset.categorical.subarray(last * 3, last * 3 + 3)),
    )
  })

  it('does not change with the label, leaky columns or later rows', async () => {
    const more = 'columns: { leaky: [bytes] }\nhistory: { events: 2, of: [proto] }\nsplit: { by: temporal }'
    put('a.csv', csv())
    put(
      'b.csv',
      csv(
        flows.map((row, i) =>
          i === 100 ? { ...row, label: 'scan', bytes: 1 } : i > 100 ? { ...row, proto: 'icmp' } : row,
        ),
      ),
    )
    const a = await of('a.csv', more)
    const upTo = ({ dataset }: LoadedDataset) => {
      const { denseNames, categoricalColumns, dense, categorical } = dataset
      return [dense.subarray(0, 101 * denseNames.length), categorical.subarray(0, 101 * categoricalColumns.length)]
    }
    // One encoder for both, as in a run.
    const path = put('events.yaml', `files: { all: [b.csv] }\n${TAIL}${more}`)
    const { pipeline } = a
    const request = { dataset: 'events', path, features: 'behaviour', split: 'described', pipeline } as const
    const b = await loadDataset({ ...request, splitSeed: 42, seed: 1, rows: null })
    expect(upTo(b)).toEqual(upTo(a))
    expect(b.dataset.labels[100]).not.toBe(a.dataset.labels[100])
  })
})

describe('labels', () => {
  it('come from an expression, whose columns are then no inputs', async () => {
    put('a.csv', csv())
    const { dataset } = await load(
      `files: { all: [a.csv] }\nlabel: { expression: 'proto == "udp" && bytes > 4000' }\nstream: [host]\ncolumns: { ignore: [label] }\n`,
    )
    expect(Array.from(dataset.labels)).toEqual(flows.map(({ label }) => Number(label === 'scan')))
    expect([...dataset.denseNames, ...dataset.categoricalColumns.map(({ name }) => name)]).toEqual(['ts', 'duration'])
  })

  it('come from another table by common columns', async () => {
    put('a.csv', csv())
    const bad = flows.filter(({ label }) => label === 'scan')
    put(
      'labels.csv',
      `host,ts,verdict\n${bad.map(({ host, ts }, i) => `${host},${ts},${i === 0 ? 'fine' : 'bad'}`).join('\n')}\n`,
    )
    const { dataset, notes } = await load(
      `files: { all: [a.csv] }\nlabel: { join: { file: labels.csv, on: [host, ts], column: verdict, threat: [bad] } }\ncolumns: { ignore: [label] }`,
    )
    expect(dataset.labels.reduce((a, b) => a + b)).toBe(bad.length - 1)
    expect(notes.some((note) => note.includes(`${bad.length} of ${ROWS} events have a row`))).toBe(true)
  })

  it('come from windows of time on a host, with the name of the attack', async () => {
    put('a.csv', csv())
    put(
      'attacks.csv',
      'start,end,host,name\n1700000010,1700000020,h1,shell\n2023-11-14T22:13:50Z,2023-11-14T22:14:00Z,h2,scan\n',
    )
    const { dataset } = await load(
      `files: { all: [a.csv] }\nlabel: { windows: { file: attacks.csv, from: start, to: end, on: [host], class: name } }\ntime: { column: ts, unit: s }\ncolumns: { ignore: [label] }`,
    )
    const expected = flows.map(({ ts, host }) =>
      host === 'h1' && ts >= 1.70000001e9 && ts <= 1.70000002e9
        ? 'shell'
        : host === 'h2' && ts >= 1.70000003e9 && ts <= 1.70000004e9
          ? 'scan'
          : 'benign',
    )
    expect(Array.from(dataset.classes, (index) => dataset.classNames[index])).toEqual(expected)
    expect(new Set(expected).size).toBe(3)
  })
})

describe('what is in real files', () => {
  const odd =
    ' Flow Duration ,Bytes/s,Bytes/s, Label\n1,Infinity,3,BENIGN\n Flow Duration ,Bytes/s,Bytes/s, Label\n2,NaN,4,Attack\n'

  it('is read and counted: names with spaces or twice, headers that come again, infinite cells', async () => {
    put(
      'a.csv',
      odd + Array.from({ length: 40 }, (_, i) => `${i},${i / 3},${i},${i % 4 === 0 ? 'Attack' : 'BENIGN'}\n`).join(''),
    )
    const { dataset, notes } = await load('files: { all: [a.csv] }\nlabel: { column: Label, threat: [Attack] }')
    expect(dataset.rowCount).toBe(42)
    expect(dataset.denseNames).toEqual(['Flow Duration', 'Bytes/s', 'Bytes/s (2)'])
    expect(notes).toEqual(
      expect.arrayContaining([
        'passed over: 1 header line that came again',
        "a column's name comes again: it is called 'Bytes/s (2)'",
        "column 'Bytes/s': 1 missing, 1 infinite; read as missing",
      ]),
    )
  })

  it('is read as numbers where a line of units stands below the header, and says what it did with the others', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `${i},u${i},1,${i % 4 === 0 ? 'Attack' : 'BENIGN'}`)
    put('a.csv', `size,id,version,Label\nbytes,text,none,BENIGN\n${rows.join('\n')}\n`)
    const { dataset, notes } = await load('files: { all: [a.csv] }\nlabel: { column: Label, threat: [Attack] }')
    expect([dataset.rowCount, dataset.denseNames]).toEqual([201, ['size']])
    expect(notes).toEqual(
      expect.arrayContaining([
        "column 'size': 1 not a number, as 'bytes'; read as missing",
        "column 'version': constant: left out",
        expect.stringMatching(/^column 'id': an identifier \(\d+ different texts in \d+ rows\): left out$/),
      ]),
    )
  })

  it('is refused with file, line and remedy where it cannot be read', async () => {
    put('ragged.csv', `${csv(flows.slice(0, 3))}1,2\n`)
    put('dash.csv', Buffer.from(csv(flows.slice(0, 3)).replace('tcp', 't\x96p'), 'latin1'))
    put('list.json', '[{"a": 1}]')
    put('cut.csv.gz', gzipSync(csv()).subarray(0, 300))
    put('empty.csv', '')
    put('header.csv', csv([]))
    put('bad.jsonl', `${jsonl}\n{"ts": }\n`)
    put('other.csv', 'a,b\n1,2\n')
    mkdirSync(join(folder, 'none'))
    expect(await failure(of('ragged.csv'))).toMatch(/^FILE_MALFORMED .*ragged\.csv, line 5: needs 6 cells.* received 2/)
    expect(await failure(of('dash.csv'))).toMatch(/^FILE_UNREADABLE .*dash\.csv, line \d: .*0x96.*cp1252/)
    expect(await failure(of('dash.csv', 'encoding: cp1252'))).not.toMatch(/UNREADABLE/)
    expect(await failure(of('list.json'))).toMatch(
      /^FILE_MALFORMED .*list\.json, line 1: needs one object per line.*jq/,
    )
    expect(await failure(of('cut.csv.gz'))).toMatch(/^FILE_TRUNCATED .*cut\.csv\.gz/)
    expect(await failure(of('empty.csv'))).toMatch(/^PATH_EMPTY .*empty\.csv/)
    expect(await failure(of('header.csv'))).toMatch(/^PATH_EMPTY .*need rows, received none/)
    expect(await failure(of('bad.jsonl'))).toMatch(/^FILE_MALFORMED .*bad\.jsonl, line 201.*needs a JSON object/)
    expect(await failure(of('other.csv'))).toMatch(/^COLUMNS_MISSING .*other\.csv/)
    expect(await failure(of('absent.csv'))).toMatch(/^PATH_MISSING .*absent\.csv/)
    expect(await failure(of('none'))).toMatch(/^PATH_MISSING/)
    put('a.csv', csv())
    put('b.csv', csv().replace('proto', 'protocol'))
    expect(await failure(load(`files: { all: [a.csv, b.csv] }\n${TAIL}`))).toMatch(
      /^COLUMNS_MISSING .*b\.csv: .*lacks 'proto'/,
    )
    expect(await failure(load('files: { all: [a.csv] }\nlabel: { column: label, threat: [attack] }'))).toMatch(
      /^VALUE_INVALID .*"label\.threat".*'attack'.*'scan', 'normal'/,
    )
    expect(await failure(load('files: { all: [a.csv] }\nlabel: { column: duration, threat: [1] }'))).toMatch(
      /^VALUE_INVALID .*a\.csv, row 1 .*'duration': needs a label, received nothing/,
    )
    expect(await failure(of('a.csv', 'where: \'bytes > "x"\''))).toMatch(/^EXPRESSION_INVALID .*"where"/)
    expect(await failure(of('a.csv', "where: 'byte > 1'"))).toMatch(/^COLUMNS_MISSING .*'byte'.*'bytes'/)
    expect(await failure(of('a.csv', 'split: { column: host, train: [h0], test: [h9] }'))).toMatch(
      /^SPLIT_EMPTY .*"split\.test".*'h9'/,
    )
  })
})
