import { type ErrorTable, VigilError } from '@vigil/errors'

/** Why a formula or a trace cannot be used. */
export const STL_ERRORS = {
  SYNTAX: ['usage', 'the text is no formula'],
  TOO_LONG: ['usage', 'more text, or more operators, than a formula may have'],
  TOO_DEEP: ['usage', 'parentheses or calls nested deeper than a formula may be'],
  UNKNOWN_FUNCTION: ['usage', 'a call of something that is no function'],
  ARGUMENTS: ['usage', 'a function with a wrong number of arguments'],
  CHAINED_COMPARISON: ['usage', 'a < b < c'],
  DUPLICATE_NAME: ['usage', 'a name that stands for two things'],
  UNUSED_DEFINITION: ['usage', 'a definition that nothing uses'],
  UNKNOWN_SIGNAL: ['usage', 'a name that the trace, the constants and the definitions do not have'],
  UNKNOWN_CONSTANT: ['usage', 'a name in an interval that is no constant'],
  INTERVAL_NEGATIVE: ['usage', 'an interval that begins or ends before 0'],
  INTERVAL_INVERTED: ['usage', 'an interval that ends before it begins'],
  INTERVAL_STEPS: ['usage', 'a bound that is no whole number of steps'],
  WINDOW: ['usage', 'a window of a statistic that is no whole number of steps >= 1'],
  UNBOUNDED_FUTURE: ['usage', 'a future operator without a last step, online'],
  UNBOUNDED_PAST: ['usage', 'a past operator without a first step over a future one, in an online interval monitor'],
  MEMORY_LIMIT: ['usage', 'windows or a trace that need more memory than allowed'],
  DIVISION_BY_ZERO: ['usage', 'a division by zero at some step'],
  NOT_A_NUMBER: ['usage', 'arithmetic without a value at some step, such as sqrt(-1) or inf - inf'],
  NOT_DENSE: ['usage', 'an operator about steps, in dense time'],
  DENSE_FUTURE: ['usage', 'an operator that looks ahead, in a monitor in dense time'],
  NOT_SMOOTH: ['usage', 'a term that has no smooth bound, such as pow of a minimum'],
  TRACE_VALUE: ['data', 'a sample that is no number'],
  TRACE_SHAPE: ['data', 'signals of different lengths, no sample for a signal, or a blank row'],
  TRACE_TIME: ['data', 'times that do not rise, are not uniform, or contradict the sampling period'],
  TRACE_EMPTY: ['data', 'a trace without steps'],
  MONITOR_STATE: ['data', 'bytes that are no saved state of this monitor'],
  TRACE_FILE: ['data', 'a trace that cannot be read as CSV'],
  OPTION: ['usage', 'an option outside of its range'],
} as const satisfies ErrorTable

export type StlErrorCode = keyof typeof STL_ERRORS

/** A part of a text: offsets in UTF-16 units, `end` behind the last one. */
export type Span = { readonly start: number; readonly end: number }

/** Where an error is: line and column count from 1, columns in UTF-16 units; `excerpt` is the line with a caret below. */
export type Place = { readonly line: number; readonly column: number; readonly excerpt: string | null }

/** An error of this package: it has a place besides. */
export class StlError extends VigilError<StlErrorCode> {
  /** 1-based line of the formula, or of the trace file for TRACE codes; null where an error has no place */
  readonly line: number | null
  /** 1-based column in UTF-16 units */
  readonly column: number | null
  /** the line with a caret below the place, for people; null where there is no text to show */
  readonly excerpt: string | null

  constructor(code: StlErrorCode, message: string, place: Place | null = null) {
    super(STL_ERRORS, code, message)
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
