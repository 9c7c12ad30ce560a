/**
 * Decisions with consequences: what an action costs, and what of a stream still happens after it. A stream is one entity,
 * whose events come in time order. packages/response defines the same in TypeScript; a property test holds both together.
 */
import { philox, unitFloat, word0 } from '../../random/assembly/philox'
import { isThreat, Plan } from './plan'
import { Response } from './response-plan'

/** Where a stream stands. Part of a lane's record, and of a walk of an evaluation. */
@unmanaged
export class StreamState {
  /** P(threat | what was seen), where ratios are there */
  belief: f64
  /** of the last step */
  reward: f64
  /** events decided */
  age: u32
  /** events to be decided before the verdict, 0 = no ticket is open */
  ticket: u32
  /** 0 = never cleared, 1 at the event with which the all-clear came */
  sinceClear: u32
  /** 1 = an event up to the present one was a threat */
  compromised: u32
  /** 1 = the intruder gave up: its later events do not happen */
  stopped: u32
  /** times that the present event has come again */
  retried: u32
}

export const ALLOW: u8 = 0
export const BLOCK: u8 = 1
export const QUARANTINE: u8 = 2
export const ALERT: u8 = 3

const FAIL_STOP: u32 = 1
const RETRY: u32 = 2
const RETRIES_MAX: u32 = 3

/** Numbers of the ledger's entries: LEDGER_ENTRIES in ../src/response-spec.ts. */
const ALLOWED_BENIGN = 0
export const DAMAGE = 1
export const DWELL = 2
const BLOCKED_BENIGN = 3
const CONTAINMENT = 4
const FALSE_CONTAINMENT = 5
const CUT_OFF_BENIGN = 6
const ALERTS = 7

/** Philox key word of the purpose `environment`, and what is drawn (lanes.ts has 0 and 1). */
const ENVIRONMENT_STREAM: u32 = 1
const DRAW_VERDICT: u32 = 2

/** Largest log-odds that the context shows, and what it is divided by. */
const LOG_ODDS_MAX: f64 = 14
const LOG_ODDS_SCALE: f64 = 4
/** What the logarithms of counts are divided by. */
const COUNT_SCALE: f64 = 6

/** A stream begins, with this row of the dataset. */
export function beginStreamState(plan: Plan, response: Response, state: StreamState, row: u32): void {
  memory.fill(changetype<usize>(state), 0, offsetof<StreamState>())
  meet(plan, response, state, row)
}

/**
 * The team acts on the event at `position`.
 *
 * @param state  changed: it stands at the next event, unless the stream is over; `reward` is the step's
 * @param rows   -> u32, dataset rows of the split
 * @param end    first position behind the stream
 * @param ledger -> f64 [8], added to; 0 = nobody counts
 * @returns position of the next event, `end` where the stream is over
 */
export function respond(
  plan: Plan,
  state: StreamState,
  rows: usize,
  position: u32,
  end: u32,
  action: u8,
  ledger: usize,
): u32 {
  const response = plan.response!
  const row = at(rows, position)
  const threat = isThreat(plan, row)
  state.reward = 0
  if (action == QUARANTINE) {
    contain(response, state, row, ledger)
    return end
  }
  pay(response, state, row, threat, action, ledger)
  state.age++
  if (state.sinceClear > 0) state.sinceClear++
  if (action == ALERT && state.ticket == 0) state.ticket = response.analystDelay + 1
  const next = following(plan, state, rows, position, end, threat && action == BLOCK)
  if (next == end) return end
  const nextRow = at(rows, next)
  meet(plan, response, state, nextRow)
  if (state.ticket == 0 || --state.ticket > 0) return next
  if (findsThreat(plan, response, state, nextRow)) {
    contain(response, state, nextRow, ledger)
    return end
  }
  state.sinceClear = 1
  state.belief = 0
  return next
}

@inline
export function at(rows: usize, position: u32): u32 {
  return load<u32>(rows + ((<usize>position) << 2))
}

/**
 * What the team sees of a stream beside its event.
 *
 * @param context f32 [4], or [6] with ratios: ticket open, share of its time left, ln(1 + age) and ln(1 + sinceClear) over 6;
 *                log-odds of the belief over 4, belief
 */
