import { cellValue, compileExpression } from '@vigil/data'
import { type EventReading, parseText, type RawEvent, textCollector } from '@vigil/features'

/**
 * Whether the description of the training would have kept an event.
 *
 * @throws {VigilError} EXPRESSION_INVALID, from the function too, where `where` fails on an event
 */
export function eventFilter(reading: EventReading | null): (event: RawEvent) => boolean {
  if (reading === null || reading.where === null) return () => true
  const { columns, isTrue } = compileExpression(reading.where, 'where')
  const collect = textCollector(columns, reading.missing)
  return (event) => {
    const textOf = collect(event)
    return isTrue((name) => {
      const text = textOf(name)
      const value = text === null ? Number.NaN : parseText(text)
      return Number.isNaN(value) ? cellValue(text) : Number.isFinite(value) ? value : null
    })
  }
}
