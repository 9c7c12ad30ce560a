import type { ReadColumn } from '@vigil/data'

/** A text, or a number as text, and how many of the rows looked at have it. */
export type ValueCount = { readonly text: string; readonly count: number }

/** What the cells of a column are like. Shares are of all rows; the rest is of the rows that were looked at. */
export type ColumnFacts = {
  readonly name: string
  readonly kind: 'number' | 'text'
  /** Share of the rows in which nothing is there, or nothing that can be used. */
  readonly missingShare: number
  readonly infinite: number
  readonly malformed: number
  /** Rows looked at in which something is there. */
  readonly present: number
  readonly distinct: number
  /** Every value that is there, the most frequent first; null = more than 255. */
  readonly values: readonly ValueCount[] | null
  readonly isInteger: boolean
  /** Whether it rises from row to row nearly everywhere. */
  readonly isRising: boolean
  readonly min: number
  readonly max: number
  /** So many texts that none were kept. */
  readonly isForgotten: boolean
}

const VALUES_MAX = 255

/** A column that falls or stays at more steps than this does not rise. */
const STEPS_BACK_MAX = 0.01

/** Fewer values rise by chance, or because they are few. */
const RISING_MIN = 50

/** @param rows the rows to look at, ascending */
export function factsOf({ name, column, counts, isIdentifier }: ReadColumn, rows: Uint32Array): ColumnFacts {
  const all = column.kind === 'number' ? column.values : column.codes
  const lost = counts.missing + counts.infinite + counts.malformed
  const seen = new Map<number, number>()
  let [present, steps, back, last] = [0, 0, 0, Number.NaN]
  let [min, max, isInteger] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, column.kind === 'number']
  for (const row of rows) {
    const value = all[row]
    if (Number.isNaN(value) || (column.kind === 'token' && value < 0)) continue
    present++
    seen.set(value, (seen.get(value) ?? 0) + 1)
    if (!Number.isNaN(last)) {
      steps++
      if (value <= last) back++
    }
    last = value
    if (value < min) min = value
    if (value > max) max = value
    if (isInteger && !Number.isInteger(value)) isInteger = false
  }
  const textOf = (value: number) => (column.kind === 'number' ? String(value) : column.dictionary[value])
  return {
    name,
    kind: column.kind === 'number' ? 'number' : 'text',
    missingShare: isIdentifier ? 0 : lost / Math.max(1, all.length),
    infinite: counts.infinite,
    malformed: counts.malformed,
    present,
    distinct: seen.size,
    values:
      seen.size > VALUES_MAX
        ? null
        : [...seen]
            .map(([value, count]) => ({ text: textOf(value), count }))
            .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1)),
    isInteger,
    isRising: column.kind === 'number' && steps >= RISING_MIN && back <= STEPS_BACK_MAX * steps,
    min,
    max,
    isForgotten: isIdentifier,
  }
}

/** Names that are given to what tells one row or thing from all others. */
const IDENTIFIER_NAME =
  /(^|[._\s@-])(id|uid|uuid|guid|index|idx|row|seq|sequence|record|number|no|hash|key|unnamed)(\d*)$|(id|uuid|guid)$/i

/** Text of which more than half is different, as training leaves it out too; numbers that rise from row to row, or are called so. */
export function isIdentifier({ name, kind, distinct, present, isRising, isForgotten }: ColumnFacts): boolean {
  if (isForgotten || isRising) return true
  if (distinct <= 50 || distinct <= 0.5 * present) return false
  return kind === 'text' || name === '' || IDENTIFIER_NAME.test(name)
}
