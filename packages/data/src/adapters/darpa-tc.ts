import { featureError, type RawColumn } from '@vigil/features'
import { dataError } from '../errors.ts'
import { shownText } from '../tables/csv-text.ts'
import { type Database, openDatabase, quoted } from '../tables/database.ts'
import { findEventFiles } from '../tables/event-files.ts'
import type { Adapter, RawEvents } from './adapter.ts'
import { darpaTcHistory, darpaTcHistoryPlan } from './darpa-tc-history.ts'
import { CLIP_RECORDS, type PlacedRecords, placeRecords } from './darpa-tc-placing.ts'
import { darpaTcProfiles } from './darpa-tc-profiles.ts'
import { NUMBER_COLUMNS, readRecords } from './darpa-tc-records.ts'

/**
 * DARPA Transparent Computing, CDM20 records as flat tables (Parquet or CSV) or as they were published (JSON). The label `is_suspicious` is a rule over
 * event type, memory protection and path; the profile `behaviour` therefore leaves these three fields of the current
 * record out, and all that is known only after the call. A stream is one caller (thread) within one clip of 100,000 records;
 * records without a caller (descriptions of objects) make one stream per clip.
 */
export const darpaTc: Adapter = {
  name: 'darpa-tc',
  open: async ({ path }, progress) => {
    const files = findEventFiles(path)
    const database = await openDatabase()
    try {
      progress(`reading ${files.paths.length} ${files.format} file${files.paths.length === 1 ? '' : 's'}`)
      const rowCount = await readRecords(database, files)
      progress(`history of ${rowCount} records`)
      return await rawEvents(database, rowCount)
    } catch (cause) {
      database.close()
      throw cause
    }
  },
}

async function rawEvents(database: Database, rowCount: number): Promise<RawEvents> {
  const placed = await placeRecords(database, rowCount)
  const [file_size] = await database.numbers('SELECT file_size::DOUBLE FROM record', rowCount)
  const history = darpaTcHistory(placed, {
    kind: await tokenColumn(database, KIND_OF_EVENT, rowCount),
    event_type: await tokenColumn(database, 'event_type', rowCount),
    file_size: { kind: 'number', values: file_size },
    description: await tokenColumn(database, DESCRIPTION, rowCount),
  })
  const [labels] = await database.integers('SELECT is_suspicious::INTEGER FROM record', rowCount)
  const classes = await tokenColumn(database, CLASS_OF_RECORD, rowCount)
  return {
    rowCount,
    labels: Uint8Array.from(labels),
    ...numberClasses(classes),
    streams: numberStreams(placed),
    timeRank: ranksOf(placed.byTime),
    // Clips are excerpts of the recording: nobody knows how much happened in a day.
    times: null,
    posterior: null,
    division: null,
    notes: [],
    plan: (profile) => darpaTcProfiles[profile]!,
    history: () => darpaTcHistoryPlan,
    column: async (name) => history.get(name) ?? (await readColumn(database, name, rowCount)),
    close: () => database.close(),
  }
}

/** What happened, as history tells it: the event type, and the protection where there is one. */
const KIND_OF_EVENT = `replace(event_type, 'EVENT_', '') || CASE WHEN protection <> '' THEN ' ' || protection ELSE '' END`

/** What a description says: the kind of the object, and its type where there is one. */
const DESCRIPTION = `replace(record_type, 'RECORD_', '') || CASE WHEN event_type <> '' THEN ' ' || event_type ELSE '' END`

/** What made the label true, in the order of the rule: the event type, else the protection, else the path. */
const CLASS_OF_RECORD = `
CASE WHEN NOT is_suspicious THEN 'benign'
  WHEN protection <> '' THEN replace(event_type, 'EVENT_', '') || ' protection ' || protection
  WHEN record_type = 'RECORD_EVENT' THEN replace(event_type, 'EVENT_', '')
  WHEN file_path <> '' THEN 'path of ' || replace(record_type, 'RECORD_', '')
  ELSE replace(record_type, 'RECORD_', '') END`

