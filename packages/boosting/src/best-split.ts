import { BIN_COUNT, type ColumnBins } from './bins.ts'

/** What keeps leaves from fitting noise. */
export type Regularisation = {
  /** lambda: added to the hessian of every leaf, >= 0 */
  readonly leafPenalty: number
  /** Least sum of hessians in a leaf, > 0; a row adds p (1 - p), at most 1/4. */
  readonly leafHessianMin: number
  /** Added to the hessian of a category when categories are ordered, > 0: rare ones are moved to the middle. */
  readonly categorySmoothing: number
}

/** Sums over the rows of a node. */
export type NodeSums = { readonly gradient: number; readonly hessian: number }

/** How a node is divided best: the bins that go left, what is won, and what lies left. */
export type Split = {
  readonly column: number
  /** [256] 1 = left, by the bins of the column */
  readonly leftBins: Uint8Array
  /** Fall of the regularised loss, > 0 */
  readonly gain: number
  readonly left: NodeSums
}

/** The loss that a leaf of these sums takes away, times 2: G^2 / (H + lambda) (Chen and Guestrin 2016, eq. 6). */
export function leafScore(gradient: number, hessian: number, leafPenalty: number): number {
  return (gradient * gradient) / (hessian + leafPenalty)
}

/**
 * The best split of a node over all columns; of equal ones that of the first column, with the fewest bins left.
 *
 * Numbers are cut at every threshold. Categories are put in order of -G / (H + smoothing) and cut likewise: for a convex
 * loss one of these cuts is the best of all 2^k divisions where smoothing and penalty are 0 (Fisher 1958).
 *
 * @param histogram [bins of all columns, 2] of the node
 * @returns null when no split wins anything
 */
export function bestSplit(
  columns: readonly ColumnBins[],
  histogram: Float64Array,
  node: NodeSums,
  regularisation: Regularisation,
): Split | null {
  let best: { column: number; order: Uint16Array; cut: Cut } | null = null
  for (let column = 0; column < columns.length; column++) {
    const { first, count } = columns[column]
    const sums = histogram.subarray(2 * first, 2 * (first + count))
    const order = orderOfBins(columns[column], sums, regularisation)
    const cut = bestCut(order, sums, node, regularisation, best === null ? MINIMUM_GAIN : best.cut.gain)
    if (cut !== null) best = { column, order, cut }
  }
  if (best === null) return null
  const leftBins = new Uint8Array(BIN_COUNT)
  for (let i = 0; i <= best.cut.place; i++) leftBins[best.order[i]] = 1
  return { column: best.column, leftBins, gain: best.cut.gain, left: best.cut.left }
}

const IN_ORDER = Uint16Array.from({ length: BIN_COUNT }, (_, bin) => bin)

/** The bins in the order in which they are cut. Those without rows are left out, except between numbers. */
function orderOfBins(
  { kind, count }: ColumnBins,
  sums: Float64Array,
  { categorySmoothing }: Regularisation,
): Uint16Array {
  if (kind === 'number') return IN_ORDER.subarray(0, count)
  const worth = new Float64Array(count)
  const present = new Uint16Array(count)
  let length = 0
  for (let bin = 1; bin < count; bin++) {
    if (sums[2 * bin + 1] <= 0) continue
    worth[bin] = -sums[2 * bin] / (sums[2 * bin + 1] + categorySmoothing)
    present[length++] = bin
  }
  return present.subarray(0, length).sort((a, b) => worth[b] - worth[a] || a - b)
}

/** A cut behind a place in the order of the bins. */
type Cut = { readonly place: number; readonly gain: number; readonly left: NodeSums }

/**
 * The best cut, behind one after the other of the bins in `order`; null where none wins more than `gainMin`. The rare
 * categories (bin 0) stay right.
 */
function bestCut(
  order: Uint16Array,
  sums: Float64Array,
  node: NodeSums,
  { leafPenalty, leafHessianMin }: Regularisation,
  gainMin: number,
): Cut | null {
  const whole = leafScore(node.gradient, node.hessian, leafPenalty)
  let [place, gain, left] = [-1, gainMin, { gradient: 0, hessian: 0 }]
  let [gradient, hessian] = [0, 0]
  for (let i = 0; i < order.length; i++) {
    gradient += sums[2 * order[i]]
    hessian += sums[2 * order[i] + 1]
    if (hessian < leafHessianMin) continue
    const rest = node.hessian - hessian
    if (rest < leafHessianMin) break
    const won =
      leafScore(gradient, hessian, leafPenalty) + leafScore(node.gradient - gradient, rest, leafPenalty) - whole
    if (won > gain) [place, gain, left] = [i, won, { gradient, hessian }]
  }
  return place < 0 ? null : { place, gain, left }
}

/** What is won by less is rounding. */
const MINIMUM_GAIN = 1e-9
