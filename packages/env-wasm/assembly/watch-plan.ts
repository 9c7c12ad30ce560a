import { MonitorBank } from '../../stl/assembly/monitor-bank'

/** What all lanes watch with. Described in ../src/blocks.ts, written by ../src/constraints.ts. */
@unmanaged
export class Watch {
  /** S */
  specificationCount: i32
  signalCount: i32
  /** -> i32 [signals, 2]: number of the signal, and of its window */
  signals: usize
  windowCount: i32
  /** -> u32 [windows], decisions in each */
  windows: usize
  /** bytes from the beginning of a lane's record: f64 [windows], damage in each, 0 where no signal is about damage */
  damageAt: usize
  /** u32 [windows, 5], counts of each */
  countsAt: usize
  /** u32 [ringSize], damage of the last decisions, 0 where no signal is about it */
  damageRingAt: usize
  /** u8 [ringSize], the last decisions */
  ringAt: usize
  ringSize: u32
  /** f64, the monitors' state */
  stateAt: usize
  /** bytes of a record */
  bytes: usize
  /** bytes from the beginning of the registers: f64 [8], the ledger of a step, where actions have consequences */
  ledgerAt: usize
  bank: MonitorBank
  // Then f64: ms of each action [4], ms of a round, cpu load [4], memory load [4], weight of the newest load.
}

const NUMBERS_AT: usize = offsetof<Watch>()
export const ROUND_MS: usize = 4
export const CPU_LOAD: usize = 5
export const MEMORY_LOAD: usize = 9
export const LOAD_RATE: usize = 13

@inline
export function numberOf(watch: Watch, index: usize): f64 {
  return load<f64>(changetype<usize>(watch) + NUMBERS_AT + (index << 3))
}
