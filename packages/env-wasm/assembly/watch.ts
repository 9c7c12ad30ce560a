/**
 * What a lane watches its team with: signals of each decision (../src/signals.ts documents them), and a monitor for every
 * specification, of which each step gives the robustness.
 */
import { hasValue, loadConstants, monitorValue, pushSample, resetMonitors } from '../../stl/assembly/monitor-bank'
import { Plan } from './plan'
import { isRestrictive, restrictiveVotes, wins } from './vote'
import { CPU_LOAD, LOAD_RATE, MEMORY_LOAD, numberOf, ROUND_MS, Watch } from './watch-plan'

/** A lane's record; then u32 [windows, 3] of counts, the ring of decisions, the monitors' state. */
@unmanaged
export class WatchRecord {
  /** decisions of this episode, counted to 2^31 - 1 */
  seen: u32
  /** where the next decision goes in the ring */
  position: u32
  cpu: f64
  memory: f64
}

const COUNTS_AT: usize = offsetof<WatchRecord>()
const SEEN_MAX: u32 = 0x7fffffff

/** Bits of a decision in the ring. */
const THREAT: u32 = 1
const RESTRICTIVE: u32 = 2

/** Robustness beyond this is cut, so that it stays finite; it also stands where there is no value yet. */
const ROBUSTNESS_MAX: f64 = 1e6

/** Makes registers ready: constants are put into them, which no step overwrites. */
export function prepareRegisters(watch: Watch, registers: usize): void {
  loadConstants(watch.bank, registers)
}

/** An episode begins: no decision has been seen. */
export function beginWatch(watch: Watch, record: WatchRecord): void {
  memory.fill(changetype<usize>(record), 0, watch.stateAt)
  record.cpu = numberOf(watch, CPU_LOAD)
  record.memory = numberOf(watch, MEMORY_LOAD)
  resetMonitors(watch.bank, changetype<usize>(record) + watch.stateAt)
}

/**
 * Takes a decision in.
 *
 * @param actions    [A] u8
 * @param registers  prepared before
 * @param robustness [S] f32, overwritten; from -1e6 to 1e6, 1e6 where a monitor has no value yet
 * @returns 0, or 1 + the instruction whose value is no number
 */
export function watchDecision(
  plan: Plan,
  watch: Watch,
  record: WatchRecord,
  threat: bool,
  decision: u8,
  actions: usize,
  registers: usize,
  robustness: usize,
): i32 {
  count(watch, record, u32(threat) | (isRestrictive(decision) ? RESTRICTIVE : 0))
  const rate = numberOf(watch, LOAD_RATE)
  record.cpu += rate * (numberOf(watch, CPU_LOAD + decision) - record.cpu)
  record.memory += rate * (numberOf(watch, MEMORY_LOAD + decision) - record.memory)
  const votes = restrictiveVotes(plan, actions)
  for (let i = 0; i < watch.signalCount; i++) {
    const signal = watch.signals + ((<usize>i) << 3)
    const window = load<i32>(signal, 4)
    const value =
      window < 0
        ? plainSignal(plan, watch, record, load<i32>(signal), threat, decision, votes)
        : windowedSignal(watch, record, load<i32>(signal), window)
    store<f64>(registers + ((<usize>i) << 3), value)
  }
  const bank = watch.bank
  const step = record.seen
  const stopped = pushSample(bank, registers, changetype<usize>(record) + watch.stateAt, step)
  if (stopped >= 0) return stopped + 1
  for (let s = 0; s < watch.specificationCount; s++) {
    const value = hasValue(bank, s, step) ? monitorValue(bank, s, registers) : ROBUSTNESS_MAX
    const cut = value > ROBUSTNESS_MAX ? ROBUSTNESS_MAX : value < -ROBUSTNESS_MAX ? -ROBUSTNESS_MAX : value
    store<f32>(robustness + ((<usize>s) << 2), <f32>cut)
  }
  if (record.seen < SEEN_MAX) record.seen++
  return 0
}

/** Puts a decision into every window, and the ones that are too old out of them. */
function count(watch: Watch, record: WatchRecord, outcome: u32): void {
  const size = watch.ringSize
  if (size == 0) return
  const ring = changetype<usize>(record) + watch.ringAt
  const position = record.position
  for (let i = 0; i < watch.windowCount; i++) {
    const window = load<u32>(watch.windows + ((<usize>i) << 2))
    const counts = changetype<usize>(record) + COUNTS_AT + <usize>i * 12
    if (record.seen >= window) {
      const oldest = position >= window ? position - window : position + size - window
      change(counts, load<u8>(ring + oldest), -1)
    }
    change(counts, outcome, 1)
  }
  store<u8>(ring + position, <u8>outcome)
  record.position = position + 1 == size ? 0 : position + 1
}

/** @param counts [3]: threats, true positives, false positives */
@inline
function change(counts: usize, outcome: u32, by: i32): void {
  if (outcome & THREAT) {
    store<i32>(counts, load<i32>(counts) + by)
    if (outcome & RESTRICTIVE) store<i32>(counts, load<i32>(counts, 4) + by, 4)
  } else if (outcome & RESTRICTIVE) store<i32>(counts, load<i32>(counts, 8) + by, 8)
}

/** Signals in the order of ../src/signals.ts. */
function plainSignal(
  plan: Plan,
  watch: Watch,
  record: WatchRecord,
  number: i32,
  threat: bool,
  decision: u8,
  votes: i32,
): f64 {
  const restrictive = isRestrictive(decision)
  const agents = plan.agentCount
  switch (number) {
    case 0: {
      const rounds: f64 = wins(plan, votes) || wins(plan, agents - votes) ? 1 : 2
      return numberOf(watch, decision) + rounds * numberOf(watch, ROUND_MS)
    }
    case 1:
      return f64(threat)
    case 2:
    case 3:
      return f64(restrictive)
    case 4:
      return decision == 3 ? 1 : 0
    case 5:
      return wins(plan, votes) || wins(plan, agents - votes) ? 1 : 0
    case 6:
      return f64(threat && restrictive)
    case 7:
      return f64(!threat && restrictive)
    case 8:
      return f64(!threat && !restrictive)
    case 9:
      return f64(threat && !restrictive)
    case 10:
      return <f64>max(votes, agents - votes) / <f64>agents
    case 11:
      return record.cpu
    default:
      return record.memory
  }
}

/** Number 13 is fp_rate, 14 detection_rate; the present decision is counted. */
function windowedSignal(watch: Watch, record: WatchRecord, number: i32, window: i32): f64 {
  const counts = changetype<usize>(record) + COUNTS_AT + <usize>window * 12
  const width = load<u32>(watch.windows + ((<usize>window) << 2))
  const decisions = record.seen < width ? record.seen + 1 : width
  const threats = load<u32>(counts)
  if (number == 14) return threats == 0 ? 1 : <f64>load<u32>(counts, 4) / <f64>threats
  const benign = decisions - threats
  return benign == 0 ? 0 : <f64>load<u32>(counts, 8) / <f64>benign
}
