import { type Database, literal } from '../tables/database.ts'

/** The recording consists of clips of this many consecutive records, hours apart. Nothing is carried from clip to clip. */
const CLIP_RECORDS = 100_000

/** Columns of the previous event kinds of the caller, and on the object, the latest first. */
export const CALLER_KINDS = Array.from({ length: 6 }, (_, i) => `caller_kind_${i + 1}`)
export const OBJECT_KINDS = Array.from({ length: 3 }, (_, i) => `object_kind_${i + 1}`)

/** Events of the caller over which mappings and protection changes are counted. */
const RECENT_EVENTS = 16

/** Objects of these kinds get their identity from the call's answer: where a mapping lies, which process is born. */
const ANSWERED_KINDS = /^(MEMORY_OBJECT|SUBJECT.*)$/

/**
 * Builds the table `feature` from `record`: one row per record in file order, everything that an event may be judged by.
 * Whatever tells of history looks only at calls strictly before the current one in (time, sequence) of its clip: one call
 * may write several records of the same time and sequence, and none of them knows of the others. The order of lines
 * matters for one thing only: a description, which has no time, is known to the lines behind it.
 * Tokens are codes into the tables `event_kind` and `object_kind` (code, token).
 */
export async function buildFeatures(database: Database): Promise<void> {
  for (const statement of [
    entities,
    placed,
    eventKinds,
    events,
    declarations,
    objectKinds,
    callerHistory,
    objectHistory,
    describedObjects,
    features,
  ]) {
    await database.run(statement)
  }
  for (const table of [
    'record',
    'entity',
    'placed',
    'event',
    'declaration',
    'caller_history',
    'object_history',
    'described_object',
  ]) {
    await database.run(`DROP TABLE ${table}`)
  }
}

/**
 * Who acts: the thread, known before its call. The recording's subject is not always: it changes with the call that loads a
 * program. Recordings without threads (0) are told by subject.
 */
const callerName = `CASE WHEN thread_id <> 0 THEN 'thread ' || thread_id ELSE subject_uuid END`

/** Long identifiers become numbers once, so that windows sort integers. */
const entities = `
CREATE TEMP TABLE entity AS
SELECT name, (row_number() OVER ())::INTEGER AS id
FROM (
  SELECT ${callerName} AS name FROM record
  UNION SELECT object_uuid FROM record
  UNION SELECT event_id FROM record WHERE record_type <> 'RECORD_EVENT'
)
WHERE name <> ''`

/**
 * The place of every record in time. Records that describe an object have no time of their own: they take the time and
 * sequence of the event written before them in the clip, or the clip's first time where there is none. `call` numbers the
 * calls in time.
 */
const placed = `
CREATE TEMP TABLE placed AS
WITH timed AS (
  SELECT row, (row // ${CLIP_RECORDS})::INTEGER AS clip, caller.id AS caller, object.id AS object, self.id AS self,
    CASE WHEN timestamp_ns > 0 THEN timestamp_ns END AS own_time,
    CASE WHEN timestamp_ns > 0 THEN sequence END AS own_sequence
  FROM record
  LEFT JOIN entity AS caller ON caller.name = ${callerName}
  LEFT JOIN entity AS object ON object.name = object_uuid
  LEFT JOIN entity AS self ON self.name = CASE WHEN record_type <> 'RECORD_EVENT' THEN event_id END
), carried AS (
  SELECT row, clip, caller, object, self,
    last_value(own_time IGNORE NULLS) OVER up_to_here AS carried_time,
    last_value(own_sequence IGNORE NULLS) OVER up_to_here AS carried_sequence,
    min(own_time) OVER (PARTITION BY clip) AS first_time,
    (min(row) OVER (PARTITION BY clip, caller))::INTEGER AS stream
  FROM timed
  WINDOW up_to_here AS (PARTITION BY clip ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT row, clip, caller, object, self, stream,
  (dense_rank() OVER (ORDER BY carried_time, carried_sequence))::INTEGER AS call,
  (row_number() OVER (ORDER BY coalesce(carried_time, first_time, 0), coalesce(carried_sequence, -1), row) - 1)::INTEGER AS position
FROM carried`

/** What happened, as history tells it: the event type, and the protection where there is one. */
const kindOfEvent = `replace(event_type, 'EVENT_', '') || CASE WHEN protection <> '' THEN ' ' || protection ELSE '' END`

const eventKinds = `
CREATE TEMP TABLE event_kind AS
SELECT token, (row_number() OVER (ORDER BY token) - 1)::SMALLINT AS code
FROM (SELECT DISTINCT ${kindOfEvent} AS token FROM record WHERE record_type = 'RECORD_EVENT')`

