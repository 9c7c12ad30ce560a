import { hash } from 'node:crypto'
import type { VigilError } from '@vigil/errors'
import { createRecentEntries } from '../recent-entries.ts'
import { createKeptTexts } from './kept-texts.ts'

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
export type RememberedAnswers = {
  peek(id: string | number): Answer | undefined
  /** Of one more than the bound, the one put first is forgotten. @param answer with its content; its JSON may be filled in later */
  put(id: string | number, answer: Answer): void
  /** From the one put first on. */
  all(): Iterable<readonly [string | number, Answer]>
}

/** Longest event that is remembered as it is. */
const CONTENT_LENGTH_MAX = 512

/**
 * The bound is kept by number. What has been answered lies outside of the heap: of an object for each answer the collector of garbage would
 * copy and mark tens of thousands again and again, and nobody is answered meanwhile.
 *
 * @param limit answers that are remembered
 */
export function createRememberedAnswers(limit: number): RememberedAnswers {
  const texts = createKeptTexts()
  /** The answer itself until it is filled in, or where it is an error; else the name of its texts. */
  const entries = createRecentEntries<string | number, Answer | number>(limit, (entry) => {
    if (typeof entry === 'number') texts.release(entry)
  })
  /** Answers that were not filled in when this was last looked at, with their slots, in the order in which they came. */
  let open: { readonly answer: Answer; readonly slot: number }[] = []

  function keepAnswered(): void {
    let count = 0
    for (; count < open.length; count++) {
      const { answer, slot } = open[count]
      if (answer.json === null && answer.error === null) break
      // One that was forgotten meanwhile, or put anew, has another in its place.
      if (answer.json !== null && entries.at(slot) === answer) entries.exchange(slot, texts.keep(textsOf(answer)))
    }
    if (count > 0) open = open.slice(count)
  }

  const read = (id: string | number, entry: Answer | number) =>
    typeof entry === 'number' ? answerOf(id, texts.read(entry)) : entry
  return {
    peek(id) {
      const entry = entries.peek(id)
      return entry === undefined ? undefined : read(id, entry)
    },
    put(id, answer) {
      keepAnswered()
      open.push({ answer, slot: entries.put(id, answer) })
    },
    *all() {
      for (const [id, entry] of entries.all()) yield [id, read(id, entry)]
    },
  }
}

/** What is kept of an answer; an empty text stands for null, which none of them is else. */
function textsOf({ content, json, stream, action }: Answer): string[] {
  return [content ?? '', json ?? '', stream ?? '', action === null ? '' : String(action)]
}

function answerOf(id: string | number, [content, json, stream, action]: readonly string[]): Answer {
  return {
    ...{ id, isOwnId: true, error: null, content: content || null, json: json || null, stream: stream || null },
    action: action === '' ? null : Number(action),
  }
}

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
