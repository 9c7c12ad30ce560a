import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHistory, type LiveEvent, type RawColumn } from '@vigil/features'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawEvents } from './adapter.ts'
import { type SampleRecord, sampleEvent, sampleObject, sampleRecords, writeCsv } from './darpa-tc.fixture.ts'
import { darpaTc } from './darpa-tc.ts'
import { darpaTcHistoryPlan } from './darpa-tc-history.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-darpa-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a row of a raw column says, in words or numbers that do not depend on other rows. */
const meaning = (column: RawColumn, row: number): string | number | null =>
  column.kind === 'number'
    ? Number.isNaN(column.values[row])
      ? null
      : column.values[row]
    : column.codes[row] < 0
      ? null
      : column.dictionary[column.codes[row]]

async function open(records: readonly SampleRecord[]): Promise<RawEvents> {
  const path = join(folder, 'records.csv')
  writeCsv(path, records)
  return darpaTc.open({ path, seed: 1, rows: null }, () => undefined)
}

type Case = readonly SampleRecord[]
type Row = (string | number | null)[]
type Profile = 'behaviour' | 'full'

/** Columns of several cases, row by row. Each has callers and objects of its own in one recording, since opening one is dear. */
async function rowsOf(cases: readonly Case[], sourcesOf: (events: RawEvents) => readonly string[]): Promise<Row[][]> {
  const own = (id: string, i: number) => (id === '' ? '' : `${id} of ${i}`)
  const apart = cases.map((records, i) =>
    records.map((record) => ({
      ...record,
      ...{ subject_uuid: own(record.subject_uuid, i), object_uuid: own(record.object_uuid, i) },
      event_id: own(record.event_id, i),
    })),
  )
  const events = await open(apart.flat())
  try {
    const columns: RawColumn[] = []
    for (const source of sourcesOf(events)) columns.push(await events.column(source))
    const starts = apart.map((_, i) => apart.slice(0, i).flat().length)
    return apart.map((records, i) => records.map((_, row) => columns.map((column) => meaning(column, starts[i] + row))))
  } finally {
    events.close()
  }
}

/** Every input of the profile, for each case. */
const inputsOf = (cases: readonly Case[], features: Profile) =>
  rowsOf(cases, (events) => [...new Set(events.plan(features, new Uint32Array(0)).map((plan) => plan.source))])

/** Features of the events, as a service gets them that hears of one call after another; null for descriptions. */
function liveFeatures(records: readonly SampleRecord[]) {
  const calls = new Map<string, { row: number; event: LiveEvent }[]>()
  for (const [row, record] of records.entries()) {
    if (record.record_type !== 'RECORD_EVENT') continue
    const { event_type, protection, timestamp_ns, sequence } = record
    const kind = `${event_type.replace('EVENT_', '')}${protection === '' ? '' : ` ${protection}`}`
    const event = {
      time: BigInt(timestamp_ns),
      keys: { caller: record.subject_uuid, object: record.object_uuid },
      values: { kind, event_type, file_size: Number(record.file_size) },
    }
    const call = `${timestamp_ns} ${sequence.padStart(9, '0')}`
    calls.set(call, [...(calls.get(call) ?? []), { row, event }])
  }
  const history = createHistory(darpaTcHistoryPlan)
  const features: (null | (string | number | null)[])[] = records.map(() => null)
  for (const [, call] of [...calls].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const { row, event } of call) {
      features[row] = history.read(event).map((value) => (Number.isNaN(value) ? null : value))
    }
    const saying = ({ event: { values } }: (typeof call)[number]) =>
      `${values.kind} ${`${values.file_size}`.padStart(9, '0')}`
    for (const { event } of call.toSorted((a, b) => (saying(a) < saying(b) ? -1 : 1))) history.absorb(event)
  }
  return features
}

/** One column, for each case. */
const inputOf = async (source: string, ...cases: readonly Case[]) =>
  (await rowsOf(cases, () => [source])).map((rows) => rows.map(([value]) => value))

