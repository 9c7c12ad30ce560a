import type { ReadColumn } from '@vigil/data'

/** Bin 0 holds missing cells. */
export const MISSING_BIN = 0

/** Bins of a column at most, so that a bin is a byte. */
const BINS_MAX = 256

/** A number whose values come so often each is told apart value by value; one that is hardly ever the same is an interval. */
const ROWS_PER_VALUE = 5

/** A value that came once says nothing of its next row: it goes to the others. */
const VALUE_ROWS_MIN = 2

/** Quantiles of a number within the rows of one label: threats too rare to be a quantile of all rows have their own. */
const LABEL_QUANTILES = 120

/** A column cut into bins: bin 0 is missing; the others ascend in a number, or hold one value each and the last one all others. */
export type BinnedColumn = {
  readonly name: string
  /** `ordered`: bins are intervals; `values`: each is a value. */
  readonly kind: 'ordered' | 'values'
  readonly binCount: number
  /** [n] of the rows looked at. */
  readonly bins: Uint8Array
  /** ordered: upper end of each bin from 1 on, the last one open. */
  readonly edges: readonly number[]
  /** values: text of each bin from 1 on, those beyond them have the last bin. Numbers ascend. */
  readonly texts: readonly string[]
  readonly isNumber: boolean
}

/**
 * Cuts a column into bins, by the rows to choose by alone.
 *
 * @param rows    [n] rows looked at
 * @param labels  [n] 1 = threat
 * @param chosen  [n] whether the row chooses
 */
export function binColumn(
  { name, column }: ReadColumn,
  { rows, labels, chosen }: { readonly rows: Uint32Array; readonly labels: Uint8Array; readonly chosen: Uint8Array },
): BinnedColumn {
  const counts = new Map<number, number>()
  const cellOf = (row: number) =>
    column.kind === 'number' ? column.values[row] : column.codes[row] < 0 ? Number.NaN : column.codes[row]
  for (let i = 0; i < rows.length; i++) {
    if (chosen[i] === 0) continue
    const value = cellOf(rows[i])
    if (!Number.isNaN(value)) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const isNumber = column.kind === 'number'
  const base = { name, isNumber }
  const present = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (isNumber && (counts.size > BINS_MAX - 2 || counts.size * ROWS_PER_VALUE > present)) {
    const edges = edgesOf(rows, labels, chosen, cellOf)
    const bins = Uint8Array.from(rows, (row) => {
      const value = cellOf(row)
      return Number.isNaN(value) ? MISSING_BIN : 1 + countBelow(edges, value)
    })
    return { ...base, kind: 'ordered', binCount: edges.length + 2, bins, edges, texts: [] }
  }
  const frequent = [...counts]
    .filter(([, count]) => count >= VALUE_ROWS_MIN)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, BINS_MAX - 2)
  const values = frequent.map(([value]) => value).sort((a, b) => a - b)
  const binOf = new Map(values.map((value, i) => [value, i + 1]))
  const others = values.length + 1
  const bins = Uint8Array.from(rows, (row) => {
    const value = cellOf(row)
    return Number.isNaN(value) ? MISSING_BIN : (binOf.get(value) ?? others)
  })
  const texts = values.map((value) => (column.kind === 'number' ? String(value) : column.dictionary[value]))
  return { ...base, kind: 'values', binCount: others + 1, bins, edges: [], texts }
}

/** Quantiles of the values of each label, each label's greatest value, and the greatest value below its least. Ascending. */
function edgesOf(rows: Uint32Array, labels: Uint8Array, chosen: Uint8Array, cellOf: (row: number) => number): number[] {
  const own: [number[], number[]] = [[], []]
  for (let i = 0; i < rows.length; i++) {
    const value = cellOf(rows[i])
    if (chosen[i] === 1 && !Number.isNaN(value)) own[labels[i]].push(value)
  }
  const sorted = own.map((values) => Float64Array.from(values).sort())
  const edges = new Set<number>()
  for (const label of [0, 1]) {
    const [values, others] = [sorted[label], sorted[1 - label]]
    for (let k = 1; k <= LABEL_QUANTILES && values.length > 0; k++) {
      edges.add(values[Math.min(values.length - 1, Math.ceil((k * values.length) / LABEL_QUANTILES) - 1)])
    }
    const below = values.length === 0 ? 0 : countBelow(others, values[0])
    if (below > 0) edges.add(others[below - 1])
  }
  // The last bin is open, so that it holds what is greater than all that were seen.
  const ascending = [...edges].sort((a, b) => a - b)
  return ascending.slice(0, -1)
}

/** How many of the ascending values lie below `value`. */
function countBelow(ascending: ArrayLike<number>, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ascending[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}
