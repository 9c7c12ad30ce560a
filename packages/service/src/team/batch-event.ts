import type { RawEvent } from '@vigil/features'
import { eventOf, malformed, parseInput } from '../live-event.ts'

/** An event of a batch as it is signed and stored: JSON without line breaks. */
export function writtenEvent(id: string | number, event: RawEvent): string {
  return JSON.stringify([id, event])
}

/** @throws {VigilError} EVENT_MALFORMED */
export function readWrittenEvent(text: string): { readonly id: string | number; readonly event: RawEvent } {
  const parts = parseInput(text)
  if (!Array.isArray(parts) || parts.length !== 2) throw malformed('needs an id and an event, received other JSON')
  const [id, event] = parts as unknown[]
  if (typeof id !== 'string' && typeof id !== 'number') throw malformed('needs an id that is a text or a number')
  return { id, event: eventOf(event) }
}
