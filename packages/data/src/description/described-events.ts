import type { EventReading } from '@vigil/features'
import type { Adapter, RawEvents } from '../adapters/adapter.ts'
import { dataError } from '../errors.ts'
import type { Table } from '../reading/table-builder.ts'
import { divisionOf } from './division.ts'
import { columnOf, inputColumns, planOf, rawColumnOf } from './event-inputs.ts'
import { historyOf, replayed } from './history.ts'
import { labelsOf } from './labels.ts'
import { orderOf, ranksOf, streamsOf, timesOf } from './order.ts'
import { readDescription } from './parse-description.ts'
import { type DescribedReading, labelColumns, notesOf, readDescribed } from './read-described.ts'
import type { Description } from './schema.ts'
import { unitEvents } from './unit-events.ts'

/** Events of anybody, by a description (docs/events.md). A stream is what the description says; without it each event is one. */
export const describedEvents: Adapter = {
  name: 'events',
  open: async ({ path }, progress) => {
    if (path === null) {
      throw dataError(
        'PATH_MISSING',
        'Data path: needs a description of events, received none. Give one with --data=events.yaml.',
      )
    }
    return await readEvents(readDescription(path), path, { progress, keepsIgnored: false })
  },
}

/** Events with the table that they were made of, whose rows are single events. */
type DescribedEvents = RawEvents & { readonly table: Table }

/**
 * The events of a description one by one, whatever is judged together, with every column of their files.
 *
 * @param source path of the description; its files are relative to it
 * @returns with `keyed` [N] the stream of each event, -1 = it has none or lacks part of the key
 * @throws {VigilError} for files, rows or values that are not as they must be
 */
export async function readSingleEvents(
  description: Description,
  source: string,
  progress: (message: string) => void,
): Promise<DescribedEvents & { readonly keyed: Int32Array }> {
  const events = await readEvents({ ...description, unit: undefined }, source, { progress, keepsIgnored: true })
  return { ...events, keyed: streamsOf(events.table, description.stream).keyed }
}

/** Reads the events that a description means. @param source path of the description; its files are relative to it */
async function readEvents(
  description: Description,
  source: string,
  reading: DescribedReading,
): Promise<DescribedEvents> {
  const { table, testFrom } = await readDescribed(description, source, reading)
  const labels = await labelsOf(table, description, source)
  const times = timesOf(table, description)
  const timeRank = ranksOf(times, table.rowCount)
  const isUnordered = times === null
  const events = {
    table,
    rowCount: table.rowCount,
    ...labels,
    sites: sitesOf(table, description),
    isUnordered,
    notes: [...notesOf(table), ...labels.notes],
    division: divisionOf(table, description, testFrom),
    posterior: null,
    capturedUnder: description.capturedUnder,
    close: () => undefined,
  }
  const judged =
    description.unit === undefined
      ? { ...events, ...singleEvents(table, description, times, timeRank) }
      : unitEvents(withUnused(events, description), table, description.unit, { order: orderOf(timeRank), times })
  const damage = damageOf(description, judged)
  return {
    ...judged,
    ...phasesOf(description, judged),
    table,
    consequences: () => ({ ratios: null, hazard: 0, damage }),
  }
}

/** Rows that lack part of the key are of site 0. */
function sitesOf(table: Table, { site }: Description): Uint32Array {
  const sites = new Uint32Array(streamsOf(table, site).keyed)
  for (let row = 0; row < sites.length; row++) sites[row]++
  return sites
}

/** Of units the windows are the history. */
function withUnused<Events extends Pick<RawEvents, 'notes'>>(events: Events, { history }: Description): Events {
  if (history === undefined) return events
  const note = '"history" is that of single events and is not used: units have "windows"'
  return { ...events, notes: [...events.notes, note] }
}

/** Inputs and streams where each event is judged by itself. */
function singleEvents(table: Table, description: Description, times: Float64Array | null, timeRank: Uint32Array) {
  const columns = inputColumns(table, description)
  const { streams, keyed } = streamsOf(table, description.stream)
  const history = historyOf(description, columns)
  const order = orderOf(timeRank)
  const past = history === null ? null : replayed(history, { table, columns, streams: keyed, order, times })
  return {
    streams,
    timeRank,
    times,
    reading: readingOf(description, history?.plan.keys ?? []),
    rawColumn: (name) => rawColumnOf(table, name),
    plan: (features, rows, note) => [
      ...planOf(columns, description, { features, rows, note }),
      ...(history?.inputs ?? []),
    ],
    history: () => history?.plan ?? null,
    column: async (name) => past?.get(name) ?? columnOf(columns, name),
  } satisfies Pick<
    RawEvents,
    'streams' | 'timeRank' | 'times' | 'reading' | 'rawColumn' | 'plan' | 'history' | 'column'
  >
}

/** How single events are read live: as their files are. */
function readingOf(
  { missing, time, stream, where, label, class: className }: Description,
  keys: readonly { readonly name: string }[],
): EventReading {
  return {
    missing,
    time: time === undefined ? null : { column: time.column, unit: time.unit },
    stream,
    keys: Object.fromEntries(keys.map(({ name }) => [name, stream])),
    where: where ?? null,
    labels: [
      ...('column' in label ? [label.column] : 'expression' in label ? labelColumns(label) : []),
      ...(className === undefined ? [] : [className]),
    ],
  }
}

/** [N] what a threat of each row's class costs; null where the description does not say. */
function damageOf(
  { threats }: Description,
  { classes, classNames }: Pick<RawEvents, 'classes' | 'classNames'>,
): Float32Array | null {
  const damage = threats?.damage
  if (damage === undefined) return null
  const ofClass = classNames.map((name) => (Object.hasOwn(damage, name) ? damage[name] : 1))
  return Float32Array.from(classes, (index) => ofClass[index])
}

/** The phase of each row's class where the description has their order; rows of other classes have none. */
function phasesOf(
  { threats }: Description,
  { classes, classNames }: Pick<RawEvents, 'classes' | 'classNames'>,
): Pick<RawEvents, 'phases'> {
  const order = threats?.order
  if (order === undefined) return {}
  const ofClass = classNames.map((name) => order.indexOf(name) + 1)
  return { phases: Uint8Array.from(classes, (index) => ofClass[index]) }
}
