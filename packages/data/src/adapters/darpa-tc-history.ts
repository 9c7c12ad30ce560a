import type { Database } from '../tables/database.ts'

/** The recording consists of clips of this many consecutive records, hours apart. Nothing is carried from clip to clip. */
const CLIP_RECORDS = 100_000

/** Previous event kinds of the subject, and of the object, that are looked back at. */
export const SUBJECT_LOOKBACK = 6
export const OBJECT_LOOKBACK = 3

/** Records of the subject over which mappings and protection changes are counted. */
const RECENT_EVENTS = 16

/**
 * Builds the table `feature` from `record`: one row per record in file order, everything that an event may be judged by.
 * Whatever tells of history looks only at records strictly before the current one in the order (time, sequence, file
 * order) of its clip. Tokens are codes into the tables `event_kind` and `object_kind` (code, token).
 */
export async function buildFeatures(database: Database): Promise<void> {
  for (const statement of [
    entities,
    placed,
    eventKinds,
    events,
    declarations,
    objectKinds,
    subjectHistory,
    objectHistory,
    features,
  ]) {
    await database.run(statement)
  }
  for (const table of ['record', 'entity', 'placed', 'event', 'declaration', 'subject_history', 'object_history']) {
    await database.run(`DROP TABLE ${table}`)
  }
}

/** Long identifiers become numbers once, so that windows sort integers. */
const entities = `
CREATE TEMP TABLE entity AS
SELECT uuid, (row_number() OVER ())::INTEGER AS id
FROM (
  SELECT subject_uuid AS uuid FROM record
  UNION SELECT object_uuid FROM record
  UNION SELECT event_id FROM record WHERE record_type <> 'RECORD_EVENT'
)
WHERE uuid <> ''`

/**
 * The place of every record in time. Records that describe an object have no time of their own: they take the time and
 * sequence of the event written before them in the clip, or the clip's first time where there is none.
 */
const placed = `
CREATE TEMP TABLE placed AS
WITH timed AS (
  SELECT row, (row // ${CLIP_RECORDS})::INTEGER AS clip, subject.id AS subject, object.id AS object, self.id AS self,
    CASE WHEN timestamp_ns > 0 THEN timestamp_ns END AS own_time,
    CASE WHEN timestamp_ns > 0 THEN sequence END AS own_sequence
  FROM record
  LEFT JOIN entity AS subject ON subject.uuid = subject_uuid
  LEFT JOIN entity AS object ON object.uuid = object_uuid
  LEFT JOIN entity AS self ON self.uuid = CASE WHEN record_type <> 'RECORD_EVENT' THEN event_id END
), carried AS (
  SELECT row, clip, subject, object, self,
    last_value(own_time IGNORE NULLS) OVER up_to_here AS carried_time,
    last_value(own_sequence IGNORE NULLS) OVER up_to_here AS carried_sequence,
    min(own_time) OVER (PARTITION BY clip) AS first_time,
    (min(row) OVER (PARTITION BY clip, subject))::INTEGER AS stream
  FROM timed
  WINDOW up_to_here AS (PARTITION BY clip ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT row, clip, subject, object, self, stream,
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
SELECT row, clip, position, subject, object, code AS kind, timestamp_ns, file_size,
  event_type = 'EVENT_MMAP' AS is_mapping, event_type = 'EVENT_MPROTECT' AS is_protecting
FROM placed JOIN record USING (row) JOIN event_kind ON token = ${kindOfEvent}
WHERE record_type = 'RECORD_EVENT'`

/** What is known of an object from the first record that describes it. */
const declarations = `
CREATE TEMP TABLE declaration AS
SELECT clip, self AS entity, min(position) AS position, arg_min(file_size, position) AS size,
  arg_min(replace(record_type, 'RECORD_', '') || CASE WHEN event_type <> '' THEN ' ' || event_type ELSE '' END, position) AS token
FROM placed JOIN record USING (row)
WHERE self IS NOT NULL
GROUP BY clip, self`

const objectKinds = `
CREATE TEMP TABLE object_kind AS
SELECT token, (row_number() OVER (ORDER BY token) - 1)::SMALLINT AS code FROM (SELECT DISTINCT token FROM declaration)`

const subjectHistory = `
CREATE TEMP TABLE subject_history AS
SELECT row, ${previousKinds('subject', SUBJECT_LOOKBACK)},
  (row_number() OVER past - 1)::INTEGER AS subject_events,
  (timestamp_ns - lag(timestamp_ns) OVER past) / 1e6 AS subject_gap_ms,
  lag(file_size) OVER past AS subject_previous_size,
  (count(*) FILTER (is_mapping) OVER recent)::INTEGER AS recent_mappings,
  (count(*) FILTER (is_protecting) OVER recent)::INTEGER AS recent_protections
FROM event
WINDOW past AS (PARTITION BY clip, subject ORDER BY position),
  recent AS (PARTITION BY clip, subject ORDER BY position ROWS BETWEEN ${RECENT_EVENTS} PRECEDING AND 1 PRECEDING)`

const objectHistory = `
CREATE TEMP TABLE object_history AS
SELECT row, ${previousKinds('object', OBJECT_LOOKBACK)},
  (row_number() OVER past - 1)::INTEGER AS object_events,
  (timestamp_ns - lag(timestamp_ns) OVER past) / 1e6 AS object_gap_ms,
  (count(*) FILTER (is_mapping) OVER before)::INTEGER AS object_mappings,
  (count(*) FILTER (is_protecting) OVER before)::INTEGER AS object_protections
FROM event
WINDOW past AS (PARTITION BY clip, object ORDER BY position),
  before AS (PARTITION BY clip, object ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`

function previousKinds(whose: 'subject' | 'object', lookback: number): string {
  return Array.from({ length: lookback }, (_, i) => `lag(kind, ${i + 1}) OVER past AS ${whose}_kind_${i + 1}`).join(
    ', ',
  )
}

const features = `
CREATE TEMP TABLE feature AS
SELECT record.row, record.* EXCLUDE (row, event_id, subject_uuid, object_uuid), placed.* EXCLUDE (row, subject, object, self),
  subject_history.* EXCLUDE (row), object_history.* EXCLUDE (row),
  object_kind.code AS object_kind, declaration.size AS object_size
FROM record JOIN placed USING (row)
LEFT JOIN subject_history USING (row)
LEFT JOIN object_history USING (row)
LEFT JOIN declaration ON declaration.clip = placed.clip AND declaration.entity = placed.object AND declaration.position < placed.position
LEFT JOIN object_kind USING (token)
ORDER BY record.row`
