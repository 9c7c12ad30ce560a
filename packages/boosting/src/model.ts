import type { BoostingInputs } from './inputs.ts'

/** A node of a tree: a leaf, or a branch whose rows go to `left` where the condition holds, else to `right`. */
export type TreeNode =
  | { readonly value: number }
  | { readonly column: number; readonly left: number; readonly right: number; readonly threshold: number }
  | { readonly column: number; readonly left: number; readonly right: number; readonly categories: readonly number[] }

/**
 * Trees whose values add up to the log-odds of a threat. Columns are numbered numbers first, then categories: a number goes
 * left where x <= threshold, a category where it is among `categories`. Children stand behind their branch.
 */
export type BoostingModel = {
  readonly denseCount: number
  readonly categoricalCount: number
  /** Log-odds before the first tree. */
  readonly bias: number
  /** Each the nodes of a tree, the root first. */
  readonly trees: readonly (readonly TreeNode[])[]
}

/**
 * P(threat) of some rows.
 *
 * @param rows [n] row numbers
 * @returns [n] in [0, 1]
 */
export function predictProbabilities(model: BoostingModel, inputs: BoostingInputs, rows: Uint32Array): Float32Array {
  const scores = new Float64Array(rows.length).fill(model.bias)
  for (const tree of model.trees) addTree(tree, inputs, rows, scores)
  const probabilities = new Float32Array(rows.length)
  for (let i = 0; i < rows.length; i++) probabilities[i] = probabilityOf(scores[i])
  return probabilities
}

/** The logistic function. */
export function probabilityOf(score: number): number {
  return 1 / (1 + Math.exp(-score))
}

/**
 * Adds a tree's values to the scores of some rows.
 *
 * @param scores [n], added to
 */
function addTree(
  tree: readonly TreeNode[],
  { dense, denseCount, categorical, categoricalCount }: BoostingInputs,
  rows: Uint32Array,
  scores: Float64Array,
): void {
  const { columns, left, right, thresholds, sets, values } = flatten(tree)
  for (let i = 0; i < rows.length; i++) {
    let node = 0
    while (left[node] !== 0) {
      const column = columns[node]
      const goesLeft =
        column < denseCount
          ? dense[rows[i] * denseCount + column] <= thresholds[node]
          : holds(sets[node]!, categorical[rows[i] * categoricalCount + column - denseCount])
      node = goesLeft ? left[node] : right[node]
    }
    scores[i] += values[node]
  }
}

/** One array per field, which a walk reads faster than objects. A node without a left child is a leaf: 0 is the root. */
function flatten(tree: readonly TreeNode[]) {
  const size = tree.length
  const flat = {
    columns: new Uint16Array(size),
    left: new Uint16Array(size),
    right: new Uint16Array(size),
    thresholds: new Float64Array(size),
    sets: new Array<Uint32Array | null>(size).fill(null),
    values: new Float64Array(size),
  }
  tree.forEach((node, i) => {
    if ('value' in node) {
      flat.values[i] = node.value
      return
    }
    flat.columns[i] = node.column
    flat.left[i] = node.left
    flat.right[i] = node.right
    if ('threshold' in node) flat.thresholds[i] = node.threshold
    else flat.sets[i] = bitsOf(node.categories)
  })
  return flat
}

/** Categories as bits of words. */
function bitsOf(categories: readonly number[]): Uint32Array {
  const bits = new Uint32Array((Math.max(0, ...categories) >> 5) + 1)
  for (const category of categories) bits[category >> 5] |= 1 << (category & 31)
  return bits
}

function holds(bits: Uint32Array, category: number): boolean {
  const word = category >> 5
  return word < bits.length && ((bits[word] >>> (category & 31)) & 1) === 1
}
