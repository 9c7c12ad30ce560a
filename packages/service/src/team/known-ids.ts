/** Ids of what has come: by them what a sender sends again is known. What a source hands out again is known by its number. */
import { createRecentEntries } from '../recent-entries.ts'
import { ownIdOf } from '../written-decision.ts'
import type { WrittenEvent } from './batch-event.ts'

/** Latest ids of one kind. */
type KnownKind = { has(id: string | number): boolean; put(id: string | number): void }

/** Latest ids of each kind: an event and a verdict with one id are two things. */
export type KnownIds = { readonly events: KnownKind; readonly verdicts: KnownKind }

/** @param limit how many of each are remembered */
export function createKnownIds(limit: number): KnownIds {
  return { events: kindOf(limit), verdicts: kindOf(limit) }
}

function kindOf(limit: number): KnownKind {
  const latest = createRecentEntries<string | number, true>(limit)
  return { has: (id) => latest.peek(id) !== undefined, put: (id) => void latest.put(id, true) }
}

/** Remembers an event of a batch, and the verdicts before it. */
export function rememberIds({ events, verdicts }: KnownIds, { event, heard }: WrittenEvent): void {
  for (const { id } of heard) if (id !== null) verdicts.put(id)
  const own = ownIdOf(event)
  if (own !== null) events.put(own)
}
