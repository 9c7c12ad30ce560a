/** Ids of what has come: by them what comes again is known. */
import { createRecentEntries, type RecentEntries } from '../recent-entries.ts'
import { ownIdOf } from '../written-decision.ts'
import type { WrittenEvent } from './batch-event.ts'

/** Latest ids of events, and of verdicts: an event and a verdict with one id are two things. */
export type KnownIds = {
  readonly events: RecentEntries<string | number, true>
  readonly verdicts: RecentEntries<string | number, true>
  /** of events without an id of their own: the numbers of their lines */
  readonly lines: RecentEntries<string | number, true>
}

/** @param limit how many of each are remembered */
export function createKnownIds(limit: number): KnownIds {
  return { events: createRecentEntries(limit), verdicts: createRecentEntries(limit), lines: createRecentEntries(limit) }
}

/** Remembers an event of a batch, and the verdicts before it. */
export function rememberIds({ events, verdicts, lines }: KnownIds, { id: name, event, heard }: WrittenEvent): void {
  for (const { id } of heard) if (id !== null) verdicts.put(id, true)
  const own = ownIdOf(event)
  if (own !== null) events.put(own, true)
  else lines.put(name, true)
}