const open1 = sampleEvent(0, { subject_uuid: 's', object_uuid: 'file', event_type: 'EVENT_OPEN', sequence: '1' })
const read1 = sampleEvent(2, {
  subject_uuid: 's',
  object_uuid: 'file',
  event_type: 'EVENT_READ',
  sequence: '2',
  file_size: '832',
})
const other = sampleEvent(3, { subject_uuid: 'o', object_uuid: 'file', event_type: 'EVENT_WRITE', sequence: '3' })
const map1 = sampleEvent(9, {
  subject_uuid: 's',
  object_uuid: 'file',
  event_type: 'EVENT_MMAP',
  sequence: '4',
  protection: '5',
})
const memory = sampleObject('memory', 'MEMORY', 8192)
const protect = sampleEvent(10, {
  subject_uuid: 's',
  object_uuid: 'memory',
  event_type: 'EVENT_MPROTECT',
  sequence: '5',
  protection: '1',
})
const story = [open1, read1, other, map1, memory, protect]
const COUNTED_BY_HAND = [
  ['caller_kind_1', [null, 'OPEN', null, 'READ', null, 'MMAP 5']],
  ['caller_kind_3', [null, null, null, null, null, 'OPEN']],
  ['object_kind_1', [null, 'OPEN', 'READ', 'WRITE', null, null]],
  ['caller_events', [0, 1, 0, 2, null, 3]],
  ['object_events', [0, 1, 2, 3, null, 0]],
  ['caller_gap_ms', [null, 2, null, 7, null, 1]],
  ['object_gap_ms', [null, 2, 1, 6, null, null]],
  ['caller_previous_size', [null, 0, null, 832, null, 0]],
  ['recent_mappings', [0, 0, 0, 0, null, 1]],
  ['object_mappings', [0, 0, 0, 0, null, 0]],
  ['object_kind', [null, null, null, null, null, null]],
] as const

/** The fields of an event that say when it happened. */
const at = (ms: number) => ({ timestamp_ns: sampleEvent(ms, {}).timestamp_ns, sequence: String(ms) })

