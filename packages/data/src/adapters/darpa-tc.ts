import { featureError, type RawColumn } from '@vigil/features'
import { dataError } from '../errors.ts'
import { shownText } from '../tables/csv-text.ts'
import { type Database, literal, openDatabase, quoted } from '../tables/database.ts'
import { findEventFiles } from '../tables/event-files.ts'
import type { Adapter, RawEvents } from './adapter.ts'
import { buildFeatures } from './darpa-tc-history.ts'
import { darpaTcProfiles } from './darpa-tc-profiles.ts'
import { readRecords } from './darpa-tc-records.ts'

/**
 * DARPA Transparent Computing, CDM20 records as flat tables (Parquet or CSV). The label `is_suspicious` is a rule over
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
      await buildFeatures(database)
      return await rawEvents(database, rowCount)
    } catch (cause) {
      database.close()
      throw cause
    }
  },
}

async function rawEvents(database: Database, rowCount: number): Promise<RawEvents> {
  const [labels, positions, streamHeads] = await database.integers(
    'SELECT is_suspicious::INTEGER, position::INTEGER, stream::INTEGER FROM feature',
    rowCount,
  )
  const classes = await tokenColumn(database, CLASS_OF_RECORD, rowCount)
  return {
    rowCount,
    labels: Uint8Array.from(labels),
    ...numberClasses(classes),
    streams: numberStreams(streamHeads),
    timeRank: Uint32Array.from(positions),
    posterior: null,
    division: null,
    notes: [],
    plan: (features) => darpaTcProfiles[features],
    column: (name) => readColumn(database, name, rowCount),
    close: () => database.close(),
  }
}

/** What made the label true, in the order of the rule: the event type, else the protection, else the path. */
const CLASS_OF_RECORD = `
CASE WHEN NOT is_suspicious THEN 'benign'
  WHEN protection <> '' THEN replace(event_type, 'EVENT_', '') || ' protection ' || protection
  WHEN record_type = 'RECORD_EVENT' THEN replace(event_type, 'EVENT_', '')
  WHEN file_path <> '' THEN 'path of ' || replace(record_type, 'RECORD_', '')
  ELSE replace(record_type, 'RECORD_', '') END`

/** Directories of a path, at most two, numbers made alike: /proc/123/fd/4 is /proc/#. */
const PATH_HEAD = `regexp_replace(regexp_extract(file_path, '^(/[^/]+(/[^/]+)?)/', 1), '[0-9]+', '#', 'g')`

/** Columns of codes with a table of their tokens. */
const CODED_COLUMNS: readonly { readonly name: RegExp; readonly tokens: string }[] = [
  { name: /^(caller|object)_kind_[0-9]+$/, tokens: 'event_kind' },
  { name: /^object_kind$/, tokens: 'object_kind' },
]

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
  const coded = CODED_COLUMNS.find((column) => column.name.test(name))
  const present = await database.rows(
    `SELECT 1 FROM (DESCRIBE feature) WHERE column_name = ${literal(name)} AND column_type NOT IN ('VARCHAR', 'BOOLEAN')`,
  )
  if (present.length === 0) {
    throw featureError(
      'PIPELINE_MISMATCH',
      `Feature pipeline: needs columns of this data, received '${name}', which it has not. Use the pipeline that was saved with the run.`,
    )
  }
  if (coded === undefined) {
    const [values] = await database.numbers(`SELECT ${quoted(name)}::DOUBLE FROM feature`, rowCount)
    return { kind: 'number', values }
  }
  const [codes] = await database.integers(`SELECT ${quoted(name)}::INTEGER FROM feature`, rowCount)
  const dictionary = await database.rows(`SELECT token FROM ${coded.tokens} ORDER BY code`)
  return { kind: 'token', codes, dictionary: dictionary.map(([entry]) => String(entry)) }
}

/** Dictionary of an SQL text expression over `feature`, in alphabetical order. */
async function tokenColumn(
  database: Database,
  expression: string,
  rowCount: number,
): Promise<RawColumn & { kind: 'token' }> {
  const rows = await database.rows(`SELECT DISTINCT ${expression} AS token FROM feature ORDER BY token`)
  const dictionary = rows.map(([token]) => String(token))
  await database.run(
    `CREATE OR REPLACE TEMP TABLE dictionary AS SELECT token, row_number() OVER (ORDER BY token) - 1 AS code FROM (SELECT DISTINCT ${expression} AS token FROM feature)`,
  )
  const [codes] = await database.integers(
    `SELECT code::INTEGER FROM feature JOIN dictionary ON token = ${expression} ORDER BY row`,
    rowCount,
  )
  return { kind: 'token', codes, dictionary }
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
  return { classes: Uint8Array.from(column.codes, (code) => numbers[code]), classNames }
}

/** Streams are known by their first row; here they get numbers in order of appearance. */
function numberStreams(heads: Int32Array): Uint32Array {
  const numbers = new Map<number, number>()
  return Uint32Array.from(heads, (head) => {
    const known = numbers.get(head)
    if (known !== undefined) return known
    numbers.set(head, numbers.size)
    return numbers.size - 1
  })
}
