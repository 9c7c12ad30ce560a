import { type EventReading, keyParts, type RawEvent, textCollector } from '@vigil/features'

/** The columns that tell whose an event is, as texts, which are the same stream; null of an event that is nobody's. */
export function streamColumns(reading: EventReading | null): (event: RawEvent) => RawEvent | null {
  const { stream = [], missing = [] } = reading ?? {}
  const collect = textCollector(stream, missing)
  return (event) => {
    const textOf = collect(event)
    const texts = stream.map((name): [string, string | null] => [name, textOf(name)])
    return texts.length === 0 || texts.some(([, text]) => text === null) ? null : Object.fromEntries(texts)
  }
}

/**
 * The columns that a stream's name joins; null of nobody's, and of one whose name is a hash, since they were too long.
 *
 * @param names of the columns
 */
export function columnsOfStream(
  stream: string | null,
  names: readonly string[],
): Readonly<Record<string, string>> | null {
  if (stream === null) return null
  const parts = keyParts(stream)
  return parts[0] === stream || parts.length !== names.length
    ? null
    : Object.fromEntries(names.map((name, i) => [name, parts[i]]))
}
