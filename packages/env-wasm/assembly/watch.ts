/**
 * What a lane watches its team with: signals of each decision (../src/signals.ts documents them), and a monitor for every
 * specification, of which each step gives the robustness.
 */
import { hasValue, loadConstants, monitorValue, pushSample, resetMonitors } from '../../stl/assembly/monitor-bank'
import { Plan } from './plan'
import { ALERT, DAMAGE, DWELL, QUARANTINE, StreamState } from './response'
import { isRestrictive, restrictiveVotes, wins } from './vote'
import { CPU_LOAD, LOAD_RATE, MEMORY_LOAD, numberOf, ROUND_MS, Watch } from './watch-plan'

/**
 * A lane's record; then sums of damage, counts, the ring of damage, the ring of decisions and the monitors' state, as
 * ../src/constraints.ts lays them out.
 */
@unmanaged
export class WatchRecord {
  /** decisions of this episode, counted to 2^31 - 1; where actions have consequences, of this lane */
  seen: u32
  /** where the next decision goes in the ring */
  position: u32
  cpu: f64
  memory: f64
  /** decisions of the present stream while an intruder was in it, and tickets open once the team has acted, at a site all of them */
  dwell: u32
  openTickets: u32
}

const SEEN_MAX: u32 = 0x7fffffff

/** Bits of a decision in the ring. */
const THREAT: u32 = 1
const RESTRICTIVE: u32 = 2
const ALERTED: u32 = 4
const FALSELY_CONTAINED: u32 = 8

/** u32 of a window: threats, true positives, false positives, alerts, false containments. */
const COUNTS = 5
const COUNT_BYTES: usize = 4 * COUNTS

/** Damage is counted in whole units of 2^-16, up to 2^32 - 1 of them, so that a window's sum is exact. */
const DAMAGE_UNIT: f64 = 65536
const DAMAGE_MAX: f64 = 4294967295

/** Robustness beyond this is cut, so that it stays finite; it also stands where there is no value yet. */
const ROBUSTNESS_MAX: f64 = 1e6

/** Makes registers ready: constants are put into them, which no step overwrites. */
export function prepareRegisters(watch: Watch, registers: usize): void {
  loadConstants(watch.bank, registers)
}

/** Nothing has been decided: an episode begins, or a lane where actions have consequences. */
export function beginWatch(watch: Watch, record: WatchRecord): void {
  memory.fill(changetype<usize>(record), 0, watch.stateAt)
  record.cpu = numberOf(watch, CPU_LOAD)
  record.memory = numberOf(watch, MEMORY_LOAD)
  resetMonitors(watch.bank, changetype<usize>(record) + watch.stateAt)
}

/** The team is about to act on an event of a stream: how long an intruder stays in it, and its tickets. */
export function watchStream(record: WatchRecord, state: StreamState, decision: u8): void {
  const goesOn = decision != QUARANTINE
  record.openTickets = goesOn && (state.ticket > 0 || decision == ALERT) ? 1 : 0
  if (goesOn && state.compromised != 0 && state.stopped == 0 && record.dwell < SEEN_MAX) record.dwell++
}

/**
 * Whether a step has contained a stream in which no event was a threat. Where the recording ends a stream, the open ticket
 * stays; where the analyst does, it has been counted down.
 *
 * @param state after the step that ended the stream
 */
export function isFalselyContained(record: WatchRecord, state: StreamState, decision: u8): bool {
  return state.compromised == 0 && (decision == QUARANTINE || (record.openTickets > 0 && state.ticket == 0))
}

/**
 * Takes a decision in.
 *
 * @param containment whether it falsely contained a stream
 * @param actions     [A] u8
 * @param ledger      -> f64 [8], of this step; 0 where actions have no consequences
 * @param registers   prepared before
 * @param robustness  [S] f32, overwritten; from -1e6 to 1e6, 1e6 where a monitor has no value yet
 * @returns 0, or 1 + the instruction whose value is no number
 */
