/**
 * Why a formula or a trace cannot be used. Stable: callers and tests match on these words.
 *
 *   SYNTAX               the text is no formula
 *   TOO_LONG             more text, or more operators, than a formula may have
 *   TOO_DEEP             parentheses or calls nested deeper than a formula may be
 *   UNKNOWN_FUNCTION     a call of something that is no function
 *   ARGUMENTS            a function with a wrong number of arguments
 *   CHAINED_COMPARISON   a < b < c
 *   DUPLICATE_NAME       a name that stands for two things
 *   UNUSED_DEFINITION    a definition that nothing uses
 *   UNKNOWN_SIGNAL       a name that the trace, the constants and the definitions do not have
 *   UNKNOWN_CONSTANT     a name in an interval that is no constant
 *   INTERVAL_NEGATIVE    an interval that begins or ends before 0
 *   INTERVAL_INVERTED    an interval that ends before it begins
 *   INTERVAL_STEPS       a bound that is no whole number of steps
 *   WINDOW               a window of a statistic that is no whole number of steps >= 1
 *   UNBOUNDED_FUTURE     a future operator without a last step, online
 *   UNBOUNDED_PAST       a past operator without a first step over a future one, in an online interval monitor
 *   MEMORY_LIMIT         windows or a trace that need more memory than allowed
 *   DIVISION_BY_ZERO     a division by zero at some step
 *   NOT_A_NUMBER         arithmetic without a value at some step, such as sqrt(-1) or inf - inf
 *   NOT_DENSE            an operator about steps, in dense time
 *   DENSE_FUTURE         an operator that looks ahead, in a monitor in dense time
 *   NOT_SMOOTH           a term that has no smooth bound, such as pow of a minimum
 *   TRACE_VALUE          a sample that is no number
 *   TRACE_SHAPE          signals of different lengths, no sample for a signal, or a blank row
 *   TRACE_TIME           times that do not rise, are not uniform, or contradict the sampling period
 *   TRACE_EMPTY          a trace without steps
 *   MONITOR_STATE        bytes that are no saved state of this monitor
 *   TRACE_FILE           a trace that cannot be read as CSV
 *   OPTION               an option outside of its range
 */
export type StlErrorCode =
  | 'SYNTAX'
  | 'TOO_LONG'
  | 'TOO_DEEP'
  | 'UNKNOWN_FUNCTION'
  | 'ARGUMENTS'
  | 'CHAINED_COMPARISON'
  | 'DUPLICATE_NAME'
  | 'UNUSED_DEFINITION'
  | 'UNKNOWN_SIGNAL'
  | 'UNKNOWN_CONSTANT'
  | 'INTERVAL_NEGATIVE'
  | 'INTERVAL_INVERTED'
  | 'INTERVAL_STEPS'
  | 'WINDOW'
  | 'UNBOUNDED_FUTURE'
  | 'UNBOUNDED_PAST'
  | 'MEMORY_LIMIT'
  | 'DIVISION_BY_ZERO'
  | 'NOT_A_NUMBER'
  | 'NOT_DENSE'
  | 'DENSE_FUTURE'
  | 'NOT_SMOOTH'
  | 'TRACE_VALUE'
  | 'TRACE_SHAPE'
  | 'TRACE_TIME'
  | 'TRACE_EMPTY'
  | 'TRACE_FILE'
  | 'MONITOR_STATE'
  | 'OPTION'

/** A part of a text: offsets in UTF-16 units, `end` behind the last one. */
export type Span = { readonly start: number; readonly end: number }

/** Where an error is: line and column count from 1, columns in UTF-16 units; `excerpt` is the line with a caret below. */
export type Place = { readonly line: number; readonly column: number; readonly excerpt: string | null }

/** The only error that this package throws for a wrong formula, trace or option. */
export class StlError extends Error {
  readonly code: StlErrorCode
  /** 1-based line of the formula, or of the trace file for TRACE codes; null where an error has no place */
  readonly line: number | null
  /** 1-based column in UTF-16 units */
  readonly column: number | null
  /** the line with a caret below the place, for people; null where there is no text to show */
  readonly excerpt: string | null

  constructor(code: StlErrorCode, message: string, place: Place | null = null) {
    super(message)
    this.name = 'StlError'
    this.code = code
    this.line = place?.line ?? null
    this.column = place?.column ?? null
    this.excerpt = place?.excerpt ?? null
  }
}

/** Characters of a line shown to either side of the caret. */
const EXCERPT_REACH = 60

/** The place of a span in a formula's text. */
export function placeOf(text: string, { start, end }: Span): Place {
  const lineStart = text.slice(0, start).lastIndexOf('\n') + 1
  const lineEnd = text.indexOf('\n', start)
  const line = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd)
  const column = start - lineStart
  const from = Math.max(0, column - EXCERPT_REACH)
  const to = Math.min(line.length, column + EXCERPT_REACH)
  const before = from > 0 ? '... ' : ''
  const shown = `${before}${line.slice(from, to)}${to < line.length ? ' ...' : ''}`.replace(/\t/g, ' ')
  const caretCount = Math.max(1, Math.min(end, lineStart + to) - start)
  return {
    line: text.slice(0, lineStart).split('\n').length,
    column: column + 1,
    excerpt: `${shown}\n${' '.repeat(before.length + column - from)}${'^'.repeat(caretCount)}`,
  }
}

/** An error that points at a part of a formula. */
export function errorAt(code: StlErrorCode, message: string, { text, span }: { text: string; span: Span }): StlError {
  return new StlError(code, message, placeOf(text, span))
}
