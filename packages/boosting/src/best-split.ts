import { BIN_COUNT, type BinnedColumn } from './bins.ts'
import { BIN_STRIDE, COLUMN_STRIDE } from './histogram.ts'

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
  /** [256] 1 = left */
  readonly leftBins: Uint8Array
  /** Fall of the regularised loss, > 0 */
  readonly gain: number
  readonly left: NodeSums
}

/** The loss that a leaf of these sums takes away, times 2: G^2 / (H + lambda) (Chen and Guestrin 2016, eq. 6). */
export function leafScore({ gradient, hessian }: NodeSums, leafPenalty: number): number {
  return (gradient * gradient) / (hessian + leafPenalty)
}

/**
 * The best split of a node over all columns; of equal ones that of the first column, with the fewest bins left.
 *
 * Numbers are cut at every threshold. Categories are put in order of -G / (H + smoothing) and cut likewise: for a convex
 * loss one of these cuts is the best of all 2^k divisions where smoothing and penalty are 0 (Fisher 1958).
 *
 * @param histogram [F, 256, 2] of the node
 * @returns null when no split wins anything
 */
export function bestSplit(
  columns: readonly BinnedColumn[],
  histogram: Float64Array,
  node: NodeSums,
  regularisation: Regularisation,
): Split | null {
  let best: { column: number; order: Uint16Array; cut: number; gain: number; left: NodeSums } | null = null
  for (let column = 0; column < columns.length; column++) {
    const sums = histogram.subarray(column * COLUMN_STRIDE, (column + 1) * COLUMN_STRIDE)
    const order = orderOfBins(columns[column], sums, regularisation)
    const found = bestCut(order, sums, node, regularisation)
    if (found !== null && (best === null || found.gain > best.gain)) best = { column, order, ...found }
  }
  if (best === null) return null
  const leftBins = new Uint8Array(BIN_COUNT)
  for (let i = 0; i <= best.cut; i++) leftBins[best.order[i]] = 1
  return { column: best.column, leftBins, gain: best.gain, left: best.left }
}

/** The bins in the order in which they are cut. Those without rows are left out, except between numbers. */
function orderOfBins(column: BinnedColumn, sums: Float64Array, { categorySmoothing }: Regularisation): Uint16Array {
  if (column.kind === 'number') return Uint16Array.from({ length: column.thresholds.length + 1 }, (_, bin) => bin)
  const worth = (bin: number) => -sums[bin * BIN_STRIDE] / (sums[bin * BIN_STRIDE + 1] + categorySmoothing)
  const present: number[] = []
  for (let bin = 1; bin <= column.categories.length; bin++) if (sums[bin * BIN_STRIDE + 1] > 0) present.push(bin)
  return Uint16Array.from(present.sort((a, b) => worth(b) - worth(a) || a - b))
}

/** Cuts behind the bins of `order`, one after the other. The rare categories (bin 0) stay right. */
function bestCut(
  order: Uint16Array,
  sums: Float64Array,
  node: NodeSums,
  { leafPenalty, leafHessianMin }: Regularisation,
): { cut: number; gain: number; left: NodeSums } | null {
  const whole = leafScore(node, leafPenalty)
  let best: { cut: number; gain: number; left: NodeSums } | null = null
  let [gradient, hessian] = [0, 0]
  for (let cut = 0; cut < order.length; cut++) {
    gradient += sums[order[cut] * BIN_STRIDE]
    hessian += sums[order[cut] * BIN_STRIDE + 1]
    if (hessian < leafHessianMin) continue
    if (node.hessian - hessian < leafHessianMin) break
    const left = { gradient, hessian }
    const right = { gradient: node.gradient - gradient, hessian: node.hessian - hessian }
    const gain = leafScore(left, leafPenalty) + leafScore(right, leafPenalty) - whole
    if (gain > MINIMUM_GAIN && (best === null || gain > best.gain)) best = { cut, gain, left }
  }
  return best
}

/** What is won by less is rounding. */
const MINIMUM_GAIN = 1e-9
