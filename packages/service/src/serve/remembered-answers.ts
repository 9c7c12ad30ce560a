import type { VigilError } from '@vigil/errors'
import type { RawEvent } from '@vigil/features'
import type { RecentEntries } from '../recent-entries.ts'

/** What becomes of an event. */
export type Answer = {
  /** What the event is named by. */
  id: string | number
  /** Whether that is an `id` of its own. */
  isOwnId: boolean
  /** What was answered, 0 to 3; null where there is no decision in this process. */
  action: number | null
  /** The answer as JSON without a line's end; null until there is one. */
  json: string | null
  /** Why the event was not decided on. */
  error: VigilError | null
}

/** An answer that is given again when its event comes again. */
export type RememberedAnswer = {
  /** SHA-256 of the event */
  readonly content: string
  readonly answer: Answer
  /** The event's columns of the stream, for verdicts on it; null where it is nobody's. */
  readonly stream: RawEvent | null
}

/** Answers of the latest events that named themselves; 7 and '7' are two names. */
export type RememberedAnswers = RecentEntries<string | number, RememberedAnswer>
