import type { BoostingInputs } from './inputs.ts'

/** Bins of a column: what a u8 can number. */
export const BIN_COUNT = 256

/**
 * One column of the training rows in at most 256 bins.
 *
 * number: bin b holds the x with thresholds[b - 1] < x <= thresholds[b]; the last one what is above all thresholds.
 * category: bin b > 0 holds categories[b - 1]; bin 0 the rare ones beyond 255, which no split tells apart.
 */
export type BinnedColumn =
  | { readonly kind: 'number'; readonly bins: Uint8Array; readonly thresholds: Float64Array }
  | { readonly kind: 'category'; readonly bins: Uint8Array; readonly categories: Uint16Array }

/**
 * The columns, numbers first, that the trees may split; those that are constant on these rows are empty of thresholds or
 * have one category.
 *
 * @param rows [n] row numbers; bins are in their order
 */
export function binColumns(inputs: BoostingInputs, rows: Uint32Array): BinnedColumn[] {
  const { dense, denseCount, categorical, categoricalCount } = inputs
  const columns: BinnedColumn[] = []
  const numbers = new Float32Array(rows.length)
  for (let column = 0; column < denseCount; column++) {
    for (let i = 0; i < rows.length; i++) numbers[i] = dense[rows[i] * denseCount + column]
    columns.push(binNumbers(numbers))
  }
  const categories = new Uint16Array(rows.length)
  for (let column = 0; column < categoricalCount; column++) {
    for (let i = 0; i < rows.length; i++) categories[i] = categorical[rows[i] * categoricalCount + column]
    columns.push(binCategories(categories))
  }
  return columns
}

function binNumbers(values: Float32Array): BinnedColumn {
  const thresholds = thresholdsBetween(values.slice().sort())
  const bins = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) bins[i] = countBelow(thresholds, values[i])
  return { kind: 'number', thresholds, bins }
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

function binCategories(values: Uint16Array): BinnedColumn {
  const counts = new Uint32Array(65_536)
  for (let i = 0; i < values.length; i++) counts[values[i]]++
  const present: number[] = []
  for (let category = 0; category < counts.length; category++) if (counts[category] > 0) present.push(category)
  present.sort((a, b) => counts[b] - counts[a] || a - b)
  const categories = Uint16Array.from(present.slice(0, BIN_COUNT - 1))
  const binOf = new Uint8Array(65_536)
  categories.forEach((category, i) => {
    binOf[category] = i + 1
  })
  const bins = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) bins[i] = binOf[values[i]]
  return { kind: 'category', categories, bins }
}
