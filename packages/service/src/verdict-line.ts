import type { RawEvent } from '@vigil/features'

/** What an analyst has found of a stream. */
export type Verdict = {
  /** an event of the stream, with its columns of the stream at least */
  readonly stream: RawEvent
  readonly isHostile: boolean
}

/**
 * Reads `{"verdict": {"stream": {"host": "h1"}, "hostile": false}}`. Where one column tells the stream, its text is enough:
 * `{"verdict": {"stream": "h1", "hostile": false}}`.
 *
 * @param columns that tell the stream
 * @returns null for an event, 'malformed' for what has a verdict that is none
 */
export function verdictOf(event: RawEvent, columns: readonly string[]): Verdict | 'malformed' | null {
  if (Object.keys(event).length !== 1 || !Object.hasOwn(event, 'verdict')) return null
  const { verdict } = event
  if (typeof verdict !== 'object' || verdict === null) return 'malformed'
  const { stream, hostile } = verdict as Record<string, unknown>
  if (typeof hostile !== 'boolean') return 'malformed'
  if (typeof stream === 'object' && stream !== null && !Array.isArray(stream)) {
    return { stream: stream as RawEvent, isHostile: hostile }
  }
  const isName = typeof stream === 'string' || typeof stream === 'number'
  return isName && columns.length === 1 ? { stream: { [columns[0]]: stream }, isHostile: hostile } : 'malformed'
}
