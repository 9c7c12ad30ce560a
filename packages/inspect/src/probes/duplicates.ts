import type { RawColumn } from '@vigil/features'

/** Rows whose inputs are those of another row. Shares are of the rows that were compared. */
export type Duplicates = {
  /** Share of rows whose inputs an earlier row has. */
  readonly withinShare: number
  /** Share of rows whose inputs are those of some row of the other label. */
  readonly contradictedShare: number
  /** Of the test rows; null where there is no division. */
  readonly test: {
    readonly rows: number
    /** Share whose inputs some train row has too. */
    readonly seenShare: number
    /** Share that train has with the other label, and only with it. */
    readonly otherLabelShare: number
  } | null
}

/** More different rows are not remembered: then those of every so many hashes are compared, with all their duplicates. */
const REMEMBERED_MAX = 4_000_000

const TRAIN_BENIGN = 4
const TEST = 2

/**
 * Compares rows by 53 bits of a hash of their inputs.
 *
 * @param columns the inputs
 * @param labels  [N] 1 = threat; null = unknown
 * @param parts   [N] 0 train, 1 validation, 2 test, 3 none; null = not divided
 */
export function findDuplicates(
  columns: readonly RawColumn[],
  rowCount: number,
  { labels, parts }: { readonly labels: Uint8Array | null; readonly parts: Uint8Array | null },
): Duplicates {
  const { low, high } = hashesOf(columns, rowCount)
  const oneOf = Math.ceil(rowCount / REMEMBERED_MAX)
  const keyOf = (row: number) => (high[row] >>> 11) * 2 ** 32 + low[row]
  // 1, 2: the label was seen; 4, 8: in train.
  const seen = new Map<number, number>()
  let [compared, repeated, contradicted] = [0, 0, 0]
  for (let row = 0; row < rowCount; row++) {
    if (low[row] % oneOf !== 0) continue
    compared++
    const key = keyOf(row)
    const label = labels?.[row] ?? 0
    const known = seen.get(key) ?? 0
    if (known !== 0) repeated++
    seen.set(key, known | (1 << label) | (parts?.[row] === 0 ? TRAIN_BENIGN << label : 0))
  }
  let [testRows, testSeen, testOther] = [0, 0, 0]
  for (let row = 0; row < rowCount; row++) {
    if (low[row] % oneOf !== 0) continue
    const known = seen.get(keyOf(row)) ?? 0
    if ((known & 3) === 3) contradicted++
    if (parts?.[row] !== TEST) continue
    testRows++
    if (known >= TRAIN_BENIGN) testSeen++
    const label = labels?.[row] ?? 0
    if (known >= TRAIN_BENIGN && (known & (TRAIN_BENIGN << label)) === 0) testOther++
  }
  return {
    withinShare: repeated / Math.max(1, compared),
    contradictedShare: contradicted / Math.max(1, compared),
    test:
      testRows === 0 ? null : { rows: testRows, seenShare: testSeen / testRows, otherLabelShare: testOther / testRows },
  }
}

/** Two FNV-1a-like hashes of every row with different multipliers, column by column. */
function hashesOf(columns: readonly RawColumn[], rowCount: number): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(rowCount).fill(0x811c9dc5)
  const high = new Uint32Array(rowCount).fill(0x9747b28c)
  const mix = (row: number, word: number) => {
    const a = Math.imul(low[row] ^ word, 0x01000193)
    low[row] = a ^ (a >>> 15)
    const b = Math.imul(high[row] ^ word, 0x85ebca6b)
    high[row] = b ^ (b >>> 13)
  }
  const double = new Float64Array(1)
  const words = new Uint32Array(double.buffer)
  for (const column of columns) {
    for (let row = 0; row < rowCount; row++) {
      if (column.kind === 'token') {
        mix(row, column.codes[row])
        continue
      }
      // Zero has two signs; every NaN is missing.
      double[0] = Number.isNaN(column.values[row]) ? Number.NaN : column.values[row] + 0
      mix(row, words[0])
      mix(row, words[1])
    }
  }
  return { low, high }
}
