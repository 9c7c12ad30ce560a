import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isDescription } from '@vigil/data'
import { describe, expect, it } from 'vitest'
import { csvOf, isThreat, temporaryFolder } from './events.fixture.ts'
import { draftOf, FLOWS, look, of, ROWS, withColumn } from './inspect.fixture.ts'
import { inspectData, inspectDescription } from './inspect.ts'
import type { Inspection } from './inspection.ts'

describe('formats', () => {
  const rows = withColumn('ts', (_, i) => 1_700_000_000 + 10 * i)
  const zeek = `#separator \\x09\n#fields\t${Object.keys(rows[0]).join('\t')}\n${rows
    .map((row) =>
      Object.values(row)
        .map((cell) => cell ?? '-')
        .join('\t'),
    )
    .join('\n')}\n`

  it.each<[string, string | Uint8Array]>([
    ['a.tsv', csvOf(rows, '\t')],
    ['b.csv', csvOf(rows, ';')],
    ['c.csv.gz', gzipSync(csvOf(rows))],
    ['d.log', zeek],
    ['e.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')],
  ])('%s has the findings of the same rows as CSV', async (name, content) => {
    using folder = temporaryFolder()
    const out = join(folder.path, 'events.yaml')
    const plain = await inspectData(folder.put('plain.csv', csvOf(rows)), { label: null, out })
    const other = await inspectData(folder.put(name, content), { label: null, out })
    expect(other.findings).toEqual(plain.findings)
    expect(other.draft?.replace(name, 'plain.csv')).toBe(plain.draft)
  })

  it('without a header get names', async () => {
    const inspection = await look(csvOf(FLOWS).split('\n').slice(1).join('\n'), { label: 'column_5' })
    expect(draftOf(inspection).header).toEqual(['column_1', 'column_2', 'column_3', 'column_4', 'column_5'])
    expect(inspection.rows).toBe(ROWS)
  })

  it('of Windows get their encoding', async () => {
    using folder = temporaryFolder()
    const text = csvOf(FLOWS).replaceAll('attack', 'web \u0096 attack')
    const data = folder.put('flows.csv', Buffer.from(text, 'latin1'))
    const inspection = await inspectData(data, { label: null, out: join(folder.path, 'events.yaml') })
    expect(draftOf(inspection).encoding).toBe('cp1252')
    expect(inspection.threats).toBe(FLOWS.filter(isThreat).length)
  })

  it('may have any text as the name of a column', async () => {
    const named = withColumn(
      ' no: {1} #',
      (_, i) => i % 3,
      withColumn('yes', (_, i) => i % 4),
    )
    expect(draftOf(await look(named)).columns.numeric.slice(0, 2)).toEqual(['no: {1} #', 'yes'])
  })
})

describe('data that people have', () => {
  it('Suricata: flow.alerted is the label', async () => {
    const lines = FLOWS.map((row, i) =>
      JSON.stringify({
        timestamp: new Date(1_700_000_000_000 + 1000 * i).toISOString(),
        ...{
          event_type: i % 50 === 0 ? 'stats' : 'flow',
          src_ip: row.host,
          dest_ip: '10.0.0.1',
          dest_port: 1 + (i % 7),
        },
        ...{ proto: row.proto, app_proto: 'http' },
        flow: { pkts_toserver: i % 13, bytes_toserver: row.bytes, state: 'new', alerted: isThreat(row) },
        label: row.label,
      }),
    )
    const inspection = await look(lines.join('\n'), { name: 'eve.json' })
    const description = draftOf(inspection)
    expect(description).toMatchObject({ preset: 'suricata-flow', where: 'event_type == "flow"' })
    expect(description.columns.leaky).toEqual(['flow.alerted'])
    expect(inspection.rows).toBe(0.98 * ROWS)
    // The preset knows it as leaky; a draft without the preset finds it.
    expect(of(inspection, 'LEAK_COLUMN')[0]).toMatchObject({ severity: 'note', columns: ['flow.alerted'] })
    const bare = await look(lines.map((line) => line.replace('"event_type"', '"kind"')).join('\n'), {
      name: 'eve.jsonl',
    })
    expect(of(bare, 'LEAK_COLUMN')[0]).toMatchObject({ severity: 'problem', columns: ['flow.alerted'] })
    expect(draftOf(bare)).toMatchObject({ preset: 'none', columns: { leaky: ['flow.alerted'] } })
  })

  it('UNSW-NB15: attack_cat is the class, id the order of the file', async () => {
    const rows = FLOWS.map((row, i) => ({
      ...{ id: i + 1, dur: row.duration ?? 0, proto: row.proto, sbytes: row.bytes },
      ...{ attack_cat: isThreat(row) ? ['Exploits', 'DoS'][i % 2] : 'Normal', label: isThreat(row) ? 1 : 0 },
    }))
    const inspection = await look(rows)
    expect(draftOf(inspection)).toMatchObject({
      label: { column: 'label', threat: [1] },
      class: 'attack_cat',
      columns: { ignore: ['id'], leaky: [] },
    })
    expect(of(inspection, 'LEAK_COLUMN')[0]).toMatchObject({ columns: ['attack_cat'], severity: 'note' })
    expect(of(inspection, 'IDENTIFIER')[0]).toMatchObject({ columns: ['id'] })
  })

  it('a draft is read back as a description, with the same figures and no problem left', async () => {
    using folder = temporaryFolder()
    const out = join(folder.path, 'events.yaml')
    const rows = withColumn('sensor', (row) => (isThreat(row) ? 1 : 0))
    const first = await inspectData(folder.put('flows.csv', csvOf(rows)), { label: null, out })
    writeFileSync(out, first.draft ?? '')
    expect([isDescription(out), isDescription(join(folder.path, 'flows.csv'))]).toEqual([true, false])
    const second = await inspectDescription(out)
    expect(second.findings.filter(({ severity }) => severity === 'problem')).toEqual([])
    const figures = ({ rows: count, threats, split, streams }: Inspection) => ({ count, threats, split, streams })
    expect(figures(second)).toEqual(figures(first))
  })
})
