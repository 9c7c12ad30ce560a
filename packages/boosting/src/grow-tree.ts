import { bestSplit, type NodeSums, type Regularisation, type Split } from './best-split.ts'
import { BIN_COUNT, type Cells, type ColumnBins } from './bins.ts'
import { type Derivatives, fillHistogram, subtractHistogram } from './histogram.ts'
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

/** The training rows as trees grow on them. */
export type BinnedRows = {
  /** [features] */
  readonly columns: readonly ColumnBins[]
  /** [n, features] */
  readonly cells: Cells
  /** [leaves of a tree][bins of all columns, 2] that growing a tree writes on */
  readonly histograms: readonly Float64Array[]
}

/** A branch or leaf while its tree grows: rows go to `left` or to the node behind it. */
export type GrownNode = { readonly split: Split; readonly left: number } | { readonly value: number }

/**
 * One regression tree on the derivatives, leaf-wise (Shi 2007; LightGBM): the leaf whose best split wins the most is split
 * next, until there are `leafCount` leaves or nothing is won.
 *
 * @param rows  [m] the places among the training rows that it is grown on; their order is lost
 * @param pause waited for after each split
 * @returns nodes, the root first; a leaf's value is -learningRate G / (H + lambda)
 */
export async function growTree(
  { columns, cells, histograms }: BinnedRows,
  { rows, derivatives }: { readonly rows: Uint32Array; readonly derivatives: Derivatives },
  growth: Growth,
  pause: () => Promise<void>,
): Promise<GrownNode[]> {
  const nodes: GrownNode[] = [{ value: 0 }]
  fillHistogram(cells, columns.length, rows, derivatives, histograms[0])
  const open = [openLeaf(0, rows, sumsOf(rows, derivatives), histograms[0])]
  const spare = new Uint32Array(rows.length)

  function openLeaf(node: number, rows: Uint32Array, sums: NodeSums, histogram: Float64Array): OpenLeaf {
    return { node, rows, sums, histogram, split: bestSplit(columns, histogram, sums, growth) }
  }

  while (open.length < growth.leafCount) {
    const chosen = mostGain(open)
    if (chosen === null) break
    const leaf = open[chosen]
    const split = leaf.split!
    const [left, right] = divide(leaf.rows, { cells, columns, spare }, split)
    const rightSums = {
      gradient: leaf.sums.gradient - split.left.gradient,
      hessian: leaf.sums.hessian - split.left.hessian,
    }
    // The smaller child is summed up, the other one is what is left over.
    const small = left.length <= right.length ? left : right
    const [summed, rest] = [histograms[open.length], leaf.histogram]
    fillHistogram(cells, columns.length, small, derivatives, summed)
    subtractHistogram(rest, summed)
    const [ofLeft, ofRight] = small === left ? [summed, rest] : [rest, summed]
    nodes[leaf.node] = { split, left: nodes.length }
    open[chosen] = openLeaf(nodes.length, left, split.left, ofLeft)
    open.push(openLeaf(nodes.length + 1, right, rightSums, ofRight))
    nodes.push({ value: 0 }, { value: 0 })
    await pause()
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

/** Puts the rows that go left before those that go right, each in their order, and returns both. */
function divide(
  rows: Uint32Array,
  { cells, columns, spare }: Pick<BinnedRows, 'cells' | 'columns'> & { readonly spare: Uint32Array },
  { column, leftBins }: Split,
): [Uint32Array, Uint32Array] {
  const { first } = columns[column]
  const stride = columns.length
  let [leftCount, rightCount] = [0, 0]
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (leftBins[cells[row * stride + column] - first] === 1) rows[leftCount++] = row
    else spare[rightCount++] = row
  }
  rows.set(spare.subarray(0, rightCount), leftCount)
  return [rows.subarray(0, leftCount), rows.subarray(leftCount)]
}

/**
 * Adds a grown tree's values to the scores of binned rows: what predictProbabilities does with the tree of the model.
 *
 * @param cells  [n, features]
 * @param scores [n], added to
 */
export function addGrownTree(
  nodes: readonly GrownNode[],
  columns: readonly ColumnBins[],
  cells: Cells,
  scores: Float64Array,
): void {
  const [left, column, shift] = [0, 1, 2].map(() => new Int32Array(nodes.length))
  const goesLeft = new Uint8Array(nodes.length * BIN_COUNT)
  const values = new Float64Array(nodes.length)
  nodes.forEach((node, i) => {
    if ('value' in node) {
      values[i] = node.value
      return
    }
    left[i] = node.left
    column[i] = node.split.column
    shift[i] = i * BIN_COUNT - columns[node.split.column].first
    goesLeft.set(node.split.leftBins, i * BIN_COUNT)
  })
  for (let i = 0, row = 0; i < scores.length; i++, row += columns.length) {
    let node = 0
    // No child is the root: a node without a left child is a leaf.
    while (left[node] !== 0) node = left[node] + 1 - goesLeft[cells[row + column[node]] + shift[node]]
    scores[i] += values[node]
  }
}

/** A grown tree by values of the columns instead of bins. */
export function asTree(nodes: readonly GrownNode[], columns: readonly ColumnBins[]): TreeNode[] {
  return nodes.map((node) => {
    if ('value' in node) return node
    const { column, leftBins } = node.split
    const children = { column, left: node.left, right: node.left + 1 }
    const bins = columns[column]
    if (bins.kind === 'number') return { ...children, threshold: bins.thresholds[leftBins.lastIndexOf(1)] }
    const categories = [...bins.categories].filter((_, i) => leftBins[i + 1] === 1).sort((a, b) => a - b)
    return { ...children, categories }
  })
}
