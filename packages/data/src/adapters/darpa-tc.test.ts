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

/** Every input of the profile, row by row. */
async function inputsOf(
  records: readonly SampleRecord[],
  features: 'behaviour' | 'full' = 'behaviour',
): Promise<(string | number | null)[][]> {
  const events = await open(records)
  try {
    const sources = [...new Set(events.plan(features, new Uint32Array(0)).map((plan) => plan.source))]
    const columns: RawColumn[] = []
    for (const source of sources) columns.push(await events.column(source))
    return records.map((_, row) => columns.map((column) => meaning(column, row)))
  } finally {
    events.close()
  }
}

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

async function inputOf(records: readonly SampleRecord[], source: string): Promise<(string | number | null)[]> {
  const events = await open(records)
  try {
    const column = await events.column(source)
    return records.map((_, row) => meaning(column, row))
  } finally {
    events.close()
  }
}

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
    expect(await inputOf([socket, open1, read1, other], 'object_kind')).toEqual([null, null, known, known])
    expect(await inputOf([open1, socket, read1, other], 'object_kind')).toEqual([null, null, known, known])
    expect(await inputOf([open1, read1, socket, other], 'object_kind')).toEqual([null, null, null, known])
    expect(await inputOf([open1, read1, other, socket], 'object_kind')).toEqual([null, null, null, null])
  })

  it.each([
    ['memory, described', [memory, protect, { ...protect, ...at(12) }]],
    ['memory, told by a change of protection', [protect, { ...protect, ...at(12) }]],
    ['a process', [sampleObject('memory', 'SUBJECT', 0), protect, { ...protect, event_type: 'EVENT_FORK', ...at(12) }]],
  ])('has no past for what only the call names: %s', async (_, records) => {
    for (const [source, none] of [
      ['object_events', 0],
      ['object_kind_1', null],
      ['object_gap_ms', null],
      ['object_kind', null],
    ] as const) {
      expect((await inputOf(records, source)).at(-1)).toBe(none)
    }
  })

  it('follows the thread, whose subject changes when it loads a program', async () => {
    const thread = { thread_id: '7' }
    const execute = { ...open1, ...thread, event_type: 'EVENT_EXECUTE' }
    const loaded = { ...read1, ...thread, subject_uuid: 'another' }
    expect(await inputOf([execute, loaded], 'caller_kind_1')).toEqual([null, 'EXECUTE'])
    expect(await inputOf([execute, { ...loaded, thread_id: '8' }], 'caller_kind_1')).toEqual([null, null])
  })

  it('does not let the records of one call know of each other', async () => {
    const load = { ...map1, event_type: 'EVENT_LOADLIBRARY' }
    const call = [load, { ...load, object_uuid: 'second' }, { ...map1, event_type: 'EVENT_EXECUTE' }]
    expect(await inputOf([read1, ...call], 'caller_kind_1')).toEqual([null, 'READ', 'READ', 'READ'])
    expect(await inputOf([read1, ...call], 'caller_events')).toEqual([0, 1, 1, 1])
    expect(await inputOf([read1, ...call], 'object_events')).toEqual([0, 1, 0, 1])
  })

  it('orders by time and sequence, not by place in the file', async () => {
    const shuffled = [map1, open1, other, read1]
    expect(await inputOf(shuffled, 'caller_kind_1')).toEqual(['READ', null, null, 'OPEN'])
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

  const isDescription = (record: SampleRecord) => record.timestamp_ns === '0'
  const inTime = (a: SampleRecord, b: SampleRecord) =>
    Number(BigInt(a.timestamp_ns) - BigInt(b.timestamp_ns)) || Number(a.sequence) - Number(b.sequence)

  it('of a caller is what live events get, call by call', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        const live = liveFeatures(records)
        const events = await open(records)
        try {
          for (const [i, { name, key }] of darpaTcHistoryPlan.folds.entries()) {
            if (key !== 'caller') continue
            const column = await events.column(name)
            const recorded = records.map((_, row) => meaning(column, row))
            expect(recorded).toEqual(live.map((features) => features?.[i] ?? null))
          }
        } finally {
          events.close()
        }
      }),
      { numRuns: 15 },
    )
  })

  it('does not change when a description and the event behind it are swapped', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
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
        const swapped = await inputsOf(
          places.map((place) => records[place]),
          'full',
        )
        const before = await inputsOf(records, 'full')
        expect(swapped).toEqual(places.map((place) => before[place]))
      }),
      { numRuns: 20 },
    )
  })

  it('does not change when the lines of events change places', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        const events = records.filter((record) => !isDescription(record))
        if (events.length === 0) return
        const before = await inputsOf(events, 'full')
        expect(await inputsOf(events.toReversed(), 'full')).toEqual(before.toReversed())
      }),
      { numRuns: 10 },
    )
  })

  it("of a row does not change when its own event type, protection, path, label and call's result do", async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.nat(), async (records, pick) => {
        const row = pick % records.length
        const before = await inputsOf(records)
        const changed = records.map((record, i) =>
          i === row
            ? {
                ...record,
                event_type: 'EVENT_EXECUTE',
                protection: '7',
                file_path: '/etc/passwd',
                file_size: '77',
                is_suspicious: record.is_suspicious === 'true' ? 'false' : 'true',
              }
            : record,
        )
        expect((await inputsOf(changed))[row]).toEqual(before[row])
      }),
      { numRuns: 10 },
    )
  })

  it('of a row does not change when later rows change or are not there', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.nat(), async (records, pick) => {
        // In time order, as the order of later rows is then the order in the file.
        const sorted = records.filter((record) => !isDescription(record)).sort(inTime)
        if (sorted.length === 0) return
        const mixed = [...records.filter(isDescription), ...sorted]
        const row = pick % mixed.length
        const before = await inputsOf(mixed, 'full')
        const changed = mixed.map((record, i) =>
          i > row
            ? {
                ...record,
                event_type: 'EVENT_EXECUTE',
                protection: '7',
                file_size: '5',
                subject_uuid: 's0',
                object_uuid: 'object-0',
                event_id: 'object-1',
              }
            : record,
        )
        expect((await inputsOf(changed, 'full')).slice(0, row + 1)).toEqual(before.slice(0, row + 1))
        expect(await inputsOf(mixed.slice(0, row + 1), 'full')).toEqual(before.slice(0, row + 1))
      }),
      { numRuns: 10 },
    )
  })

  it('does change when an earlier row of the subject does (the tests above can fail)', async () => {
    const before = await inputsOf(story)
    const after = await inputsOf(
      story.map((record, i) => (i === 1 ? { ...record, event_type: 'EVENT_WRITE' } : record)),
    )
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
