/** Events as they are learnt from and judged: N rows of D numbers and C categories, row-major. */
export type BoostingInputs = {
  /** [N, D], finite */
  readonly dense: Float32Array
  /** D */
  readonly denseCount: number
  /** [N, C], each below its column's vocabulary size */
  readonly categorical: Uint16Array
  /** C */
  readonly categoricalCount: number
}

/** Some rows of the inputs, with a label each. */
export type LabelledRows = {
  /** [n] row numbers of the inputs */
  readonly rows: Uint32Array
  /** [n] 1 = threat, 0 = benign */
  readonly labels: Uint8Array
}
