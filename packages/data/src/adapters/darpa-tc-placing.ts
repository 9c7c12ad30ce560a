import type { Database } from '../tables/database.ts'

/** The recording consists of clips of this many consecutive records, hours apart. Nothing is carried from clip to clip. */
export const CLIP_RECORDS = 100_000

/** Who does what to whom in which order: N records, in file order. */
export type PlacedRecords = {
  /** [N] nanoseconds since 1970; a record without a time has that of the event written before it in its clip */
  readonly times: BigInt64Array
  /** [N] rows by time, sequence and line */
  readonly byTime: Int32Array
  /** [N] number of the call, by time and sequence, that wrote the record */
  readonly calls: Int32Array
  /** [N] 1 = an event, 0 = a description */
  readonly isEvent: Int32Array
  /** [N] who acts, whom it concerns, and whom a description describes: a number of its own in every clip, -1 = nobody */
  readonly callers: Int32Array
  readonly objects: Int32Array
  readonly described: Int32Array
  /** Numbers of callers and objects are below this one. */
  readonly entityCount: number
}

/** Reads from the table `record` who acts on what when. The columns that hold identifiers are dropped. */
export async function placeRecords(database: Database, rowCount: number): Promise<PlacedRecords> {
  await database.run(entities)
  const [[entityCount]] = await database.rows('SELECT count(*) FROM entity')
  const [isEvent, callers, objects, described] = await database.integers(identities, rowCount)
  await database.run('DROP TABLE entity')
  for (const name of ['event_id', 'subject_uuid', 'object_uuid']) {
    await database.run(`ALTER TABLE record DROP COLUMN ${name}`)
  }
  await database.run(placed)
  const [times] = await database.bigIntegers('SELECT time FROM placed ORDER BY row', rowCount)
  const [byTime, callInTime] = await database.integers(
    'SELECT row, dense_rank() OVER (ORDER BY time, sequence)::INTEGER FROM placed ORDER BY time, sequence, row',
    rowCount,
  )
  await database.run('DROP TABLE placed')
  const calls = new Int32Array(rowCount)
  for (let i = 0; i < rowCount; i++) calls[byTime[i]] = callInTime[i]
  return { times, byTime, calls, isEvent, callers, objects, described, entityCount: Number(entityCount) }
}

/** The number of each record's clip. */
const clip = `row // ${CLIP_RECORDS}`

/**
 * Who acts: the thread, known before its call. The recording's subject is not always: it changes with the call that loads a
 * program. Recordings without threads (0) are told by subject.
 */
const callerName = `CASE WHEN thread_id <> 0 THEN 'thread ' || thread_id ELSE subject_uuid END`

const describedName = `CASE WHEN record_type <> 'RECORD_EVENT' THEN event_id ELSE '' END`

/** Long identifiers become numbers once. */
const entities = `
CREATE TEMP TABLE entity AS
SELECT clip, name, (row_number() OVER () - 1)::INTEGER AS id
FROM (
  SELECT ${clip} AS clip, ${callerName} AS name FROM record
  UNION SELECT ${clip}, object_uuid FROM record
  UNION SELECT ${clip}, ${describedName} FROM record
)
WHERE name <> ''`

const joined = (alias: string, name: string) =>
  `LEFT JOIN entity AS ${alias} ON ${alias}.clip = ${clip} AND ${alias}.name = ${name}`

const identities = `
SELECT (record_type = 'RECORD_EVENT')::INTEGER, caller.id, object.id, described.id
FROM record
${joined('caller', callerName)}
${joined('object', 'object_uuid')}
${joined('described', describedName)}
ORDER BY row`

/**
 * The place of every record in time. Records that describe an object have no time of their own: they take the time and
 * sequence of the event written before them in the clip, or the clip's first time where there is none.
 */
const placed = `
CREATE TEMP TABLE placed AS
WITH timed AS (
  SELECT row, ${clip} AS clip,
    CASE WHEN timestamp_ns > 0 THEN timestamp_ns END AS own_time,
    CASE WHEN timestamp_ns > 0 THEN sequence END AS own_sequence
  FROM record
)
SELECT row,
  coalesce(last_value(own_time IGNORE NULLS) OVER up_to_here, min(own_time) OVER (PARTITION BY clip), 0)::BIGINT AS time,
  coalesce(last_value(own_sequence IGNORE NULLS) OVER up_to_here, -1)::BIGINT AS sequence
FROM timed
WINDOW up_to_here AS (PARTITION BY clip ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
