import { dirname } from 'node:path'
import { type FeaturePipeline, type RawColumn, type RawEvent, rawColumns } from '@vigil/features'
import type { RawEvents } from './adapters/adapter.ts'
import type { Dataset } from './dataset.ts'
import { compileExpression } from './description/expression.ts'
import { orderOf, ranksOf, timesOf } from './description/order.ts'
import { isDescription, readDescription } from './description/parse-description.ts'
import { adapterOf, type DatasetRequest, withEvents } from './load-dataset.ts'
import type { ReadAs } from './reading/column-builder.ts'
import { findSources } from './reading/event-sources.ts'
import { formatOf, readTable, type SourceStyle } from './reading/read-table.ts'
import { findColumns } from './tables/columns.ts'

/** More events than this are better sent one after another: here they are all in memory. */
const ROWS_MAX = 40_000_000

/** Events that have been read, as whoever decides live would get them. */
export type EventSequence = {
  readonly rowCount: number
  /** [N] rows in the order of time */
  readonly order: Uint32Array
  /** The pipeline, with times as they are in `event`. */
  readonly pipeline: FeaturePipeline
  /** An event by its row, with the columns that its inputs are made of and no other; a missing cell is not there. */
  event(row: number): RawEvent
}

/** Events with the parts that a training divides them into. */
export type Recording = EventSequence & { readonly splits: Dataset['splits'] }

/**
 * Reads or generates events to be replayed one by one. A label is in none of them.
 *
 * @example
 * const { order, event } = await loadRecording({ ...request, pipeline })
 * for (const row of order) decider.decide([event(row)])
 *
 * @throws {VigilError} READING_MISSING, and as loadDataset
 */
export async function loadRecording(
  request: DatasetRequest & { readonly pipeline: FeaturePipeline },
  progress: (message: string) => void = () => undefined,
): Promise<Recording> {
  return await withEvents(adapterOf(request), request, progress, async (events, splits) => {
    const { pipeline } = request
    const columns: [string, RawColumn][] = []
    for (const name of rawColumns(pipeline)) columns.push([name, await rawColumnOf(events, pipeline, name)])
    return { ...sequenceOf(pipeline, columns, events.timeRank), splits }
  })
}

/**
 * Reads events that a team shall decide on, labelled or not, in any format that a training reads.
 *
 * @param path a file of events, or a description whose files they are
 * @param pipeline of the team; a description says nothing but where and how the files are
 * @throws {VigilError} READING_MISSING, and for files that cannot be read
 */
export async function loadEventSequence(
  path: string,
  pipeline: FeaturePipeline,
  progress: (message: string) => void = () => undefined,
): Promise<EventSequence> {
  const names = rawColumns(pipeline)
  const { missing = [], time = null, where = null } = pipeline.reading ?? {}
  const filtered = where === null ? [] : compileExpression(where, 'where').columns
  const { paths, ...style } = filesOf(path)
  const readAs = new Map([...names, ...filtered].map((name) => [name, 'tokens' as ReadAs]))
  if (time !== null) readAs.set(time.column, 'times')
  const timeUnit = time === null || time.unit === 'auto' ? null : time.unit
  const table = await readTable(
    paths,
    style,
    { readAs: { named: readAs, others: null }, missing, timeUnit, keep: null, rowsMax: ROWS_MAX },
    (file) => progress(`reading ${file}`),
  )
  if (table.rowCount === 0) return sequenceOf(pipeline, [], new Uint32Array(0))
  // A line of JSON names what it has; a table has all its columns.
  if ((await formatOf(paths[0], style.encoding)) !== 'jsonl') findColumns(paths[0], names, [...table.columns.keys()])
  const times = timesOf(table, time === null ? {} : { time })
  const columns = [...readAs.keys()].flatMap((name): [string, RawColumn][] => {
    const column =
      name === time?.column ? ({ kind: 'number', values: times! } as const) : table.columns.get(name)?.column
    return column === undefined ? [] : [[name, column]]
  })
  return sequenceOf(pipeline, columns, ranksOf(times, table.rowCount))
}

/** The files that a path means, and how they are written. */
function filesOf(path: string): SourceStyle & { readonly paths: readonly string[] } {
  if (!isDescription(path)) {
    return { paths: findSources([path], '.'), format: 'auto', encoding: 'utf-8', delimiter: null, header: null }
  }
  const { files, format, encoding, delimiter = null, header = null } = readDescription(path)
  const paths = findSources(files.all ?? [...(files.train ?? []), ...(files.test ?? [])], dirname(path))
  return { paths, format, encoding, delimiter, header }
}

function sequenceOf(
  pipeline: FeaturePipeline,
  columns: readonly [string, RawColumn][],
  timeRank: Uint32Array,
): EventSequence {
  return {
    rowCount: timeRank.length,
    order: orderOf(timeRank),
    pipeline: withMilliseconds(pipeline),
    event: (row) => Object.fromEntries(columns.flatMap(([name, column]) => cellOf(name, column, row))),
  }
}

async function rawColumnOf(events: RawEvents, { reading }: FeaturePipeline, name: string): Promise<RawColumn> {
  if (name === reading?.time?.column && events.times !== null) return { kind: 'number', values: events.times }
  if (events.rawColumn !== undefined) return events.rawColumn(name)
  if (reading?.stream.includes(name)) return { kind: 'number', values: Float64Array.from(events.streams) }
  return await events.column(name)
}

function withMilliseconds(pipeline: FeaturePipeline): FeaturePipeline {
  const { reading } = pipeline
  if (reading === null || reading.time === null) return pipeline
  return { ...pipeline, reading: { ...reading, time: { ...reading.time, unit: 'ms' } } }
}

function cellOf(name: string, column: RawColumn, row: number): [string, string | number][] {
  if (column.kind === 'number') return Number.isNaN(column.values[row]) ? [] : [[name, column.values[row]]]
  const code = column.codes[row]
  return code < 0 ? [] : [[name, column.dictionary[code]]]
}