export function watchDecision(
  plan: Plan,
  watch: Watch,
  record: WatchRecord,
  threat: bool,
  decision: u8,
  containment: bool,
  actions: usize,
  ledger: usize,
  registers: usize,
  robustness: usize,
): i32 {
  const restrictive = isRestrictive(decision) ? RESTRICTIVE : 0
  const alerted = decision == ALERT ? ALERTED : 0
  count(watch, record, u32(threat) | restrictive | alerted | (containment ? FALSELY_CONTAINED : 0), damageOf(ledger))
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

/**
 * Takes a decision in that is nobody's lane, on an event whose label is not known: for specifications that read none.
 *
 * @param decision   of the team
 * @param actions    [A] u8
 * @param watch      the watch record
 * @param registers  prepared before
 * @param robustness [S] f32, overwritten
 * @returns as `step`
 */
export function watchLive(
  plan: Plan,
  decision: u8,
  actions: usize,
  watch: usize,
  registers: usize,
  robustness: usize,
): i32 {
  const shared = plan.watch
  if (shared === null) return 0
  const record = changetype<WatchRecord>(watch)
  return watchDecision(plan, shared, record, false, decision, false, actions, 0, registers, robustness)
}

/** What the threats of a step cost, in units. */
function damageOf(ledger: usize): u32 {
  if (ledger == 0) return 0
  const damage = -load<f64>(ledger + (DAMAGE << 3)) - load<f64>(ledger + (DWELL << 3))
  return <u32>min<f64>(DAMAGE_MAX, Math.floor(damage * DAMAGE_UNIT + 0.5))
}

/** Puts a decision into every window, and the ones that are too old out of them. */
function count(watch: Watch, record: WatchRecord, outcome: u32, damage: u32): void {
  const size = watch.ringSize
  if (size == 0) return
  const base = changetype<usize>(record)
  const ring = base + watch.ringAt
  const damageRing: usize = watch.damageRingAt == 0 ? 0 : base + watch.damageRingAt
  const position = record.position
  for (let i = 0; i < watch.windowCount; i++) {
    const window = load<u32>(watch.windows + ((<usize>i) << 2))
    const counts = base + watch.countsAt + <usize>i * COUNT_BYTES
    const sum = base + watch.damageAt + ((<usize>i) << 3)
    if (record.seen >= window) {
      const oldest = position >= window ? position - window : position + size - window
      change(counts, load<u8>(ring + oldest), -1)
      if (damageRing) store<f64>(sum, load<f64>(sum) - <f64>load<u32>(damageRing + ((<usize>oldest) << 2)))
    }
    change(counts, outcome, 1)
    if (damageRing) store<f64>(sum, load<f64>(sum) + <f64>damage)
  }
  store<u8>(ring + position, <u8>outcome)
  if (damageRing) store<u32>(damageRing + ((<usize>position) << 2), damage)
  record.position = position + 1 == size ? 0 : position + 1
}

/** @param counts [5]: threats, true positives, false positives, alerts, false containments */
@inline
function change(counts: usize, outcome: u32, by: i32): void {
  if (outcome & THREAT) {
    store<i32>(counts, load<i32>(counts) + by)
    if (outcome & RESTRICTIVE) store<i32>(counts, load<i32>(counts, 4) + by, 4)
  } else if (outcome & RESTRICTIVE) store<i32>(counts, load<i32>(counts, 8) + by, 8)
  if (outcome & ALERTED) store<i32>(counts, load<i32>(counts, 12) + by, 12)
  if (outcome & FALSELY_CONTAINED) store<i32>(counts, load<i32>(counts, 16) + by, 16)
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
    case 12:
      return record.memory
    case 13:
      return <f64>record.dwell
    default:
      return <f64>record.openTickets
  }
}

/** Numbers 15 to 19: fp_rate, detection_rate, alert_rate, damage, quarantined_benign; the present decision is counted. */
function windowedSignal(watch: Watch, record: WatchRecord, number: i32, window: i32): f64 {
  const base = changetype<usize>(record)
  const counts = base + watch.countsAt + <usize>window * COUNT_BYTES
  const width = load<u32>(watch.windows + ((<usize>window) << 2))
  const decisions = record.seen < width ? record.seen + 1 : width
  const threats = load<u32>(counts)
  switch (number) {
    case 15: {
      const benign = decisions - threats
      return benign == 0 ? 0 : <f64>load<u32>(counts, 8) / <f64>benign
    }
    case 16:
      return threats == 0 ? 1 : <f64>load<u32>(counts, 4) / <f64>threats
    case 17:
      return <f64>load<u32>(counts, 12) / <f64>decisions
    case 18:
      return load<f64>(base + watch.damageAt + ((<usize>window) << 3)) / DAMAGE_UNIT / <f64>decisions
    default:
      return <f64>load<u32>(counts, 16)
  }
}