/** Directories of a path, at most two, numbers made alike: /proc/123/fd/4 is /proc/#. */
const PATH_HEAD = `regexp_replace(regexp_extract(file_path, '^(/[^/]+(/[^/]+)?)/', 1), '[0-9]+', '#', 'g')`

/** Columns of text whose few distinct values become a dictionary when they are read. */
const TEXT_COLUMNS: Readonly<Record<string, string>> = {
  record_type: 'record_type',
  source: 'source',
  event_type: 'event_type',
  protection: 'protection',
  path_head: PATH_HEAD,
}

async function readColumn(database: Database, name: string, rowCount: number): Promise<RawColumn> {
  if (Object.hasOwn(TEXT_COLUMNS, name)) return tokenColumn(database, TEXT_COLUMNS[name], rowCount)
  if (!NUMBER_COLUMNS.includes(name)) {
    throw featureError(
      'PIPELINE_MISMATCH',
      `Feature pipeline: needs columns of this data, received '${name}', which it has not. Use the pipeline that was saved with the run.`,
    )
  }
  const [values] = await database.numbers(`SELECT ${quoted(name)}::DOUBLE FROM record`, rowCount)
  return { kind: 'number', values }
}

/** Dictionary of an SQL text expression over `record`, in alphabetical order. */
async function tokenColumn(
  database: Database,
  expression: string,
  rowCount: number,
): Promise<RawColumn & { kind: 'token' }> {
  await database.run(`CREATE TYPE token AS ENUM (SELECT DISTINCT ${expression} AS token FROM record ORDER BY token)`)
  const rows = await database.rows('SELECT unnest(enum_range(NULL::token))::VARCHAR')
  const [codes] = await database.integers(`SELECT enum_code((${expression})::token)::INTEGER FROM record`, rowCount)
  await database.run('DROP TYPE token')
  return { kind: 'token', codes, dictionary: rows.map(([token]) => String(token)) }
}

/** Longest name of a class: it stands in reports and tables. */
const CLASS_NAME_MAX = 200

/** 'benign' first, the others in alphabetical order. */
function numberClasses(column: RawColumn & { kind: 'token' }): { classes: Uint8Array; classNames: string[] } {
  const classNames = ['benign', ...column.dictionary.filter((name) => name !== 'benign')]
  if (classNames.length > 256) {
    throw dataError(
      'CLASSES_INVALID',
      `Data column 'event_type': may make 256 classes, received ${classNames.length}. Check that event types are names, not free text.`,
    )
  }
  const long = classNames.find((name) => name.length > CLASS_NAME_MAX)
  if (long !== undefined) {
    throw dataError(
      'CLASSES_INVALID',
      `Data column 'event_type': a class may have ${CLASS_NAME_MAX} characters, received ${long.length}: ${shownText(long)}. Check that event types are names, not free text.`,
    )
  }
  const numbers = column.dictionary.map((name) => classNames.indexOf(name))
  const classes = new Uint8Array(column.codes.length)
  for (let row = 0; row < classes.length; row++) classes[row] = numbers[column.codes[row]]
  return { classes, classNames }
}

/** Every caller of a clip is a stream, and so are the records of a clip without a caller; numbered by their first lines. */
function numberStreams({ callers, entityCount }: PlacedRecords): Uint32Array {
  const numbers = new Int32Array(entityCount + Math.ceil(callers.length / CLIP_RECORDS)).fill(-1)
  const streams = new Uint32Array(callers.length)
  let next = 0
  for (let row = 0; row < callers.length; row++) {
    const stream = callers[row] < 0 ? entityCount + Math.floor(row / CLIP_RECORDS) : callers[row]
    if (numbers[stream] < 0) numbers[stream] = next++
    streams[row] = numbers[stream]
  }
  return streams
}

function ranksOf(byTime: Int32Array): Uint32Array {
  const ranks = new Uint32Array(byTime.length)
  for (let rank = 0; rank < byTime.length; rank++) ranks[byTime[rank]] = rank
  return ranks
}
