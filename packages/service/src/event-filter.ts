import { harmlessText } from '@vigil/command-line'
import { cellValue, compileExpression } from '@vigil/data'
import { type EventReading, parseText, type RawEvent, textCollector } from '@vigil/features'
import { serviceError } from './errors.ts'

/**
 * Whether the description of the training would have kept an event.
 *
 * @throws {VigilError} UNDECIDABLE where it looks at labels to tell; EXPRESSION_INVALID, from the function too, where `where` fails on
 * an event
 */
export function eventFilter(reading: EventReading | null): (event: RawEvent) => boolean {
  if (reading === null || reading.where === null) return () => true
  const { columns, isTrue } = compileExpression(reading.where, 'where')
  const answer = columns.find((name) => reading.labels.includes(name))
  if (answer !== undefined) {
    throw serviceError(
      'UNDECIDABLE',
      `The description of this team's training leaves rows out by the column ${harmlessText(answer, 60)}, which tells the label, and nobody knows it live. Train with a "where" of other columns, or leave those rows out of the files.`,
    )
  }
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
