import { hash } from 'node:crypto'
import { featureError } from '../errors.ts'
import { TOKEN_LENGTH_MAX } from '../history/fold.ts'
import type { LiveEvent } from '../history/live-history.ts'
import type { FeaturePipeline } from '../pipeline/pipeline.ts'
import { parseText } from '../reading/parse-number.ts'
import { guessUnit, inMilliseconds, inNanoseconds, isoMilliseconds } from '../reading/parse-time.ts'

/** A raw event: JSON, its columns by name, flat (`"flow.bytes": 3`) or nested (`"flow": { "bytes": 3 }`). */
export type RawEvent = Readonly<Record<string, unknown>>

/** An event as history and encoders take it. */
export type ReadEvent = LiveEvent & {
  /** Whose event it is; null = nobody's: it is a stream of its own. */
  readonly stream: string | null
  /** Columns that it has; where it has none, all its values are missing. */
  readonly cellCount: number
}

/** Reads raw events one after another. */
export type EventReader = {
  /**
   * An event without a time has that of the event before.
   *
   * @throws {VigilError} EVENT_INVALID, and then nothing is changed
   */
  read(event: RawEvent): ReadEvent
  /** Whose event it is; null = nobody's. @throws {VigilError} EVENT_INVALID */
  streamOf(event: RawEvent): string | null
  /** Names of the columns that are read of an event. */
  readonly columns: readonly string[]
  /** Columns that no event so far has had. */
  unseen(): string[]
  /** Time of the latest event in milliseconds since 1970, which an event without a time has. */
  latest: number
}

/** What is needed of a raw event for a pipeline: columns by name, and how each is read. */
function valueColumns({ columns, history }: FeaturePipeline): Map<string, 'token' | 'number'> {
  const computed = new Set(history?.folds.map(({ name }) => name))
  const needed = new Map<string, 'token' | 'number'>()
  for (const { source, kind } of columns) {
    if (!computed.has(source)) needed.set(source, kind === 'vocabulary' ? 'token' : 'number')
  }
  for (const { name, kind } of history?.columns ?? []) needed.set(name, kind)
  return needed
}

/** Names of all columns that are read of a raw event: values, time, and what keys are made of. */
export function rawColumns(pipeline: FeaturePipeline): string[] {
  const { time, stream, keys } = readingOf(pipeline)
  const named = [...stream, ...Object.values(keys).flat(), ...(time === null ? [] : [time.column])]
  return [...new Set([...valueColumns(pipeline).keys(), ...named])]
}

function readingOf({ reading, dataset }: FeaturePipeline) {
  if (reading !== null) return reading
  throw featureError(
    'READING_MISSING',
    `Feature pipeline: needs to know how raw events are read, and ${dataset} did not say so when the team was trained. Train with a description of single events (docs/events.md), or evaluate the run again if it was trained by an earlier Vigil.`,
  )
}

/**
 * Reads raw events as the files of a training are read: the same cell gives the same value.
 *
 * @example
 * const reader = createEventReader(pipeline)
 * reader.read({ time: '2026-01-02T03:04:05Z', proto: 'tcp', flow: { bytes: 3 } }).values['flow.bytes'] // 3
 *
 * @throws {VigilError} READING_MISSING
 */
