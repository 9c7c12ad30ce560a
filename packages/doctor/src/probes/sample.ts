import type { Dataset } from '@vigil/data'
import { randomStream, shuffle } from '@vigil/random'

/** More rows make a probe slower, not surer: the standard error of a share of 60,000 rows is below 0.2 points. */
export const SAMPLE_ROWS_MAX = 60_000

/** Rows that the inputs are judged by. */
export type ProbeRows = {
  /** [n] rows of the dataset, in its split's order; a random part where the split is larger than SAMPLE_ROWS_MAX */
  readonly train: Uint32Array
  readonly validation: Uint32Array
}

/** The rows of both splits, or a part of them that depends on `seed` alone. */
export function sampleRows({ splits }: Pick<Dataset, 'splits'>, seed: number): ProbeRows {
  const stream = randomStream(seed, 'diagnosis')
  const part = (rows: Uint32Array, lane: number) => {
    if (rows.length <= SAMPLE_ROWS_MAX) return rows
    const order = Uint32Array.from(rows, (_, i) => i)
    shuffle(order, stream, lane)
    return order
      .slice(0, SAMPLE_ROWS_MAX)
      .sort()
      .map((i) => rows[i])
  }
  return { train: part(splits.train.rows, 0), validation: part(splits.validation.rows, 1) }
}
