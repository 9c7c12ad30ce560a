import { randomStream, randomUnit } from '@vigil/random'

/** More rows than this are not looked at for leaks and values. */
const SAMPLE_ROWS_MAX = 100_000

const SEED = 42
const [TAKEN, HALF] = [0, 1]

/** Rows that are looked at, ascending, in two halves: what is chosen on one is judged on the other. */
export type Sample = {
  readonly rows: Uint32Array
  /** [n] 0 = to choose by, 1 = to judge by. */
  readonly halves: Uint8Array
}

/**
 * Draws rows by their number: the same rows for the same number of rows.
 *
 * @param isOpen whether a row may be looked at
 */
export function sampleRows(rowCount: number, isOpen: (row: number) => boolean): Sample {
  const random = randomStream(SEED, 'inspection')
  const open: number[] = []
  const share = SAMPLE_ROWS_MAX / rowCount
  for (let row = 0; row < rowCount; row++) {
    if (isOpen(row) && (share >= 1 || randomUnit(random, row, TAKEN) < share)) open.push(row)
  }
  return {
    rows: Uint32Array.from(open),
    halves: Uint8Array.from(open, (row) => (randomUnit(random, row, HALF) < 0.5 ? 0 : 1)),
  }
}
