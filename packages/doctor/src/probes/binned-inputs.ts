import type { Dataset } from '@vigil/data'
import type { ProbeRows } from './sample.ts'

/**
 * Edges of a number within the rows of one label: 32 quantiles, so that threats too rare to be a quantile of all rows have
 * their own. They keep all but some hundredths of what a threshold could tell apart.
 */
const LABEL_QUANTILES = 32

/** Bins of a category: its 255 most frequent values and one for the rest, so that a bin is a byte. */
const CATEGORY_BINS = 256

/** One input, cut into bins by the training rows. */
export type BinnedInput = {
  readonly name: string
  /** bins 0 .. binCount - 1; 1 = the input is constant on the training rows */
  readonly binCount: number
  /** [n] bin of each training row, and of each validation row; ascending in the value, or in the threat rate of a category */
  readonly train: Uint8Array
  readonly validation: Uint8Array
}

/** Cuts every input into bins: numbers at quantiles of either label, categories in the order of their threat rates. */
export function binInputs(dataset: Dataset, rows: ProbeRows): BinnedInput[] {
  const { denseNames, categoricalColumns } = dataset
  return [
    ...denseNames.map((name, column) => ({ name, ...binNumber(dataset, column, rows) })),
    ...categoricalColumns.map(({ name }, column) => ({ name, ...binCategory(dataset, column, rows) })),
  ]
}

function binNumber({ dense, denseNames, labels }: Dataset, column: number, { train, validation }: ProbeRows) {
  const stride = denseNames.length
  const valuesOf = (rows: Uint32Array) => Float32Array.from(rows, (row) => dense[row * stride + column])
  const values = valuesOf(train)
  const sorted = values.slice().sort()
  const wanted = [0, 1].flatMap((label) => edgesOf(values.filter((_, i) => labels[train[i]] === label).sort(), sorted))
  // A bin holds the values up to its edge; the last one has none.
  const edges = [...new Set(wanted)].filter((edge) => edge < sorted[sorted.length - 1]).sort((a, b) => a - b)
  const bins = (list: Float32Array) => Uint8Array.from(list, (value) => placeOf(edges, value))
  return { binCount: edges.length + 1, train: bins(values), validation: bins(valuesOf(validation)) }
}

/** The quantiles of one label's values, its greatest value, and the one of all values before its least. Both ascend. */
function edgesOf(own: Float32Array, all: Float32Array): number[] {
  if (own.length === 0) return []
  const quantiles = Array.from(
    { length: LABEL_QUANTILES },
    (_, k) => own[Math.min(own.length - 1, Math.floor(((k + 1) * own.length) / LABEL_QUANTILES))],
  )
  const below = placeOf(all, own[0]) - 1
  return below < 0 ? quantiles : [all[below], ...quantiles]
}

/** How many of the ascending edges lie below the value. */
function placeOf(edges: ArrayLike<number>, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (edges[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

function binCategory(dataset: Dataset, column: number, { train, validation }: ProbeRows) {
  const { categorical, categoricalColumns, labels } = dataset
  const stride = categoricalColumns.length
  const size = categoricalColumns[column].vocabularySize
  const counts = new Uint32Array(size)
  const threats = new Uint32Array(size)
  for (const row of train) {
    const value = categorical[row * stride + column]
    counts[value]++
    threats[value] += labels[row]
  }
  const frequent = Array.from(counts.keys())
    .filter((value) => counts[value] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b)
  const own = frequent.slice(0, CATEGORY_BINS - 1)
  // Along the threat rate a threshold is the best of all divisions in two (Fisher 1958; Breiman et al. 1984, 4.2).
  own.sort((a, b) => threats[a] / counts[a] - threats[b] / counts[b] || a - b)
  const others = frequent.length > own.length
  // Values that no training row has are taken for the most frequent one, which says least.
  const bins = new Uint8Array(size).fill(own.indexOf(frequent[0]))
  for (const [bin, value] of own.entries()) bins[value] = bin
  for (const value of frequent.slice(CATEGORY_BINS - 1)) bins[value] = own.length
  const binsOf = (rows: Uint32Array) => Uint8Array.from(rows, (row) => bins[categorical[row * stride + column]])
  return { binCount: own.length + (others ? 1 : 0), train: binsOf(train), validation: binsOf(validation) }
}
