import type { RawEvent } from '@vigil/features'
import { eventOf, malformed, parseInput } from '../live-event.ts'
import type { Verdict } from '../verdict-line.ts'

/** An event of a batch, with the verdicts that came between it and the event before. */
export type WrittenEvent = {
  readonly id: string | number
  readonly event: RawEvent
  /** in the order in which they came */
  readonly heard: readonly HeardVerdict[]
}

/** A verdict as it is signed and stored: one that comes again with its id is the same verdict. */
export type HeardVerdict = Verdict & { readonly id: string | number | null }

/** `["text",` or `[7,`: a longer number is read as text. */
const WRITTEN_ID = /^\[("[^"\\]*"|-?\d{1,15}),/

/** An event of a batch as it is signed and stored: JSON without line breaks. */
export function writtenEvent(id: string | number, event: RawEvent, heard: readonly HeardVerdict[] = []): string {
  return JSON.stringify(heard.length === 0 ? [id, event] : [id, event, heard.map(writtenVerdict)])
}

/** @throws {VigilError} EVENT_MALFORMED */
export function readWrittenEvent(text: string): WrittenEvent {
  const parts = parseInput(text)
  if (!Array.isArray(parts) || parts.length < 2 || parts.length > 3)
    throw malformed('needs an id, an event and, where some were heard, verdicts, received other JSON')
  const [id, event, heard = []] = parts as unknown[]
  if (!isId(id)) throw malformed('needs an id that is a text or a number')
  if (!Array.isArray(heard)) throw malformed('needs a list of verdicts, received another value')
  return { id, event: eventOf(event), heard: heard.map(readVerdict) }
}

/** The id alone: as text it stands first, and the event behind it is not read. @param text as writtenEvent has it */
export function idOfWritten(text: string): string | number {
  const first = WRITTEN_ID.exec(text)
  return first === null ? readWrittenEvent(text).id : (JSON.parse(first[1]) as string | number)
}

function writtenVerdict({ stream, isHostile, id }: HeardVerdict): unknown[] {
  return id === null ? [stream, isHostile] : [stream, isHostile, id]
}

function readVerdict(value: unknown): HeardVerdict {
  const [stream, isHostile, id = null, ...more] = Array.isArray(value) ? (value as unknown[]) : []
  if (typeof isHostile === 'boolean' && (id === null || isId(id)) && more.length === 0)
    return { stream: eventOf(stream), isHostile, id }
  throw malformed('needs verdicts with a stream and whether it is hostile, received another value')
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}
