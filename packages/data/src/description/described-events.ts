import type { Adapter, RawEvents } from '../adapters/adapter.ts'
import { dataError } from '../errors.ts'
import type { Table } from '../reading/table-builder.ts'
import { divisionOf } from './division.ts'
import { columnOf, inputColumns, planOf } from './event-inputs.ts'
import { historyOf, replayed } from './history.ts'
import { labelsOf } from './labels.ts'
import { orderOf, ranksOf, streamsOf, timesOf } from './order.ts'
import { readDescription } from './parse-description.ts'
import { notesOf, readDescribed } from './read-described.ts'
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
    return await readEvents(readDescription(path), path, progress)
  },
}

/** Reads the events that a description means. @param source path of the description; its files are relative to it */
async function readEvents(
  description: Description,
  source: string,
  progress: (message: string) => void,
): Promise<RawEvents> {
  const { table, testFrom } = await readDescribed(description, source, progress)
  const labels = await labelsOf(table, description, source)
  const times = timesOf(table, description)
  const timeRank = ranksOf(times, table.rowCount)
  const events = {
    rowCount: table.rowCount,
    ...labels,
    notes: [...notesOf(table), ...labels.notes],
    division: divisionOf(table, description, testFrom),
    posterior: null,
    close: () => undefined,
  }
  return description.unit === undefined
    ? { ...events, ...singleEvents(table, description, times, timeRank) }
    : unitEvents(events, table, description.unit, { order: orderOf(timeRank), times })
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
    plan: (features, rows) => [...planOf(columns, description, features, rows), ...(history?.inputs ?? [])],
    history: history?.plan ?? null,
    column: async (name) => past?.get(name) ?? columnOf(columns, name),
  } satisfies Pick<RawEvents, 'streams' | 'timeRank' | 'times' | 'plan' | 'history' | 'column'>
}
