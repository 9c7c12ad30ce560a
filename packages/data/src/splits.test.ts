import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RawEvents } from './adapters/adapter.ts'
import type { Dataset, SplitKind } from './dataset.ts'
import { splitRows } from './splits.ts'

const SHARES = { train: 0.7, validation: 0.15, test: 0.15 } as const
const PARTS = ['train', 'validation', 'test'] as const
const KINDS: SplitKind[] = ['stratified', 'temporal', 'by-stream']

/** Rows given as [stream, class]; time is file order turned by a step that has no common factor with the length. */
function eventsOf(rows: readonly (readonly [number, number])[]): RawEvents {
  const numbers = new Map<number, number>()
  for (const [stream] of rows) if (!numbers.has(stream)) numbers.set(stream, numbers.size)
  const step = [7, 11, 13, 1].find((candidate) => candidate === 1 || rows.length % candidate !== 0) ?? 1
  return {
    rowCount: rows.length,
    labels: Uint8Array.from(rows, ([, index]) => (index > 0 ? 1 : 0)),
    classes: Uint8Array.from(rows, ([, index]) => index),
    classNames: ['benign', 'one', 'two', 'three'],
    streams: Uint32Array.from(rows, ([stream]) => numbers.get(stream) ?? 0),
    timeRank: Uint32Array.from(rows, (_, row) => (row * step) % rows.length),
    times: null,
    posterior: null,
    division: null,
    notes: [],
    history: () => null,
    plan: () => [],
    column: () => Promise.reject(new Error('not asked for')),
    close: () => undefined,
  }
}

const manyRows = fc.array(
  fc.tuple(
    fc.nat(12),
    fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, { arbitrary: fc.integer({ min: 1, max: 3 }), weight: 1 }),
  ),
  { minLength: 60, maxLength: 400 },
)

const counted = (splits: Dataset['splits'], keep: (row: number) => boolean) =>
  PARTS.map((part) => splits[part].rows.filter(keep).length)

/** Splits, or null where the data do not allow it (which is its own test). */
function trySplit(events: RawEvents, kind: SplitKind, seed: number): Dataset['splits'] | null {
  try {
    return splitRows(events, { kind, seed: seed })
  } catch (error) {
    expect(error).toBeInstanceOf(VigilError)
    return null
  }
}