export function showState(response: Response, state: StreamState, context: usize): void {
  const delay = response.analystDelay
  store<f32>(context, state.ticket > 0 ? 1 : 0)
  store<f32>(context, delay == 0 ? 0 : <f32>(<f64>state.ticket / <f64>delay), 4)
  store<f32>(context, <f32>(Math.log1p(<f64>state.age) / COUNT_SCALE), 8)
  store<f32>(context, <f32>(Math.log1p(<f64>state.sinceClear) / COUNT_SCALE), 12)
  if (response.ratios == 0) return
  const belief = state.belief
  store<f32>(context, shownLogOdds(belief), 16)
  store<f32>(context, <f32>belief, 20)
}

/** Log-odds of a belief as the context shows them. */
export function shownLogOdds(belief: f64): f32 {
  const logOdds = Math.log(belief / (1 - belief))
  return <f32>(min<f64>(LOG_ODDS_MAX, max<f64>(-LOG_ODDS_MAX, logOdds)) / LOG_ODDS_SCALE)
}

/** The next event comes: what is true of it, and what is believed. */
export function meet(plan: Plan, response: Response, state: StreamState, row: u32): void {
  if (isThreat(plan, row)) state.compromised = 1
  if (response.ratios == 0) return
  const ratio = <f64>load<f32>(response.ratios + ((<usize>row) << 2))
  const before = state.belief
  const prior = response.hazard == 0 ? 0.5 : before + (1 - before) * response.hazard
  const hostile = prior * ratio
  state.belief = hostile / (hostile + (1 - prior))
}

/** Costs of an action that lets the stream go on. */
export function pay(response: Response, state: StreamState, row: u32, threat: bool, action: u8, ledger: usize): void {
  if (threat) {
    const multiplier: f64 = response.multipliers == 0 ? 1 : <f64>load<f32>(response.multipliers + ((<usize>row) << 2))
    if (action != BLOCK) enter(state, ledger, DAMAGE, -multiplier * response.damage)
    enter(state, ledger, DWELL, -multiplier * response.dwell)
  } else if (action == BLOCK) enter(state, ledger, BLOCKED_BENIGN, -response.blockedBenign)
  else enter(state, ledger, ALLOWED_BENIGN, response.allowedBenign)
  if (action == ALERT) enter(state, ledger, ALERTS, -response.alertCost)
}

/** The stream ends before this event happens. */
export function contain(response: Response, state: StreamState, row: u32, ledger: usize): void {
  enter(state, ledger, CONTAINMENT, -response.containment)
  if (state.compromised != 0) return
  enter(state, ledger, FALSE_CONTAINMENT, -response.falseContainment)
  const benign = <f64>load<u32>(response.benignAhead + ((<usize>row) << 2))
  enter(state, ledger, CUT_OFF_BENIGN, -response.cutOffBenign * benign)
}

@inline
function enter(state: StreamState, ledger: usize, entry: i32, amount: f64): void {
  state.reward += amount
  if (ledger == 0) return
  const sum = ledger + ((<usize>entry) << 3)
  store<f64>(sum, load<f64>(sum) + amount)
}

/** Position of the event that comes next, `end` where none does. @param foiled whether a threat has just been blocked */
export function following(plan: Plan, state: StreamState, rows: usize, position: u32, end: u32, foiled: bool): u32 {
  const block = plan.response!.block
  if (foiled && block == RETRY && state.retried < RETRIES_MAX) {
    state.retried++
    return position
  }
  state.retried = 0
  if (foiled && block == FAIL_STOP) state.stopped = 1
  let next = position + 1
  if (state.stopped != 0) while (next < end && isThreat(plan, at(rows, next))) next++
  return next
}

/** What the analyst says. The draw is the row's, so that policies are compared on the same verdicts. */
function findsThreat(plan: Plan, response: Response, state: StreamState, row: u32): bool {
  return verdict(plan, response, row, state.compromised != 0)
}

/** Whether an analyst calls a stream hostile with a verdict that comes with a row. */
export function verdict(plan: Plan, response: Response, row: u32, compromised: bool): bool {
  if (response.analystAccuracy >= 1) return compromised
  philox(plan.seed, ENVIRONMENT_STREAM, row, 0, 0, DRAW_VERDICT)
  return <f64>unitFloat(word0) < response.analystAccuracy ? compromised : !compromised
}
