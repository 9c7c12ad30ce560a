import { type HistoryPlan, parseHistoryPlan, type RawColumn, replayHistory } from '@vigil/features'
import { CLIP_RECORDS, type PlacedRecords } from './darpa-tc-placing.ts'

/** Columns of the previous event kinds of the caller, and on the object, the latest first. */
export const CALLER_KINDS = Array.from({ length: 6 }, (_, i) => `caller_kind_${i + 1}`)
export const OBJECT_KINDS = Array.from({ length: 3 }, (_, i) => `object_kind_${i + 1}`)

/** Events of the caller over which mappings and protection changes are counted. */
const RECENT_EVENTS = 16

/** Objects of these kinds get their identity from the call's answer: where a mapping lies, which process is born. */
const ANSWERED_KINDS = /^(MEMORY_OBJECT|SUBJECT.*)$/

const previousKinds = (key: string, names: readonly string[]) =>
  names.map((name, i) => ({ name, key, kind: 'previous', of: 'kind', back: i + 1 }))
const counted = (name: string, key: string, value: string, last: number | null) => ({
  ...{ name, key, kind: 'count', of: 'event_type' },
  ...{ value, last },
})

/** A clip has room for as many callers and objects as it has records, so none is forgotten within it. */
export const darpaTcHistoryPlan: HistoryPlan = parseHistoryPlan({
  columns: [
    { name: 'kind', kind: 'token' },
    { name: 'event_type', kind: 'token' },
    { name: 'file_size', kind: 'number' },
  ],
  keys: ['caller', 'object'].map((name) => ({ name, limit: CLIP_RECORDS, idleMs: null })),
  folds: [
    ...previousKinds('caller', CALLER_KINDS),
    { name: 'caller_previous_size', key: 'caller', kind: 'previous', of: 'file_size', back: 1 },
    counted('recent_mappings', 'caller', 'EVENT_MMAP', RECENT_EVENTS),
    counted('recent_protections', 'caller', 'EVENT_MPROTECT', RECENT_EVENTS),
    { name: 'caller_events', key: 'caller', kind: 'events' },
    { name: 'caller_gap_ms', key: 'caller', kind: 'gap' },
    ...previousKinds('object', OBJECT_KINDS),
    { name: 'object_events', key: 'object', kind: 'events' },
    { name: 'object_gap_ms', key: 'object', kind: 'gap' },
    counted('object_mappings', 'object', 'EVENT_MMAP', null),
    counted('object_protections', 'object', 'EVENT_MPROTECT', null),
  ],
})

type TokenColumn = RawColumn & { readonly kind: 'token' }
type NumberColumn = RawColumn & { readonly kind: 'number' }

/** What records say, [N] each. */
export type RecordColumns = {
  /** What happened, as history tells it; codes in alphabetical order of the tokens. */
  readonly kind: TokenColumn
  readonly event_type: TokenColumn
  readonly file_size: NumberColumn
  /** What a description says the object is. */
  readonly description: TokenColumn
}

/**
 * Everything of the past that an event may be judged by, one column [N] each; descriptions have none of it. Calls strictly
 * before the event's in (time, sequence) of its clip count: one call may write several records of the same time and sequence,
 * and none of them knows of the others. The order of lines matters for one thing only: a description, which has no time, is
 * known to the lines behind it.
 */
export function darpaTcHistory(placed: PlacedRecords, columns: RecordColumns): Map<string, RawColumn> {
  const { times, callers, objects, calls } = placed
  const { kind, event_type, file_size } = columns
  const history = replayHistory(
    darpaTcHistoryPlan,
    { times, keys: { caller: callers, object: objects }, columns: { kind, event_type, file_size } },
    { order: eventOrder(placed, columns), instants: calls },
  )
  return hideAnswered(history, describedObjects(placed, columns.description))
}

/**
 * Events by call. Those of one call stand in the order of what they say, so that later calls do not depend on the order of
 * their lines.
 */
function eventOrder({ byTime, calls, isEvent }: PlacedRecords, { kind, file_size }: RecordColumns): Uint32Array {
  const order = Uint32Array.from(byTime.filter((row) => isEvent[row] === 1))
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && calls[order[end]] === calls[order[start]]) end++
    if (end > start + 1) {
      order
        .subarray(start, end)
        .sort((a, b) => kind.codes[a] - kind.codes[b] || file_size.values[a] - file_size.values[b] || a - b)
    }
    start = end
  }
  return order
}

/** What the first line that describes an event's object, before the event's own line, says that it is. */
function describedObjects({ objects, described, entityCount }: PlacedRecords, description: TokenColumn): TokenColumn {
  const known = new Int32Array(entityCount).fill(-1)
  const codes = new Int32Array(objects.length).fill(-1)
  for (let row = 0; row < objects.length; row++) {
    if (described[row] >= 0 && known[described[row]] < 0) known[described[row]] = description.codes[row]
    if (objects[row] >= 0) codes[row] = known[objects[row]]
  }
  return { ...description, codes }
}

/**
 * What is known of the object before the call. A description written before the line counts from the second call on
 * the object on: written beside the first one it says what that one is. Objects whose identity the call itself answers (memory,
 * known by description or by a change of its protection, and processes) have no past.
 *
 * @param history  changed in place
 * @param object_kind changed in place
 */
function hideAnswered(history: Map<string, RawColumn>, object_kind: TokenColumn): Map<string, RawColumn> {
  const numbers = (name: string) => (history.get(name) as NumberColumn).values
  const [events, mappings, protections] = ['object_events', 'object_mappings', 'object_protections'].map(numbers)
  const gaps = numbers('object_gap_ms')
  const kinds = [...OBJECT_KINDS.map((name) => history.get(name) as TokenColumn), object_kind]
  const isAnswer = object_kind.dictionary.map((token) => ANSWERED_KINDS.test(token))
  for (let row = 0; row < events.length; row++) {
    if (!(events[row] > 0)) object_kind.codes[row] = -1
    const code = object_kind.codes[row]
    if (!(protections[row] > 0) && (code < 0 || !isAnswer[code])) continue
    events[row] = 0
    mappings[row] = 0
    gaps[row] = Number.NaN
    for (const { codes } of kinds) codes[row] = -1
  }
  history.delete('object_protections')
  return history.set('object_kind', object_kind)
}
