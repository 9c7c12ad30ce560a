import type { Cells } from './bins.ts'

/** First and second derivatives of the loss by the score, of the training rows. */
export type Derivatives = { readonly gradients: Float64Array; readonly hessians: Float64Array }

/**
 * Sums of derivatives by bin, in the order of the rows. Row by row, so that the sums of neighbouring columns do not wait
 * for each other.
 *
 * @param cells       [n, features]
 * @param columnCount F
 * @param rows        [m] places among the n training rows
 * @param out         [bins of all columns, 2] of the gradients and of the hessians, overwritten
 */
export function fillHistogram(
  cells: Cells,
  columnCount: number,
  rows: Uint32Array,
  { gradients, hessians }: Derivatives,
  out: Float64Array,
): void {
  out.fill(0)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    const g = gradients[row]
    const h = hessians[row]
    const end = (row + 1) * columnCount
    for (let cell = row * columnCount; cell < end; cell++) {
      const at = cells[cell] << 1
      out[at] += g
      out[at + 1] += h
    }
  }
}

/** Turns the histogram of a node into that of one child, given the other's: the rows of both are the node's. */
export function subtractHistogram(node: Float64Array, child: Float64Array): void {
  for (let i = 0; i < node.length; i++) node[i] -= child[i]
}
