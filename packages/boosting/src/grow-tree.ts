import { bestSplit, type NodeSums, type Regularisation, type Split } from './best-split.ts'
import type { BinnedColumn } from './bins.ts'
import { COLUMN_STRIDE, type Derivatives, fillHistogram, subtractHistogram } from './histogram.ts'
import type { TreeNode } from './model.ts'

/** How a tree grows. */
export type Growth = Regularisation & {
  /** Leaves of a tree at most, >= 2 */
  readonly leafCount: number
  /** Share of a leaf's optimal step that is taken, in (0, 1] */
  readonly learningRate: number
}

/** A leaf that may yet be split. */
type OpenLeaf = {
  readonly node: number
  readonly rows: Uint32Array
  readonly sums: NodeSums
  readonly histogram: Float64Array
  readonly split: Split | null
}

/**
 * One regression tree on the derivatives, leaf-wise (Shi 2007; LightGBM): the leaf whose best split wins the most is split
 * next, until there are `leafCount` leaves or nothing is won.
 *
 * @param rows [m] the places among the training rows that it is grown on
 * @returns nodes, the root first; a leaf's value is -learningRate G / (H + lambda)
 */
export function growTree(
  columns: readonly BinnedColumn[],
  derivatives: Derivatives,
  rows: Uint32Array,
  growth: Growth,
): TreeNode[] {
  const nodes: TreeNode[] = [{ value: 0 }]
  const histogram = new Float64Array(columns.length * COLUMN_STRIDE)
  fillHistogram(columns, rows, derivatives, histogram)
  const open = [openLeaf(0, rows, sumsOf(rows, derivatives), histogram)]

  function openLeaf(node: number, rows: Uint32Array, sums: NodeSums, histogram: Float64Array): OpenLeaf {
    return { node, rows, sums, histogram, split: bestSplit(columns, histogram, sums, growth) }
  }

  while (open.length < growth.leafCount) {
    const chosen = mostGain(open)
    if (chosen === null) break
    const leaf = open[chosen]
    const split = leaf.split!
    const [left, right] = divide(leaf.rows, columns[split.column].bins, split.leftBins)
    const rightSums = {
      gradient: leaf.sums.gradient - split.left.gradient,
      hessian: leaf.sums.hessian - split.left.hessian,
    }
    // The smaller child is summed up, the other one is what is left over.
    const [small, large] = left.length <= right.length ? [left, leaf.histogram] : [right, leaf.histogram]
    const summed = new Float64Array(leaf.histogram.length)
    fillHistogram(columns, small, derivatives, summed)
    subtractHistogram(large, summed)
    const [ofLeft, ofRight] = small === left ? [summed, large] : [large, summed]
    nodes[leaf.node] = branch(columns[split.column], split, nodes.length)
    open[chosen] = openLeaf(nodes.length, left, split.left, ofLeft)
    open.push(openLeaf(nodes.length + 1, right, rightSums, ofRight))
    nodes.push({ value: 0 }, { value: 0 })
  }
  for (const { node, sums } of open) {
    nodes[node] = { value: (-growth.learningRate * sums.gradient) / (sums.hessian + growth.leafPenalty) }
  }
  return nodes
}

function sumsOf(rows: Uint32Array, { gradients, hessians }: Derivatives): NodeSums {
  let [gradient, hessian] = [0, 0]
  for (let i = 0; i < rows.length; i++) {
    gradient += gradients[rows[i]]
    hessian += hessians[rows[i]]
  }
  return { gradient, hessian }
}

/** The open leaf with the best split, the first of equal ones; null when none can be split. */
function mostGain(open: readonly OpenLeaf[]): number | null {
  let best: number | null = null
  open.forEach(({ split }, i) => {
    if (split !== null && (best === null || split.gain > open[best].split!.gain)) best = i
  })
  return best
}

/** The rows that go left and right, in their order. */
function divide(rows: Uint32Array, bins: Uint8Array, leftBins: Uint8Array): [Uint32Array, Uint32Array] {
  const [left, right] = [new Uint32Array(rows.length), new Uint32Array(rows.length)]
  let [leftCount, rightCount] = [0, 0]
  for (let i = 0; i < rows.length; i++) {
    if (leftBins[bins[rows[i]]] === 1) left[leftCount++] = rows[i]
    else right[rightCount++] = rows[i]
  }
  return [left.slice(0, leftCount), right.slice(0, rightCount)]
}

function branch(column: BinnedColumn, { column: index, leftBins }: Split, left: number): TreeNode {
  const children = { column: index, left, right: left + 1 }
  if (column.kind === 'number') return { ...children, threshold: column.thresholds[leftBins.lastIndexOf(1)] }
  return {
    ...children,
    categories: [...column.categories].filter((_, i) => leftBins[i + 1] === 1).sort((a, b) => a - b),
  }
}
