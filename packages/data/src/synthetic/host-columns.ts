import type { RawColumn } from '@vigil/features'
import type { HostEvents } from './generate.ts'
import { type Activity, activities, objectKindOf } from './host-phases.ts'

/** Events of the process over which watched activities are counted, by family. */
const FAMILY_WINDOW = 16

/** How far back the search for the last watched activity goes. */
const SEARCH_LIMIT = 20

/**
 * Activities that a watch list of a security team would name, in families: each is usual in some stage of an attack and
 * rare, not absent, in ordinary work.
 */
const WATCH_LIST: Readonly<Record<string, readonly Activity[]>> = {
  unknown: ['CONNECT unknown', 'SEND unknown', 'RECEIVE unknown'],
  peer: ['CONNECT peer', 'SEND peer', 'RECEIVE peer'],
  startup: ['WRITE startup', 'CHMOD startup', 'UNLINK log'],
  credential: ['READ credential', 'SETUID root'],
  execution: ['EXECUTE shell', 'EXECUTE temp'],
  protection: ['MPROTECT code', 'CHMOD temp'],
}

export const watchFamilies = Object.keys(WATCH_LIST)

/** Well-known port of each kind of peer; it says no more than the activity does. */
const PORTS: Readonly<Record<string, number>> = { known: 443, unknown: 443, peer: 445, local: 5432 }

/** Numbers that a row has by itself. Identifiers come from the stream's number and say nothing of its hidden state. */
const OWN_NUMBERS: Readonly<Record<string, (events: HostEvents, row: number) => number>> = {
  size: (events, row) => events.size[row],
  gap_ms: (events, row) => events.gapMs[row],
  sequence: (_, row) => row,
  src_port: (events, row) => (isSocket(events, row) ? 32_768 + ((events.streams[row] * 97) % 28_232) : 0),
  dst_port: (events, row) => PORTS[activities[events.activity[row]].split(' ')[1]] ?? 0,
  ip_protocol: (events, row) => (isSocket(events, row) ? 6 : 0),
  process_pid: (events, row) => 1000 + ((events.streams[row] * 7) % 30_000),
  process_ppid: (events, row) => 1 + (events.streams[row] % 50),
}

/**
 * One raw column of generated events. Columns of history look only at earlier events of the same process.
 *
 * @param name a number above; activity, activity_K (K events before), object_kind; recent_FAMILY (watched activities of the
 *   family among the 16 events before), watched_K (among the K before), since_watched (events since the last one)
 * @returns null when there is no such column
 */
export function hostColumn(events: HostEvents, name: string): RawColumn | null {
  if (Object.hasOwn(OWN_NUMBERS, name)) return numbers(events, (row) => OWN_NUMBERS[name](events, row))
  if (name === 'activity') return activityBefore(events, 0)
  if (name === 'object_kind') return objectKinds(events)
  if (name === 'since_watched') return eventsSinceWatched(events)
  const [, stem, argument] = /^(activity|watched|recent)_([a-z]+|[1-9][0-9]?)$/.exec(name) ?? []
  if (stem === 'recent' && Object.hasOwn(WATCH_LIST, argument)) {
    return countsBefore(events, FAMILY_WINDOW, (activity) => isOfFamily(activity, argument))
  }
  if (stem === 'watched' && Number(argument) > 0) return countsBefore(events, Number(argument), isWatched)
  if (stem === 'activity' && Number(argument) > 0) return activityBefore(events, Number(argument))
  return null
}

/** Whether an activity is in a family of the watch list. */
export function isOfFamily(activity: Activity, family: string): boolean {
  return WATCH_LIST[family].includes(activity)
}

function isWatched(activity: Activity): boolean {
  return Object.values(WATCH_LIST).some((family) => family.includes(activity))
}

function isSocket(events: HostEvents, row: number): boolean {
  return objectKindOf(activities[events.activity[row]]) === 'socket'
}

function numbers(events: HostEvents, valueAt: (row: number) => number): RawColumn {
  const values = new Float64Array(events.rowCount)
  for (let row = 0; row < events.rowCount; row++) values[row] = valueAt(row)
  return { kind: 'number', values }
}

/** Activity of the process `steps` events before, missing where it had not begun. */
function activityBefore(events: HostEvents, steps: number): RawColumn {
  const codes = new Int32Array(events.rowCount)
  for (let row = 0; row < events.rowCount; row++) {
    let past = row
    for (let step = 0; step < steps && past >= 0; step++) past = events.previous[past]
    codes[row] = past < 0 ? -1 : events.activity[past]
  }
  return { kind: 'token', codes, dictionary: activities }
}

function objectKinds(events: HostEvents): RawColumn {
  const dictionary = [...new Set(activities.map(objectKindOf))]
  const kindOfActivity = activities.map((activity) => dictionary.indexOf(objectKindOf(activity)))
  return { kind: 'token', codes: Int32Array.from(events.activity, (activity) => kindOfActivity[activity]), dictionary }
}

/** How many of the `window` events of the process before each row are of a kind. */
function countsBefore(events: HostEvents, window: number, counts: (activity: Activity) => boolean): RawColumn {
  const counted = activities.map(counts)
  return numbers(events, (row) => {
    let count = 0
    let past = events.previous[row]
    for (let step = 0; step < window && past >= 0; step++) {
      if (counted[events.activity[past]]) count++
      past = events.previous[past]
    }
    return count
  })
}

/** Events of the process between the row and its last watched activity, at most 20; 20 also where there was none. */
function eventsSinceWatched(events: HostEvents): RawColumn {
  const watched = activities.map(isWatched)
  return numbers(events, (row) => {
    let count = 0
    for (let past = events.previous[row]; past >= 0 && !watched[events.activity[past]]; past = events.previous[past]) {
      if (++count === SEARCH_LIMIT) return SEARCH_LIMIT
    }
    return count
  })
}