describe('history', () => {
  describe('counted by hand', () => {
    let events: RawEvents
    beforeAll(async () => {
      events = await open(story)
    })
    afterAll(() => events.close())

    it.each(COUNTED_BY_HAND)('%s', async (source, expected) => {
      const column = await events.column(source)
      expect(story.map((_, row) => meaning(column, row))).toEqual(expected)
    })
  })

  it('knows a description from the second call on the object on, and not before it is written', async () => {
    const socket = sampleObject('file', 'SRC_SINK', 0)
    const known = 'SRC_SINK_OBJECT'
    const [first, second, third, last] = await inputOf(
      'object_kind',
      [socket, open1, read1, other],
      [open1, socket, read1, other],
      [open1, read1, socket, other],
      [open1, read1, other, socket],
    )
    expect(first).toEqual([null, null, known, known])
    expect(second).toEqual([null, null, known, known])
    expect(third).toEqual([null, null, null, known])
    expect(last).toEqual([null, null, null, null])
  })

  it.each([
    ['memory, described', [memory, protect, { ...protect, ...at(12) }]],
    ['memory, told by a change of protection', [protect, { ...protect, ...at(12) }]],
    ['a process', [sampleObject('memory', 'SUBJECT', 0), protect, { ...protect, event_type: 'EVENT_FORK', ...at(12) }]],
  ])('has no past for what only the call names: %s', async (_, records) => {
    const sources = ['object_events', 'object_kind_1', 'object_gap_ms', 'object_kind']
    const [rows] = await rowsOf([records], () => sources)
    expect(rows.at(-1)).toEqual([0, null, null, null])
  })

  it('follows the thread, whose subject changes when it loads a program', async () => {
    const thread = { thread_id: '7' }
    const execute = { ...open1, ...thread, event_type: 'EVENT_EXECUTE' }
    const loaded = { ...read1, ...thread, subject_uuid: 'another' }
    expect(await inputOf('caller_kind_1', [execute, loaded])).toEqual([[null, 'EXECUTE']])
    expect(await inputOf('caller_kind_1', [execute, { ...loaded, thread_id: '8' }])).toEqual([[null, null]])
  })

  it('does not let the records of one call know of each other', async () => {
    const load = { ...map1, event_type: 'EVENT_LOADLIBRARY' }
    const call = [load, { ...load, object_uuid: 'second' }, { ...map1, event_type: 'EVENT_EXECUTE' }]
    const [rows] = await rowsOf([[read1, ...call]], () => ['caller_kind_1', 'caller_events', 'object_events'])
    expect(rows.map(([kind]) => kind)).toEqual([null, 'READ', 'READ', 'READ'])
    expect(rows.map(([, events]) => events)).toEqual([0, 1, 1, 1])
    expect(rows.map(([, , events]) => events)).toEqual([0, 1, 0, 1])
  })

  it('orders by time and sequence, not by place in the file', async () => {
    const shuffled = [map1, open1, other, read1]
    expect(await inputOf('caller_kind_1', shuffled)).toEqual([['READ', null, null, 'OPEN']])
  })

  /** Any records of few subjects and objects, so that histories meet. */
  const anyRecord = fc
    .record({
      subject: fc.nat(2),
      object: fc.nat(3),
      type: fc.constantFrom('OPEN', 'READ', 'MMAP', 'MPROTECT', 'EXECUTE'),
      ms: fc.nat(12),
      sequence: fc.nat(2),
      size: fc.constantFrom('0', '832', '91'),
      describes: fc.boolean(),
    })
    .map(({ subject, object, type, ms, sequence, size, describes }) =>
      describes && subject === 0
        ? sampleObject(`object-${object}`, type === 'READ' ? 'FILE' : 'MEMORY', Number(size))
        : sampleEvent(ms, {
            subject_uuid: `s${subject}`,
            object_uuid: `object-${object}`,
            sequence: String(sequence),
            event_type: `EVENT_${type}`,
            file_size: size,
            protection: type === 'MMAP' ? '3' : '',
          }),
    )
  const anyRecords = fc.array(anyRecord, { minLength: 2, maxLength: 40 })
  /** Cases of one property that are opened together. */
  const together = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 10, maxLength: 10 })

  const isDescription = (record: SampleRecord) => record.timestamp_ns === '0'
  const inTime = (a: SampleRecord, b: SampleRecord) =>
    Number(BigInt(a.timestamp_ns) - BigInt(b.timestamp_ns)) || Number(a.sequence) - Number(b.sequence)

  it('of a caller is what live events get, call by call', async () => {
    await fc.assert(
      fc.asyncProperty(together(anyRecords), async (cases) => {
        const folds = [...darpaTcHistoryPlan.folds.entries()].filter(([, { key }]) => key === 'caller')
        const recorded = await rowsOf(cases, () => folds.map(([, { name }]) => name))
        const live = cases.map((records) =>
          liveFeatures(records).map((features) => folds.map(([i]) => features?.[i] ?? null)),
        )
        expect(recorded).toEqual(live)
      }),
      { numRuns: 2 },
    )
  })

  it('does not change when a description and the event behind it are swapped', async () => {
    /** The places of records after all such swaps. */
    function swappedPlaces(records: Case): number[] {
      // An event that is not the first on the object learns from a description before it, and not from one behind it.
      const learns = (description: SampleRecord, event: SampleRecord) =>
        event.object_uuid === description.event_id &&
        records.some(
          (other) => !isDescription(other) && other.object_uuid === event.object_uuid && inTime(other, event) < 0,
        )
      const places = Array.from(records.keys())
      for (let i = 0; i + 1 < records.length; i++) {
        const [description, event] = [records[i], records[i + 1]]
        if (!isDescription(description) || isDescription(event) || learns(description, event)) continue
        ;[places[i], places[i + 1]] = [i + 1, i]
        i++
      }
      return places
    }
    await fc.assert(
      fc.asyncProperty(together(anyRecords), async (cases) => {
        const places = cases.map(swappedPlaces)
        const turned = <T>(rows: readonly T[], i: number) => places[i].map((place) => rows[place])
        const before = await inputsOf(cases, 'full')
        expect(await inputsOf(cases.map(turned), 'full')).toEqual(before.map(turned))
      }),
      { numRuns: 2 },
    )
  })

  it('does not change when the lines of events change places', async () => {
    const events = anyRecords.map((records) => records.filter((record) => !isDescription(record)))
    await fc.assert(
      fc.asyncProperty(together(events), async (cases) => {
        const before = await inputsOf(cases, 'full')
        const turned = cases.map((records) => records.toReversed())
        expect(await inputsOf(turned, 'full')).toEqual(before.map((rows) => rows.toReversed()))
      }),
      { numRuns: 2 },
    )
  })

  it("of a row does not change when its own event type, protection, path, label and call's result do", async () => {
    const other = { event_type: 'EVENT_EXECUTE', protection: '7', file_path: '/etc/passwd', file_size: '77' }
    await fc.assert(
      fc.asyncProperty(together(fc.tuple(anyRecords, fc.nat())), async (cases) => {
        const changed = cases.map(([records, pick]) => {
          const row = pick % records.length
          const is_suspicious = records[row].is_suspicious === 'true' ? 'false' : 'true'
          return records.with(row, { ...records[row], ...other, is_suspicious })
        })
        const picked = (rows: Row[], i: number) => rows[cases[i][1] % rows.length]
        const before = await inputsOf(
          cases.map(([records]) => records),
          'behaviour',
        )
        expect((await inputsOf(changed, 'behaviour')).map(picked)).toEqual(before.map(picked))
      }),
      { numRuns: 2 },
    )
  })

  it('of a row does not change when later rows change or are not there', async () => {
    // In time order, as the order of later rows is then the order in the file.
    const mixed = fc.tuple(anyRecords, fc.nat()).map(([records, pick]) => ({
      records: [...records.filter(isDescription), ...records.filter((record) => !isDescription(record)).sort(inTime)],
      kept: 1 + (pick % records.length),
    }))
    const other = { event_type: 'EVENT_EXECUTE', protection: '7', file_size: '5', subject_uuid: 's0' }
    const ids = { object_uuid: 'object-0', event_id: 'object-1' }
    await fc.assert(
      fc.asyncProperty(together(mixed), async (cases) => {
        const kept = <T>(rows: readonly T[], i: number) => rows.slice(0, cases[i].kept)
        const all = cases.map(({ records }) => records)
        const changed = cases.map(({ records, kept }) =>
          records.map((record, i) => (i < kept ? record : { ...record, ...other, ...ids })),
        )
        const before = (await inputsOf(all, 'full')).map(kept)
        expect((await inputsOf(changed, 'full')).map(kept)).toEqual(before)
        expect(await inputsOf(all.map(kept), 'full')).toEqual(before)
      }),
      { numRuns: 2 },
    )
  })

  it('does change when an earlier row of the subject does (the tests above can fail)', async () => {
    const changed = story.map((record, i) => (i === 1 ? { ...record, event_type: 'EVENT_WRITE' } : record))
    const [before, after] = await inputsOf([story, changed], 'behaviour')
    expect(after[3]).not.toEqual(before[3])
  })
})

