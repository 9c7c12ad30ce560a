import type { VigilError } from '@vigil/errors'
import type { RawEvent } from '@vigil/features'

/** What becomes of an event. */
export type Answer = {
  /** What the event is named by. */
  id: string | number
  /** The answer as JSON without a line's end; null until there is one. */
  json: string | null
  /** Why the event was not decided on. */
  error: VigilError | null
}

/** An answer that is given again when its event comes again. */
type RememberedAnswer = {
  /** SHA-256 of the event */
  readonly content: string
  readonly answer: Answer
  /** The event's columns of the stream, for verdicts on it; null where it is nobody's. */
  readonly stream: RawEvent | null
}

/** Answers of the latest events that named themselves. */
export type RememberedAnswers = {
  find(id: string | number): RememberedAnswer | undefined
  keep(id: string | number, remembered: RememberedAnswer): void
}

/** @param limit of one more, the one kept first is forgotten */
export function createRememberedAnswers(limit: number): RememberedAnswers {
  // A map keeps the order of insertion, and 7 and '7' are two keys.
  const byId = new Map<string | number, RememberedAnswer>()
  return {
    find: (id) => byId.get(id),
    keep(id, remembered) {
      byId.set(id, remembered)
      if (byId.size > limit) byId.delete(byId.keys().next().value as string | number)
    },
  }
}