export function createEventReader(pipeline: FeaturePipeline): EventReader {
  const { missing, time, stream, keys } = readingOf(pipeline)
  const names = rawColumns(pipeline)
  const collect = cellCollector(names)
  const read = cellReaders(missing)
  const placeOf = (name: string) => names.indexOf(name)
  const columns = Array.from(valueColumns(pipeline), ([name, kind]) => ({ name, kind, place: placeOf(name) }))
  const timePlace = time === null ? -1 : placeOf(time.column)
  const streamPlaces = stream.map(placeOf)
  const keyPlaces = Object.entries(keys).map(([name, own]) => ({
    ...{ name, places: own.map(placeOf) },
    isStream: own.length === stream.length && own.every((column, i) => column === stream[i]),
  }))
  /** Cells of the event that is read, by place; undefined = it has none. */
  const cells: unknown[] = new Array(names.length)
  const isSeen = new Uint8Array(names.length)
  let unseenCount = names.length
  const keyIn = (places: readonly number[]) => joinedKey(places.map((place) => read.text(cells[place], names[place])))

  function see(): void {
    for (let place = 0; place < cells.length; place++) {
      if (cells[place] === undefined || isSeen[place] === 1) continue
      isSeen[place] = 1
      unseenCount--
    }
  }

  const reader: EventReader = {
    read(event) {
      const cellCount = collect(event, cells)
      const own = time === null ? Number.NaN : read.milliseconds(cells[timePlace], time)
      const milliseconds = Number.isNaN(own) ? reader.latest : own
      const values: Record<string, string | number | null> = Object.create(NOTHING)
      for (const { name, kind, place } of columns) {
        values[name] = kind === 'token' ? read.text(cells[place], name) : read.number(cells[place], name)
      }
      const whose = keyIn(streamPlaces)
      const ownKeys: Record<string, string | null> = Object.create(NOTHING)
      for (const { name, places, isStream } of keyPlaces) ownKeys[name] = isStream ? whose : keyIn(places)
      const whole = { time: timeOf(milliseconds), keys: ownKeys, values, stream: whose, cellCount }
      reader.latest = milliseconds
      if (unseenCount > 0) see()
      return whole
    },
    streamOf(event) {
      collect(event, cells)
      return keyIn(streamPlaces)
    },
    columns: names,
    unseen: () => names.filter((_, place) => isSeen[place] === 0),
    latest: 0,
  }
  return reader
}

/**
 * What objects begin with whose keys are names of columns: nothing, so that no name means anything else. Objects that begin so share their
 * layout in memory; those of `Object.create(null)` are hash tables.
 */
const NOTHING: object = Object.freeze(Object.create(null))

/** Finds the cells of an event, by the place of their name; undefined = it has none. @returns how many it has */
type CellCollector = (event: RawEvent, cells: unknown[]) => number

/**
 * Finds cells by name: of `flow.bytes` the key itself or `bytes` within `flow`, whichever comes first. Other keys are passed over,
 * however deep they are.
 */
function cellCollector(names: readonly string[]): CellCollector {
  const places = new Map(names.map((name, place) => [name, place]))
  const outer = new Set(names.flatMap((name) => Array.from(name.matchAll(/\./g), ({ index }) => name.slice(0, index))))
  if (outer.size === 0) return flatCollector(names)
  const collect = (cells: unknown[], object: RawEvent, prefix: string): number => {
    let count = 0
    for (const key of Object.keys(object)) {
      const value = object[key]
      const name = prefix === '' ? key : `${prefix}.${key}`
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        if (outer.has(name)) count += collect(cells, value as RawEvent, name)
        continue
      }
      const place = value === undefined || value === null ? undefined : places.get(name)
      if (place === undefined || cells[place] !== undefined) continue
      cells[place] = value
      count++
    }
    return count
  }
  return (event, cells) => {
    cells.fill(undefined)
    return collect(cells, event, '')
  }
}

/** Where no name has a dot, nothing nested is looked at. */
function flatCollector(names: readonly string[]): CellCollector {
  return (event, cells) => {
    let count = 0
    for (let place = 0; place < names.length; place++) {
      const name = names[place]
      const value = Object.hasOwn(event, name) ? event[name] : undefined
      const isCell = value !== undefined && value !== null && (typeof value !== 'object' || Array.isArray(value))
      cells[place] = isCell ? value : undefined
      if (isCell) count++
    }
    return count
  }
}

/**
 * Finds the texts of cells; null = missing.
 *
 * @param missing texts that mean that nothing is there
 * @throws {VigilError} EVENT_INVALID from the function, where a cell cannot be written as text
 */
