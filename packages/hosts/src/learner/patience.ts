/** How long a host may hold a shard: a multiple of what shards take. */

/** Before anything is known; a host that is gone is not waited for longer. */
const FIRST_MS = 30_000
/** Times of so many shards are remembered. */
const REMEMBERED = 64
const MULTIPLE = 4
/** Shorter would give shards twice for a hiccup of the network. */
const LEAST_MS = 1000

/** Times of shards, from lease to answer. */
export type Patience = {
  /** A shard took so long. */
  took(durationMs: number): void
  /** How long one may take, in milliseconds. */
  patienceMs(): number
}

/** @see Patience */
export function createPatience(): Patience {
  const times: number[] = []
  let patienceMs = FIRST_MS
  return {
    took(durationMs) {
      times.push(durationMs)
      if (times.length > REMEMBERED) times.shift()
      const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]
      patienceMs = Math.max(LEAST_MS, MULTIPLE * median)
    },
    patienceMs: () => patienceMs,
  }
}
