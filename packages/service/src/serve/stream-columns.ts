import { type EventReading, type RawEvent, textCollector } from '@vigil/features'

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