describe('labels', () => {
  it('are named by what makes them true', async () => {
    const path: SampleRecord = { ...sampleObject('p', 'FILE', 0), file_path: '/etc/passwd', is_suspicious: 'true' }
    const clone = sampleEvent(20, {
      subject_uuid: 's',
      object_uuid: 'x',
      event_type: 'EVENT_CLONE',
      is_suspicious: 'true',
    })
    const events = await open([...story, path, clone])
    events.close()
    expect(events.classNames).toEqual(['benign', 'CLONE', 'MMAP protection 5', 'path of FILE_OBJECT'])
    expect(Array.from(events.classes)).toEqual([0, 0, 0, 2, 0, 0, 3, 1])
    expect(Array.from(events.labels)).toEqual([0, 0, 0, 1, 0, 0, 1, 1])
  })

  it('belong to streams of one caller, records without caller to one of their own', async () => {
    const events = await open(story)
    events.close()
    expect(Array.from(events.streams)).toEqual([0, 0, 1, 0, 2, 0])
    expect(Array.from(events.timeRank)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('stay with their rows in a larger set', async () => {
    const records = sampleRecords()
    const events = await open(records)
    events.close()
    expect(Array.from(events.labels)).toEqual(records.map((record) => (record.is_suspicious === 'true' ? 1 : 0)))
  })
})
