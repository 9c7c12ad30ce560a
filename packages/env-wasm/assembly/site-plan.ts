/** The order in which the events of one part of a split happened. Described in ../src/blocks.ts, made by ../src/site-order.ts. */
@unmanaged
export class Site {
  /** -> u32 [n] dataset rows by position, and u32 [streams + 1] */
  rows: usize
  streamStarts: usize
  /** -> u32 [n] position by tick, and tick by position */
  positions: usize
  ticks: usize
  /** -> u32 [sites + 1] first tick of each site */
  siteStarts: usize
  /** -> u32 [n] stream by position; u32 [streams] its place in the table */
  streams: usize
  slots: usize
  /** -> u8 [n] phase by position, and the phase that an event hangs on; 0 = none */
  phases: usize
  needs: usize
  /** -> u32 [sites, 32] tick of the first event of each phase, n where there is none */
  firstTicks: usize
  /** -> u8 [n] 1 = an earlier event of the stream is a threat */
  threatBefore: usize
  rowCount: u32
  siteCount: u32
  slotCount: u32
}