const events = `
CREATE TEMP TABLE event AS
SELECT row, clip, call, caller, object, code AS kind, timestamp_ns, file_size,
  event_type = 'EVENT_MMAP' AS is_mapping, event_type = 'EVENT_MPROTECT' AS is_protecting
FROM placed JOIN record USING (row) JOIN event_kind ON token = ${kindOfEvent}
WHERE record_type = 'RECORD_EVENT'`

/** What the first record that describes an object says. */
const declarations = `
CREATE TEMP TABLE declaration AS
SELECT clip, self AS entity, min(row) AS row,
  arg_min(replace(record_type, 'RECORD_', '') || CASE WHEN event_type <> '' THEN ' ' || event_type ELSE '' END, row) AS token
FROM placed JOIN record USING (row)
WHERE self IS NOT NULL
GROUP BY clip, self`

const objectKinds = `
CREATE TEMP TABLE object_kind AS
SELECT token, (row_number() OVER (ORDER BY token) - 1)::SMALLINT AS code FROM (SELECT DISTINCT token FROM declaration)`

const previousKinds = (names: readonly string[]) =>
  names.map((name, i) => `lag(kind, ${i + 1}) OVER past AS ${name}`).join(', ')

/**
 * What the events of a caller, or on an object, amount to before each call. Windows walk event by event; the first event of
 * a call has looked at earlier calls only, and what it found is that of all events of the call. These stand in the order of
 * what they say, so that later calls do not depend on the order of their lines.
 *
 * @param columns SQL over the window `past` and frames of `frames`
 */
const historyOf = (whose: 'caller' | 'object', columns: string, frames: string) => `
CREATE TEMP TABLE ${whose}_history AS
WITH told AS (
  SELECT clip, call, ${whose}, ${columns},
    (row_number() OVER past - 1)::INTEGER AS ${whose}_events,
    (rank() OVER (PARTITION BY clip, ${whose} ORDER BY call) - 1)::INTEGER AS earlier,
    (timestamp_ns - lag(timestamp_ns) OVER past) / 1e6 AS ${whose}_gap_ms
  FROM event
  WINDOW past AS (PARTITION BY clip, ${whose} ORDER BY call, kind, file_size, row),
    ${frames}
)
SELECT row, told.* EXCLUDE (earlier)
FROM event JOIN told USING (clip, call, ${whose})
WHERE ${whose}_events = earlier`

const callerHistory = historyOf(
  'caller',
  `${previousKinds(CALLER_KINDS)},
    lag(file_size) OVER past AS caller_previous_size,
    (count(*) FILTER (is_mapping) OVER recent)::INTEGER AS recent_mappings,
    (count(*) FILTER (is_protecting) OVER recent)::INTEGER AS recent_protections`,
  `recent AS (PARTITION BY clip, caller ORDER BY call, kind, file_size, row ROWS BETWEEN ${RECENT_EVENTS} PRECEDING AND 1 PRECEDING)`,
)

const objectHistory = historyOf(
  'object',
  `${previousKinds(OBJECT_KINDS)},
    (count(*) FILTER (is_mapping) OVER before)::INTEGER AS object_mappings,
    (count(*) FILTER (is_protecting) OVER before)::INTEGER AS object_protections`,
  'before AS (PARTITION BY clip, object ORDER BY call, kind, file_size, row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)',
)

/**
 * What is known of the object before the call. A description written before the line counts from the second call on
 * the object on: written beside the first one it says what that one is. Objects whose identity the call itself answers (memory,
 * known by description or by a change of its protection, and processes) have no past.
 */
const describedObjects = `
CREATE TEMP TABLE described_object AS
WITH described AS (
  SELECT history.*, CASE WHEN declaration.row < history.row AND object_events > 0 THEN token END AS known
  FROM object_history AS history
  LEFT JOIN declaration ON declaration.clip = history.clip AND declaration.entity = history.object
), known AS (
  SELECT described.*, object_kind.code AS object_kind,
    object_protections > 0 OR coalesce(regexp_matches(known, ${literal(ANSWERED_KINDS.source)}), false) AS is_answered
  FROM described LEFT JOIN object_kind ON object_kind.token = known
)
SELECT row,
  ${[...OBJECT_KINDS, 'object_gap_ms', 'object_kind'].map((name) => `CASE WHEN NOT is_answered THEN ${name} END AS ${name}`).join(', ')},
  ${['object_events', 'object_mappings'].map((name) => `CASE WHEN is_answered THEN 0 ELSE ${name} END AS ${name}`).join(', ')}
FROM known`

const features = `
CREATE TEMP TABLE feature AS
SELECT record.row, record.* EXCLUDE (row, event_id, subject_uuid, object_uuid), placed.* EXCLUDE (row, clip, call, caller, object, self),
  caller_history.* EXCLUDE (row, clip, call, caller), described_object.* EXCLUDE (row)
FROM record JOIN placed USING (row)
LEFT JOIN caller_history USING (row)
LEFT JOIN described_object USING (row)
ORDER BY record.row`
