import {
  type ColumnPlan,
  categoricalEncoder,
  denseEncoder,
  type FittedColumn,
  fitColumn,
  growColumn,
  isDense,
  type RawColumn,
} from '@vigil/features'

/** So many rows stay in the cache of a core while the columns of a group are written. */
const ROWS_TOGETHER = 2048

/** A column that is to be fitted, or grown, and encoded. */
export type ColumnWork = {
  readonly raw: RawColumn
  /** Fitted already; null = it is fitted by the plan. */
  readonly known: FittedColumn | null
  /** undefined where these events have no use for a column that is fitted already */
  readonly plan: ColumnPlan | undefined
  /** Its place among the inputs of its kind. */
  readonly offset: number
}

/** Where the inputs of all columns go; threads share them. */
export type InputMatrices = {
  /** The training rows. */
  readonly rows: Uint32Array
  readonly rowCount: number
  /** [N, D] */
  readonly dense: Float32Array
  readonly denseCount: number
  /** [N, C] */
  readonly categorical: Uint16Array
  readonly categoricalCount: number
}

/**
 * Fits and encodes some columns.
 *
 * @throws {VigilError} PIPELINE_MISMATCH where a column is not of the kind that it was fitted to
 */
export function encodeGroup(group: readonly ColumnWork[], matrices: InputMatrices): FittedColumn[] {
  const { rows, rowCount, dense, denseCount, categorical, categoricalCount } = matrices
  const columns = group.map(({ raw, known, plan }) => {
    if (known !== null) return growColumn(known, plan, raw, rows)
    if (plan === undefined) throw new TypeError('a column is fitted by a plan')
    return fitColumn(plan, raw, rows)
  })
  const encoders = columns.map((column, i) => {
    const { raw, offset } = group[i]
    return isDense(column)
      ? denseEncoder(column, raw, { out: dense, stride: denseCount, offset })
      : categoricalEncoder(column, raw, { out: categorical, stride: categoricalCount, offset })
  })
  for (let from = 0; from < rowCount; from += ROWS_TOGETHER) {
    const to = Math.min(rowCount, from + ROWS_TOGETHER)
    for (const encode of encoders) encode(from, to)
  }
  return columns
}
