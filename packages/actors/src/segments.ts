import type { Split } from '@vigil/data'

/** Rows of one evaluation segment in iid mode, where rows do not depend on each other: a recurrent team forgets between. */
const SEGMENT_ROWS = 64

/** [segments, 2] start and end positions: the streams, the sites, or equal runs of rows where rows are independent. */
export function segmentsOf(split: Split, mode: 'iid' | 'stream', siteStarts?: Uint32Array): Uint32Array {
  // A walk of a site begins at a tick and has positions of the whole part.
  if (siteStarts !== undefined) {
    return Uint32Array.from([...siteStarts.subarray(0, -1)].flatMap((start) => [start, split.rows.length]))
  }
  const starts: ArrayLike<number> =
    mode === 'stream'
      ? split.streamStarts
      : Array.from({ length: Math.ceil(split.rows.length / SEGMENT_ROWS) + 1 }, (_, i) =>
          Math.min(i * SEGMENT_ROWS, split.rows.length),
        )
  const segments = new Uint32Array(2 * (starts.length - 1))
  for (let i = 0; i + 1 < starts.length; i++) {
    segments[2 * i] = starts[i]
    segments[2 * i + 1] = starts[i + 1]
  }
  return segments
}
