import { BIN_COUNT, type BinnedColumn } from './bins.ts'

/** Per bin two sums: of the gradients, of the hessians. */
export const BIN_STRIDE = 2

/** Values of one column in a histogram. */
export const COLUMN_STRIDE = BIN_COUNT * BIN_STRIDE

/** First and second derivatives of the loss by the score, of the training rows. */
export type Derivatives = { readonly gradients: Float64Array; readonly hessians: Float64Array }

/**
 * Sums of derivatives by column and bin, in the order of the rows.
 *
 * @param rows [m] places among the training rows
 * @param out  [F, 256, 2], overwritten
 */
export function fillHistogram(
  columns: readonly BinnedColumn[],
  rows: Uint32Array,
  { gradients, hessians }: Derivatives,
  out: Float64Array,
): void {
  out.fill(0)
  // Gathered once, so that each column reads them one after the other.
  const g = gather(gradients, rows)
  const h = gather(hessians, rows)
  for (let column = 0; column < columns.length; column++) {
    addColumn(columns[column].bins, rows, g, h, out.subarray(column * COLUMN_STRIDE, (column + 1) * COLUMN_STRIDE))
  }
}

function addColumn(bins: Uint8Array, rows: Uint32Array, g: Float64Array, h: Float64Array, out: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    const at = bins[rows[i]] * BIN_STRIDE
    out[at] += g[i]
    out[at + 1] += h[i]
  }
}

function gather(values: Float64Array, rows: Uint32Array): Float64Array {
  const gathered = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) gathered[i] = values[rows[i]]
  return gathered
}

/** Turns the histogram of a node into that of one child, given the other's: the rows of both are the node's. */
export function subtractHistogram(node: Float64Array, child: Float64Array): void {
  for (let i = 0; i < node.length; i++) node[i] -= child[i]
}
