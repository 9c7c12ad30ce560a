/** Buffers one behind the other in a thread's scratch. */

/** Where the next buffer begins; 64 bits, because what does not fit into the memory must not wrap around. */
let next: u64 = 0

/** Begins at the first cache line (64 bytes) that starts at `at` or behind it. */
export function beginBuffers(at: u64): void {
  next = (at + 63) & ~63
}

/** Address of a buffer, on a cache line of its own. */
export function placeBuffer(bytes: u64): usize {
  const at = next
  next += (bytes + 63) & ~63
  return <usize>at
}

/** First byte behind the buffers. */
export function endOfBuffers(): u64 {
  return next
}
