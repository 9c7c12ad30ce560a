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
  const [stamps, sequences] = await database.bigIntegers('SELECT timestamp_ns, sequence FROM record', rowCount)
  borrowTimes(stamps, sequences)
  return {
    times: stamps,
    ...callsOf(stamps, sequences),
    ...{ isEvent, callers, objects, described },
    entityCount: Number(entityCount),
  }
}

/**
 * Records that describe an object have no time of their own: they take the time and sequence of the event written before
 * them in the clip, or the clip's first time where there is none.
 *
 * @param stamps    [N] changed in place
 * @param sequences [N] changed in place
 */
function borrowTimes(stamps: BigInt64Array, sequences: BigInt64Array): void {
  for (let start = 0; start < stamps.length; start += CLIP_RECORDS) {
    const end = Math.min(stamps.length, start + CLIP_RECORDS)
    let time = 0n
    for (let row = start; row < end; row++) {
      if (stamps[row] > 0n && (time === 0n || stamps[row] < time)) time = stamps[row]
    }
    let sequence = -1n
    for (let row = start; row < end; row++) {
      if (stamps[row] > 0n) {
        time = stamps[row]
        sequence = sequences[row]
      }
      stamps[row] = time
      sequences[row] = sequence
    }
  }
}

/** Rows by time, sequence and line, and the number of each row's call: rows of one time and sequence are one. */
function callsOf(times: BigInt64Array, sequences: BigInt64Array): Pick<PlacedRecords, 'byTime' | 'calls'> {
  const order = Array.from(times.keys()).sort((a, b) => compare(times, a, b) || compare(sequences, a, b) || a - b)
  const calls = new Int32Array(times.length)
  let call = 0
  for (let i = 0; i < order.length; i++) {
    const [row, before] = [order[i], order[Math.max(0, i - 1)]]
    if (i === 0 || times[row] !== times[before] || sequences[row] !== sequences[before]) call++
    calls[row] = call
  }
  return { byTime: Int32Array.from(order), calls }
}

function compare(values: BigInt64Array, a: number, b: number): number {
  return values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0
}

/** The number of each record's clip. */
const clip = `record.rowid // ${CLIP_RECORDS}`

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
ORDER BY record.rowid`
