/** Ids of what has come: by them what comes again is known. */
import { createRecentEntries } from '../recent-entries.ts'
import { IN_FLIGHT_MAX_HELD } from '../source/jetstream-events.ts'
import { ownIdOf } from '../written-decision.ts'
import type { WrittenEvent } from './batch-event.ts'

/** Latest ids of one kind. */
type KnownKind = { has(id: string | number): boolean; put(id: string | number): void }

/** Latest ids of each kind: an event and a verdict with one id are two things. */
export type KnownIds = {
  readonly events: KnownKind
  readonly verdicts: KnownKind
  /** of events without an id of their own: the numbers of their lines */
  readonly lines: KnownKind
  /**
   * The last of what is known now stays known, whatever comes: a server hands out again, at some time, what it had no acknowledgement of
   * when another process ended.
   */
  keepLast(): void
}

/** @param limit how many of each are remembered */
export function createKnownIds(limit: number): KnownIds {
  const [events, verdicts, lines] = [kindOf(limit), kindOf(limit), kindOf(limit)]
  return {
    ...{ events, verdicts, lines },
    keepLast() {
      for (const kind of [events, verdicts, lines]) kind.keepLast()
    },
  }
}

function kindOf(limit: number): KnownKind & Pick<KnownIds, 'keepLast'> {
  const latest = createRecentEntries<string | number, true>(limit)
  let kept: ReadonlySet<string | number> = new Set()
  return {
    has: (id) => kept.has(id) || latest.peek(id) !== undefined,
    put: (id) => latest.put(id, true),
    keepLast() {
      kept = new Set(Array.from(latest.all(), ([id]) => id).slice(-IN_FLIGHT_MAX_HELD))
    },
  }
}

/** Remembers an event of a batch, and the verdicts before it. */
export function rememberIds({ events, verdicts, lines }: KnownIds, { id: name, event, heard }: WrittenEvent): void {
  for (const { id } of heard) if (id !== null) verdicts.put(id)
  const own = ownIdOf(event)
  if (own !== null) events.put(own)
  else lines.put(name)
}
