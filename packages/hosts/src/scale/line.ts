/** One direction of a line with a delay and limited bandwidth: when what is sent arrives. It knows no clock and no socket. */

/** What a line is like, in both directions. */
export type LineSettings = {
  /** one way, in milliseconds */
  readonly delayMs: number
  /** in each direction, shared by all who send */
  readonly bitsPerSecond: number
}

/** When bytes have left, so that the next ones may follow, and when they are there, in milliseconds. */
export type Passage = { readonly leftMs: number; readonly arrivedMs: number }

/**
 * Bytes leave one after the other at the bandwidth, and arrive a delay later.
 *
 * @returns what a number of bytes that is sent at a time comes to; times of calls never fall
 * @example
 * const send = lineOf({ delayMs: 20, bitsPerSecond: 1e8 })
 * const { arrivedMs } = send(65_536, performance.now())
 */
export function lineOf({ delayMs, bitsPerSecond }: LineSettings): (bytes: number, nowMs: number) => Passage {
  let freeMs = 0
  return (bytes, nowMs) => {
    freeMs = Math.max(freeMs, nowMs) + (bytes * 8000) / bitsPerSecond
    return { leftMs: freeMs, arrivedMs: freeMs + delayMs }
  }
}