describe('splitRows', () => {
  it('puts every row in exactly one part, sorted by stream and then time, whatever the kind', () => {
    fc.assert(
      fc.property(manyRows, fc.constantFrom(...KINDS), fc.nat(), (rows, kind, seed) => {
        const events = eventsOf(rows)
        const splits = trySplit(events, kind, seed)
        if (splits === null) return
        const all = PARTS.flatMap((part) => Array.from(splits[part].rows))
        expect(all.sort((a, b) => a - b)).toEqual(rows.map((_, row) => row))
        for (const part of PARTS) {
          const { rows: order, streamStarts } = splits[part]
          expect(streamStarts[0]).toBe(0)
          expect(streamStarts[streamStarts.length - 1]).toBe(order.length)
          for (let s = 0; s + 1 < streamStarts.length; s++) {
            expect(streamStarts[s + 1]).toBeGreaterThan(streamStarts[s])
            for (let i = streamStarts[s] + 1; i < streamStarts[s + 1]; i++) {
              expect(events.streams[order[i]]).toBe(events.streams[order[i - 1]])
              expect(events.timeRank[order[i]]).toBeGreaterThan(events.timeRank[order[i - 1]])
            }
            if (s > 0)
              expect(events.streams[order[streamStarts[s]]]).toBeGreaterThan(events.streams[order[streamStarts[s] - 1]])
          }
        }
        expect(splitRows(events, { kind, seed: seed })).toEqual(splits)
      }),
    )
  })

  it('stratified: every label is in proportion to one row, every class to two', () => {
    fc.assert(
      fc.property(manyRows, fc.nat(), (rows, seed) => {
        const events = eventsOf(rows)
        const splits = trySplit(events, 'stratified', seed)
        if (splits === null) return
        for (const label of [0, 1]) {
          const total = rows.filter(([, index]) => (index > 0 ? 1 : 0) === label).length
          const counts = counted(splits, (row) => events.labels[row] === label)
          for (const [i, part] of PARTS.entries())
            expect(Math.abs(counts[i] - SHARES[part] * total)).toBeLessThanOrEqual(1)
        }
        for (let index = 0; index < 4; index++) {
          const total = rows.filter(([, own]) => own === index).length
          const counts = counted(splits, (row) => events.classes[row] === index)
          for (const [i, part] of PARTS.entries())
            expect(Math.abs(counts[i] - SHARES[part] * total)).toBeLessThanOrEqual(2)
        }
      }),
    )
  })

  it('stratified: another seed takes other rows', () => {
    const events = eventsOf(Array.from({ length: 400 }, (_, row) => [row % 9, row % 5 === 0 ? 1 : 0]))
    expect(splitRows(events, { kind: 'stratified', seed: 1 }).test.rows).not.toEqual(
      splitRows(events, { kind: 'stratified', seed: 2 }).test.rows,
    )
  })

  it('temporal: nothing in train is later than anything in validation, nor that than test', () => {
    const events = eventsOf(Array.from({ length: 1000 }, (_, row) => [row % 9, row % 5 === 0 ? 1 : 0]))
    const splits = splitRows(events, { kind: 'temporal', seed: 1 })
    expect(PARTS.map((part) => splits[part].rows.length)).toEqual([700, 150, 150])
    const times = PARTS.map((part) => Array.from(splits[part].rows, (row) => events.timeRank[row]))
    expect(Math.max(...times[0])).toBeLessThan(Math.min(...times[1]))
    expect(Math.max(...times[1])).toBeLessThan(Math.min(...times[2]))
  })

  it('by-stream: no stream is divided, and rows and threats are near their shares', () => {
    // 200 streams of 1 to 40 rows, threats in every fourth.
    const rows = Array.from({ length: 200 }, (_, stream) =>
      Array.from({ length: 1 + ((stream * 17) % 40) }, (_, i): [number, number] => [
        stream,
        stream % 4 === 0 && i % 2 === 0 ? 1 : 0,
      ]),
    ).flat()
    const events = eventsOf(rows)
    const splits = splitRows(events, { kind: 'by-stream', seed: 3 })
    const owners = new Map<number, string>()
    for (const part of PARTS) {
      for (const row of splits[part].rows) {
        expect(owners.get(events.streams[row]) ?? part).toBe(part)
        owners.set(events.streams[row], part)
      }
    }
    for (const label of [0, 1]) {
      const total = events.labels.filter((own) => own === label).length
      const counts = counted(splits, (row) => events.labels[row] === label)
      for (const [i, part] of PARTS.entries()) expect(Math.abs(counts[i] / total - SHARES[part])).toBeLessThan(0.02)
    }
  })

  it.each(KINDS)('%s: refuses data that leave a part empty or train with one label', (kind) => {
    const events = eventsOf([
      [0, 0],
      [1, 1],
    ])
    expect(() => splitRows(events, { kind, seed: 1 })).toThrow(expect.objectContaining({ code: 'SPLIT_EMPTY' }))
  })
})

it('gives each part one of a label that has five rows, and ten of one that has 65, when stratified', () => {
  for (const [threats, least] of [
    [4, 0],
    [5, 1],
    [64, 9],
    [65, 10],
  ]) {
    const rows = Array.from({ length: 300 }, (_, row) => [row % 7, row < threats ? 1 + (row % 3) : 0] as const)
    const events = eventsOf(rows)
    const counts = counted(splitRows(events, { kind: 'stratified', seed: 42 }), (row) => events.labels[row] === 1)
    expect(Math.min(...counts), `${threats} threats`).toBe(least)
  }
})
