import { type BoostingInputs, DEFAULT_BOOSTING, trainBoosting } from '@vigil/boosting'
import type { BinnedColumn } from './binned-column.ts'
import { type Scores, scoresOf } from './scores.ts'

/** Leaves at most: what a person can read. */
const LEAVES_MAX = 8

/** A leaf with fewer rows to choose by would remember them rather than say something. */
const LEAF_ROWS_MIN = 5

/** A leaf of a tree: the bins of each column that lead to it, and what is there among the rows that choose. */
export type TreeLeaf = {
  /** Column -> [binCount] 1 = leads here. Columns without a condition are not named. */
  readonly conditions: ReadonlyMap<BinnedColumn, Uint8Array>
  readonly benign: number
  readonly threats: number
}

/** A small tree, and how well it tells the label. */
export type SmallTree = {
  readonly leaves: readonly TreeLeaf[]
  /** Each leaf is what most of its rows are. */
  readonly byMajority: Scores
  /** Each leaf is what its rows are more often than all rows are. */
  readonly balanced: Scores
}

type Node = Awaited<ReturnType<typeof trainBoosting>>['trees'][number][number]

/**
 * One tree of at most 8 leaves, grown leaf by leaf on the rows that choose and judged on the others. It is the first tree of
 * boosting, which divides by the largest fall of the Gini impurity.
 *
 * @param labels [n] of the rows looked at, 1 = threat
 * @param halves [n] 0 = chooses, 1 = judges
 * @returns null where nothing can be divided, or there are too few rows of a label
 */
export async function smallTree(
  columns: readonly BinnedColumn[],
  labels: Uint8Array,
  halves: Uint8Array,
): Promise<SmallTree | null> {
  const ordered = columns.filter(({ kind }) => kind === 'ordered')
  const inOrder = [...ordered, ...columns.filter(({ kind }) => kind === 'values')]
  const rows = Uint32Array.from(labels.keys()).filter((i) => halves[i] === 0)
  const own = Uint8Array.from(rows, (i) => labels[i])
  const threats = own.reduce((sum, label) => sum + label, 0)
  if (threats === 0 || threats === own.length || inOrder.length === 0) return null
  const train = { rows, labels: own }
  // At the first tree every row has the same second derivative: rows are counted in it.
  const rowHessian = (threats / own.length) * (1 - threats / own.length)
  const model = await trainBoosting(
    inputsOf(inOrder, ordered.length, labels.length),
    { train, validation: train },
    {
      ...DEFAULT_BOOSTING,
      treeCount: 1,
      leafCount: LEAVES_MAX,
      // Leaves are valued below by their rows, so the step may be as small as it likes.
      learningRate: 1e-4,
      rowsMin: Number.POSITIVE_INFINITY,
      leafPenalty: rowHessian,
      leafHessianMin: LEAF_ROWS_MIN * rowHessian,
      categorySmoothing: rowHessian,
    },
  )
  const [tree] = model.trees
  return tree === undefined ? null : judged(tree, inOrder, labels, halves)
}

function inputsOf(columns: readonly BinnedColumn[], denseCount: number, rowCount: number): BoostingInputs {
  const categoricalCount = columns.length - denseCount
  const dense = new Float32Array(rowCount * denseCount)
  const categorical = new Uint16Array(rowCount * categoricalCount)
  columns.forEach(({ bins }, place) => {
    for (let i = 0; i < rowCount; i++) {
      if (place < denseCount) dense[i * denseCount + place] = bins[i]
      else categorical[i * categoricalCount + place - denseCount] = bins[i]
    }
  })
  return { dense, denseCount, categorical, categoricalCount }
}

function judged(
  tree: readonly Node[],
  columns: readonly BinnedColumn[],
  labels: Uint8Array,
  halves: Uint8Array,
): SmallTree | null {
  const goesLeft = tree.map((node) => ('value' in node ? null : leftBins(node, columns[node.column].binCount)))
  const reached = Uint8Array.from(labels, (_, i) => {
    let at = 0
    for (let node = tree[at]; !('value' in node); node = tree[at]) {
      at = goesLeft[at]?.[columns[node.column].bins[i]] === 1 ? node.left : node.right
    }
    return at
  })
  const counts = tree.map(() => [0, 0])
  const totals = [0, 0]
  for (let i = 0; i < labels.length; i++) {
    if (halves[i] === 1) continue
    counts[reached[i]][labels[i]]++
    totals[labels[i]]++
  }
  const scores = (isThreat: (benign: number, threats: number) => boolean) => {
    const answer = counts.map(([benign, threats]) => (isThreat(benign, threats) ? 1 : 0))
    return scoresOf(
      Uint8Array.from(reached, (leaf) => answer[leaf]),
      labels,
      halves,
    )
  }
  const byMajority = scores((benign, threats) => threats > benign)
  const balanced = scores((benign, threats) => threats / totals[1] > benign / totals[0])
  if (byMajority === null || balanced === null) return null
  return { leaves: leavesOf(tree, columns, goesLeft, counts), byMajority, balanced }
}

function leftBins(node: Exclude<Node, { value: number }>, binCount: number): Uint8Array {
  return Uint8Array.from({ length: binCount }, (_, bin) =>
    ('threshold' in node ? bin <= node.threshold : node.categories.includes(bin)) ? 1 : 0,
  )
}

function leavesOf(
  tree: readonly Node[],
  columns: readonly BinnedColumn[],
  goesLeft: readonly (Uint8Array | null)[],
  counts: readonly number[][],
): TreeLeaf[] {
  const leaves: TreeLeaf[] = []
  const open: { at: number; conditions: Map<BinnedColumn, Uint8Array> }[] = [{ at: 0, conditions: new Map() }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, conditions } = next
    const node = tree[at]
    const left = goesLeft[at]
    if ('value' in node || left === null) {
      leaves.push({ conditions, benign: counts[at][0], threats: counts[at][1] })
      continue
    }
    const column = columns[node.column]
    const before = conditions.get(column) ?? new Uint8Array(column.binCount).fill(1)
    for (const side of [0, 1]) {
      const bins = before.map((isOpen, bin) => (isOpen === 1 && left[bin] === side ? 1 : 0))
      open.push({ at: side === 1 ? node.left : node.right, conditions: new Map([...conditions, [column, bins]]) })
    }
  }
  return leaves
}
