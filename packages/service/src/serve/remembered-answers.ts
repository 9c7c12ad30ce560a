import { hash } from 'node:crypto'
import type { VigilError } from '@vigil/errors'
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
  /** Of an event with an `id` of its own: itself as JSON where that is short, else its SHA-256; null of others. */
  content: string | null
  /** Whose event it is, for verdicts on it; null = nobody's. */
  stream: string | null
}

/** Answers of the latest events that named themselves; 7 and '7' are two names. They are given again when their event comes again. */
export type RememberedAnswers = RecentEntries<string | number, Answer>

/** Longest event that is remembered as it is. */
const CONTENT_LENGTH_MAX = 512

/** What an event is told from others by that have its `id`. @param json the event as JSON */
export function contentOf(json: string): string {
  return json.length <= CONTENT_LENGTH_MAX ? json : hashOf(json)
}

/** Of what is remembered of an event its SHA-256. */
export function contentHash(content: string): string {
  return content.startsWith('{') ? hashOf(content) : content
}

/** Whether what is remembered is of an event, as itself or as its SHA-256. */
export function isContentOf(content: string, json: string): boolean {
  return content === json || contentHash(content) === hashOf(json)
}

function hashOf(json: string): string {
  return hash('sha256', json, 'base64')
}
