import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { RawColumn } from '@vigil/features'
import { afterAll, describe, expect, it } from 'vitest'
import { cdmLine } from './cdm-json.fixture.ts'
import { type SampleRecord, sampleEvent, sampleObject, sampleRecords, writeCsv } from './darpa-tc.fixture.ts'
import { darpaTc } from './darpa-tc.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-cdm-'))
afterAll(() => rmSync(folder, { recursive: true }))

const hexadecimal = (id: string) => (id === '' ? '' : Buffer.from(id.padEnd(16, '.')).toString('hex'))

/** Records of all kinds, with identifiers as CDM has them. */
const records: SampleRecord[] = [
  ...sampleRecords(),
  { ...sampleObject('passwd', 'FILE', 12), file_path: '/etc/passwd.lock', is_suspicious: 'true' },
  { ...sampleObject('memory', 'MEMORY', 4096), memory_address: '140720029458432', process_pid: '3652' },
  { ...sampleObject('subject', 'x', 0), record_type: 'RECORD_SUBJECT', event_type: 'SUBJECT_PROCESS' },
  sampleEvent(950, { object_uuid: 'memory', event_type: 'EVENT_MPROTECT', protection: '7', is_suspicious: 'true' }),
  { ...sampleObject('sink', 'SRC_SINK', 0), event_id: '' },
].map((record) => ({
  ...record,
  event_id: hexadecimal(record.event_id),
  subject_uuid: hexadecimal(record.subject_uuid),
  object_uuid: hexadecimal(record.object_uuid),
}))

async function everythingOf(path: string) {
  const events = await darpaTc.open({ path, seed: 1, rows: null }, () => undefined)
  try {
    const plans = [...events.plan('full', new Uint32Array(0)), ...events.plan('seed7', new Uint32Array(0))]
    const columns = new Map<string, RawColumn>()
    for (const { source } of plans) columns.set(source, await events.column(source))
    const { labels, classes, classNames, streams, timeRank } = events
    return { labels, classes, classNames, streams, timeRank, columns }
  } finally {
    events.close()
  }
}

const file = (name: string, lines: readonly string[]) => {
  const path = join(folder, name)
  const text = `${lines.join('\n')}\n`
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

const failure = (line: string) =>
  everythingOf(file('wrong.json', [cdmLine(records[1]), line])).then(
    () => 'read',
    (error: Error & { code: string }) => `${error.code} ${error.message}`,
  )

describe('records of CDM 20 in JSON', () => {
  it('are what the same records in a flat table are', async () => {
    const table = join(folder, 'records.csv')
    writeCsv(table, records)
    const expected = await everythingOf(table)
    expect(expected.labels.reduce((sum, label) => sum + label, 0)).toBeGreaterThan(90)
    expect(await everythingOf(file('records.json', records.map(cdmLine)))).toEqual(expected)
    expect(await everythingOf(file('records.json.gz', records.map(cdmLine)))).toEqual(expected)
  })

  it.each([
    ['text that is no JSON', '{"datum":', /line 2: needs a JSON object/],
    ['a record of CDM 18', cdmLine(records[1]).replace('"20"', '"18"'), /line 2: needs a record of CDM 20/],
    ['another object', '{"a": 1}', /line 2: needs a record of CDM 20/],
    [
      'a time that is no number',
      cdmLine(records[1]).replace(/"timestampNanos":\d+/, '"timestampNanos":"now"'),
      /"timest/,
    ],
    ['an identifier that is none', cdmLine(records[1]).replace(/"uuid":"[^"]+"/, '"uuid":"7"'), /a UUID in "uuid"/],
    ['no kind', cdmLine(records[1]).replace('"type":"RECORD_EVENT",', ''), /needs "type"/],
  ])('are refused by line with %s', async (_, line, words) => {
    expect(await failure(line)).toMatch(words)
    expect(await failure(line)).toMatch(/^FILE_MALFORMED .*wrong\.json/)
  })
})