export function textCollector(
  names: readonly string[],
  missing: readonly string[],
): (event: RawEvent) => (name: string) => string | null {
  const collect = cellCollector(names)
  const places = new Map(names.map((name, place) => [name, place]))
  const { text } = cellReaders(missing)
  return (event) => {
    const cells: unknown[] = new Array(names.length)
    collect(event, cells)
    return (name) => text(cells[places.get(name) as number], name)
  }
}

/** How a cell of JSON becomes a value, as `ColumnBuilder` of packages/data has it. @param missing texts */
function cellReaders(missing: readonly string[]) {
  const missingTexts = new Set(missing)
  const missingNumbers = new Set(missing.map(parseText).filter(Number.isFinite))
  const text = (cell: unknown, name: string): string | null => {
    if (cell === undefined || (typeof cell === 'number' && missingNumbers.has(cell))) return null
    const spelt = typeof cell === 'string' ? cell.trim().toWellFormed() : spell(cell, name)
    return spelt === '' || missingTexts.has(spelt) ? null : spelt
  }
  const numberIn = (cell: unknown, name: string): number => {
    if (typeof cell === 'number') return missingNumbers.has(cell) ? Number.NaN : cell
    const spelt = text(cell, name)
    return spelt === null ? Number.NaN : parseText(spelt)
  }
  return {
    text,
    /** null = missing, malformed or infinite */
    number(cell: unknown, name: string): number | null {
      const value = numberIn(cell, name)
      return Number.isFinite(value) ? value : null
    },
    /** NaN = missing */
    milliseconds(cell: unknown, { column, unit }: { readonly column: string; readonly unit: string }): number {
      const value = numberIn(cell, column)
      if (!Number.isNaN(value)) {
        const time = inMilliseconds(value, unit === 'auto' ? guessUnit(value) : (unit as 's'))
        return Number.isFinite(time) ? time : Number.NaN
      }
      const spelt = typeof cell === 'number' ? null : text(cell, column)
      return spelt === null ? Number.NaN : isoMilliseconds(spelt)
    },
  }
}

/** The text of a cell that is none: a number, true or false, a list. */
function spell(cell: unknown, name: string): string {
  try {
    return typeof cell === 'number' ? String(cell) : (JSON.stringify(cell) ?? '').toWellFormed()
  } catch (cause) {
    throw featureError(
      'EVENT_INVALID',
      `Event, ${name}: needs text or a number, received what cannot be written as JSON (${(cause as Error).message}).`,
    )
  }
}

function timeOf(milliseconds: number): bigint {
  const time = inNanoseconds(milliseconds)
  if (BigInt.asIntN(64, time) === time) return time
  throw featureError(
    'EVENT_INVALID',
    `Event: needs a time between the years 1678 and 2262, received ${milliseconds} ms since 1970. Check its unit.`,
  )
}

/**
 * The texts that a key joins, such as those of `ReadEvent.stream`.
 *
 * @example
 * keyParts('2:h13:tcp') // ['h1', 'tcp']
 *
 * @returns the key itself where it is a hash
 */
export function keyParts(key: string): string[] {
  const parts: string[] = []
  for (let at = 0; at < key.length; ) {
    const end = key.indexOf(':', at)
    const length = end < 0 ? Number.NaN : Number(key.slice(at, end))
    if (!Number.isInteger(length) || end + 1 + length > key.length) return [key]
    parts.push(key.slice(end + 1, end + 1 + length))
    at = end + 1 + length
  }
  return parts
}

/** One text of several; null where one is missing. Longer ones than a key may be are named by their hash. */
function joinedKey(parts: readonly (string | null)[]): string | null {
  if (parts.length === 0 || parts.includes(null)) return null
  const key = parts.map((part) => `${part?.length}:${part}`).join('')
  return key.length <= TOKEN_LENGTH_MAX ? key : hash('sha256', key)
}
