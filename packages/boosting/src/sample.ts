import type { Derivatives } from './histogram.ts'

/** Gradients are compared in steps of 1 / LEVELS; with logistic loss they lie within -1 and 1. */
const LEVELS = 1024

/** Which rows a tree is grown on. */
export type Sampling = {
  /** Fewer rows than this are all taken. */
  readonly rowsMin: number
  /** Share of the rows with the largest gradients, all of which are taken, in (0, 1] */
  readonly largeShare: number
  /** Of the others one in so many is taken, and counts as many, >= 1 */
  readonly smallStride: number
}

/**
 * Gradient-based one-side sampling (Ke et al. 2017, LightGBM, algorithm 2): rows that are predicted badly are all kept, of
 * the others a few, whose derivatives are multiplied. Differs: those few are not drawn but taken at equal distances, each
 * tree beginning one row further, so that every row has its turn and the same inputs give the same trees.
 *
 * @param derivatives of all rows; those of the thinned rows are multiplied in place
 * @param tree        number of the tree
 * @returns the rows taken, ascending
 */
export function sampleRows(derivatives: Derivatives, tree: number, sampling: Sampling): Uint32Array {
  const { gradients, hessians } = derivatives
  const rowCount = gradients.length
  const taken = new Uint32Array(rowCount)
  if (rowCount < sampling.rowsMin) return taken.map((_, i) => i)
  const large = largeGradient(gradients, sampling.largeShare)
  const stride = sampling.smallStride
  let [count, passed] = [0, tree % stride]
  for (let i = 0; i < rowCount; i++) {
    if (Math.abs(gradients[i]) < large) {
      passed = passed + 1 === stride ? 0 : passed + 1
      if (passed !== 0) continue
      gradients[i] *= stride
      hessians[i] *= stride
    }
    taken[count++] = i
  }
  return taken.slice(0, count)
}

/** The least level that at most a share of the rows reach; 0 where all gradients are alike. */
function largeGradient(gradients: Float64Array, share: number): number {
  const counts = new Uint32Array(LEVELS + 1)
  for (let i = 0; i < gradients.length; i++) counts[Math.floor(Math.abs(gradients[i]) * LEVELS)]++
  let [level, rows] = [LEVELS, counts[LEVELS]]
  while (level > 0 && rows + counts[level - 1] <= share * gradients.length) rows += counts[--level]
  return level / LEVELS
}
