import type { BoostingInputs } from './inputs.ts'

/** Bins of a column at most. */
export const BIN_COUNT = 256

/**
 * How the values of one column are told apart, by the training rows.
 *
 * number: bin b holds the x with thresholds[b - 1] < x <= thresholds[b]; the last one what is above all thresholds.
 * category: bin b > 0 holds categories[b - 1]; bin 0 the rare ones beyond 255 and those not seen, which no split tells apart.
 */
export type ColumnBins = (
  | { readonly kind: 'number'; readonly thresholds: Float64Array }
  | { readonly kind: 'category'; readonly categories: Uint16Array }
) & {
  /** Bins of all columns are numbered through: that of this column's bin 0. */
  readonly first: number
  /** Bins of this column, 1 to 256 */
  readonly count: number
}

/** [n, features] numbers of bins, row-major, counted through all columns. */
export type Cells = Uint16Array | Uint32Array

/**
 * The bins of the columns, numbers first; a column that is constant on these rows has no threshold or one category.
 *
 * @param rows  [n] row numbers
 * @param pause waited for after each column
 */
export async function columnBins(
  inputs: BoostingInputs,
  rows: Uint32Array,
  pause: () => Promise<void>,
): Promise<ColumnBins[]> {
  const { dense, denseCount, categorical, categoricalCount } = inputs
  const columns: ColumnBins[] = []
  let first = 0
  const numbers = new Float32Array(rows.length)
  for (let column = 0; column < denseCount; column++) {
    for (let i = 0; i < rows.length; i++) numbers[i] = dense[rows[i] * denseCount + column]
    const thresholds = thresholdsBetween(numbers.sort())
    columns.push({ kind: 'number', thresholds, first, count: thresholds.length + 1 })
    first += thresholds.length + 1
    await pause()
  }
  for (let column = 0; column < categoricalCount; column++) {
    const counts = new Uint32Array(65_536)
    for (let i = 0; i < rows.length; i++) counts[categorical[rows[i] * categoricalCount + column]]++
    const categories = mostFrequent(counts)
    columns.push({ kind: 'category', categories, first, count: categories.length + 1 })
    first += categories.length + 1
    await pause()
  }
  return columns
}

/** Bins of all columns together. */
export function binsOfAll(columns: readonly ColumnBins[]): number {
  return columns.reduce((sum, { count }) => sum + count, 0)
}

/**
 * The bins of some rows.
 *
 * @param rows  [n] row numbers
 * @param pause waited for after each column
 */
export async function binRows(
  inputs: BoostingInputs,
  columns: readonly ColumnBins[],
  rows: Uint32Array,
  pause: () => Promise<void>,
): Promise<Cells> {
  const size = rows.length * columns.length
  const cells = binsOfAll(columns) <= 65_536 ? new Uint16Array(size) : new Uint32Array(size)
  for (const [place, column] of columns.entries()) {
    binColumn(inputs, column, place, { rows, cells, stride: columns.length })
    await pause()
  }
  return cells
}

/** Writes the bins of one column. */
function binColumn(
  { dense, denseCount, categorical, categoricalCount }: BoostingInputs,
  column: ColumnBins,
  place: number,
  { rows, cells, stride }: { readonly rows: Uint32Array; readonly cells: Cells; readonly stride: number },
): void {
  const { first } = column
  let to = place
  if (column.kind === 'number') {
    for (let i = 0; i < rows.length; i++, to += stride) {
      cells[to] = first + countBelow(column.thresholds, dense[rows[i] * denseCount + place])
    }
    return
  }
  const binOf = new Uint8Array(65_536)
  column.categories.forEach((category, i) => {
    binOf[category] = i + 1
  })
  for (let i = 0; i < rows.length; i++, to += stride) {
    cells[to] = first + binOf[categorical[rows[i] * categoricalCount + place - denseCount]]
  }
}

/**
 * Midpoints between neighbouring distinct values: all of them where there are at most 255, else those at evenly spread
 * ranks.
 *
 * @param sorted [n] ascending
 */
function thresholdsBetween(sorted: Float32Array): Float64Array {
  const rises: number[] = [] // ranks at which a new value begins
  for (let i = 1; i < sorted.length; i++) if (sorted[i] > sorted[i - 1]) rises.push(i)
  const midpoint = (rank: number) => (sorted[rank - 1] + sorted[rank]) / 2
  if (rises.length < BIN_COUNT) return Float64Array.from(rises, midpoint)
  const chosen: number[] = []
  let next = 0
  for (let bin = 1; bin < BIN_COUNT; bin++) {
    const wanted = (bin * sorted.length) / BIN_COUNT
    while (next < rises.length && rises[next] < wanted) next++
    if (next < rises.length && chosen.at(-1) !== rises[next]) chosen.push(rises[next])
  }
  return Float64Array.from(chosen, midpoint)
}

/** How many ascending thresholds lie below a value. */
function countBelow(thresholds: Float64Array, value: number): number {
  let [from, to] = [0, thresholds.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (thresholds[middle] < value) from = middle + 1
    else to = middle
  }
  return from
}

/** The categories with a bin of their own, the most frequent first. */
function mostFrequent(counts: Uint32Array): Uint16Array {
  const present: number[] = []
  for (let category = 0; category < counts.length; category++) if (counts[category] > 0) present.push(category)
  present.sort((a, b) => counts[b] - counts[a] || a - b)
  return Uint16Array.from(present.slice(0, BIN_COUNT - 1))
}
