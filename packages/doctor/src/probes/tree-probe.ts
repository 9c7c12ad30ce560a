import type { BinnedInput } from './binned-inputs.ts'

const DEPTH_MAX = 6

/** A leaf with fewer training rows would remember them rather than say something. */
const LEAF_ROWS_MIN = 20

/** What each class counts: the cost of deciding a row of it wrongly. */
export type ClassWeights = { readonly benign: number; readonly threat: number }

/** Threat scores of training and validation rows. */
export type ProbeScores = { readonly train: Float64Array; readonly validation: Float64Array }

/**
 * A binary tree over binned inputs that divides by the largest fall of the weighted Gini impurity (CART, Breiman et al.
 * 1984), at most 6 levels deep: what a handful of thresholds can find. Scores are the leaves' threat rates.
 *
 * Own code, since the trees on npm sort every input at every node, know no weights and take minutes for 60,000 rows.
 *
 * @param labels [n] of the training rows
 */
export function treeProbe(inputs: readonly BinnedInput[], labels: Uint8Array, weights: ClassWeights): ProbeScores {
  const train = new Float64Array(labels.length)
  const validation = new Float64Array(inputs[0]?.validation.length ?? 0)
  const everyRow = (length: number) => Uint32Array.from({ length }, (_, i) => i)
  const open = [{ train: everyRow(train.length), validation: everyRow(validation.length), depth: 0 }]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const split = node.depth < DEPTH_MAX ? bestSplit(inputs, labels, node.train, weights) : null
    if (split === null) {
      const threats = node.train.reduce((sum, i) => sum + labels[i], 0)
      const rate = node.train.length === 0 ? 0 : threats / node.train.length
      for (const i of node.train) train[i] = rate
      for (const i of node.validation) validation[i] = rate
      continue
    }
    const input = inputs[split.input]
    for (const side of [true, false]) {
      open.push({
        train: node.train.filter((i) => input.train[i] <= split.bin === side),
        validation: node.validation.filter((i) => input.validation[i] <= split.bin === side),
        depth: node.depth + 1,
      })
    }
  }
  return { train, validation }
}

/** The division of the rows into bins up to `bin` and above that lowers the impurity most; null where none does. */
function bestSplit(
  inputs: readonly BinnedInput[],
  labels: Uint8Array,
  rows: Uint32Array,
  { benign, threat }: ClassWeights,
): { readonly input: number; readonly bin: number } | null {
  const threats = rows.reduce((sum, i) => sum + labels[i], 0)
  const whole = impurity(benign * (rows.length - threats), threat * threats)
  const counts = new Uint32Array(512)
  // A gain below rounding is none.
  let best = { gain: 1e-9 * whole, input: -1, bin: -1 }
  for (const [index, { binCount, train }] of inputs.entries()) {
    counts.fill(0, 0, 2 * binCount)
    for (const i of rows) counts[2 * train[i] + labels[i]]++
    let [lowBenign, lowThreats] = [0, 0]
    for (let bin = 0; bin < binCount - 1; bin++) {
      lowBenign += counts[2 * bin]
      lowThreats += counts[2 * bin + 1]
      const low = lowBenign + lowThreats
      if (low < LEAF_ROWS_MIN || rows.length - low < LEAF_ROWS_MIN) continue
      const highThreats = threats - lowThreats
      const highBenign = rows.length - low - highThreats
      const divided =
        impurity(benign * lowBenign, threat * lowThreats) + impurity(benign * highBenign, threat * highThreats)
      if (whole - divided > best.gain) best = { gain: whole - divided, input: index, bin }
    }
  }
  return best.input < 0 ? null : best
}

/** Gini impurity times the weight: 2 p (1 - p) (a + b) with p = a / (a + b), but for the factor 2. */
function impurity(a: number, b: number): number {
  return a + b === 0 ? 0 : (a * b) / (a + b)
}
