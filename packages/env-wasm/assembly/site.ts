/**
 * Many streams of a site beside each other, in the order of time, with analysts that they share. packages/response defines the
 * same in TypeScript (site/walk-sites.ts); a property test holds both together.
 */
import { isThreat, Plan } from './plan'
import {
  ALERT,
  at,
  BLOCK,
  contain,
  following,
  meet,
  pay,
  QUARANTINE,
  StreamState,
  shownLogOdds,
  showState,
  verdict,
} from './response'
import { Response } from './response-plan'
import { Site } from './site-plan'

/**
 * Where a site stands. Behind it lie the footholds, u32 [PHASES + 1]; the slots whose tickets are open, in the order in which
 * they fall due, u32 [TICKETS_MAX]; a StreamState to look ahead with; and the table, [slots] of StreamState and SiteStream.
 */
@unmanaged
export class SiteState {
  /** of the last step */
  reward: f64
  /** the clock: events of the recording, those of all sites of the part counted */
  tick: u32
  /** ticks of the site, the first one and that behind the last */
  start: u32
  end: u32
  /** of the present shift */
  alerts: u32
  /** of the present event's stream */
  slot: u32
  openTickets: u32
  /** 1 = nothing follows in the stream of the last step */
  isOver: u32
  /** else position of what follows there */
  next: u32
  /** 1 = the last step contained a stream in which no event was a threat */
  falselyContained: u32
  /** of the last step's stream: its decisions while an intruder was in it */
  dwell: u32
}

/** What the table has of a stream besides its StreamState. */
@unmanaged
class SiteStream {
  /** 1 + number of the stream, 0 = none has been here */
  occupant: u32
  /** tick at which the open ticket falls due, 0 = none is open */
  due: u32
  /** tick of an all-clear since the last event, 0 = none */
  clearedAt: u32
  /** bit p - 1 = phase p was met */
  phases: u32
  /** 1 = contained, or nothing is left of it */
  isOver: u32
  /** decisions while an intruder was in it; a quarantine is none */
  dwell: u32
}

const PHASES: u32 = 32
const TICKETS_MAX: usize = 64

const FOOTHOLDS: usize = offsetof<SiteState>()
const TICKETS: usize = FOOTHOLDS + 4 * (<usize>PHASES + 2)
const AHEAD: usize = TICKETS + 4 * TICKETS_MAX
const TABLE: usize = AHEAD + offsetof<StreamState>()
const STREAM_BYTES: usize = offsetof<StreamState>() + offsetof<SiteStream>()

/** No position. */
export const NOWHERE: u32 = 0xffffffff

@inline
function stateAt(state: SiteState, slot: u32): StreamState {
  return changetype<StreamState>(changetype<usize>(state) + TABLE + <usize>slot * STREAM_BYTES)
}
@inline
function streamAt(state: SiteState, slot: u32): SiteStream {
  return changetype<SiteStream>(changetype<usize>(stateAt(state, slot)) + offsetof<StreamState>())
}
@inline
function footholdAt(state: SiteState, phase: u32): usize {
  return changetype<usize>(state) + FOOTHOLDS + ((<usize>phase) << 2)
}
@inline
function ticketAt(state: SiteState, place: u32): usize {
  return changetype<usize>(state) + TICKETS + ((<usize>place) << 2)
}
@inline
function isSet(flags: usize, position: u32): bool {
  return load<u8>(flags + <usize>position) != 0
}

/** A site is watched from a tick on: whoever got in before has a foothold that no containment ends. @returns position */
export function beginSite(plan: Plan, response: Response, site: Site, state: SiteState, tick: u32): u32 {
  memory.fill(changetype<usize>(state), 0, TABLE + <usize>site.slotCount * STREAM_BYTES)
  let number: u32 = 0
  while (at(site.siteStarts, number + 1) <= tick) number++
  state.start = at(site.siteStarts, number)
  state.end = at(site.siteStarts, number + 1)
  state.tick = tick
  for (let phase: u32 = 1; phase <= PHASES; phase++) {
    if (at(site.firstTicks, number * PHASES + phase - 1) < tick) store<u32>(footholdAt(state, phase), 1)
  }
  return arrive(plan, response, site, state)
}

/**
 * The team acts on the event at `position`: `reward`, `isOver` and `next` are the step's. The clock stands until `goOn`.
 *
 * @param ledger -> f64 [8] of the event's stream, added to; 0 = nobody counts
 */
export function respondAtSite(
  plan: Plan,
  response: Response,
  site: Site,
  state: SiteState,
  position: u32,
  action: u8,
  ledger: usize,
): void {
  const own = stateAt(state, state.slot)
  const stream = streamAt(state, state.slot)
  const number = at(site.streams, position)
  const row = at(site.rows, position)
  own.reward = 0
  state.isOver = 0
  state.falselyContained = 0
  if (action != QUARANTINE && own.compromised != 0 && own.stopped == 0) stream.dwell++
  state.dwell = stream.dwell
  if (action == QUARANTINE) {
    state.falselyContained = own.compromised == 0 ? 1 : 0
    contain(response, own, row, ledger)
    stream.isOver = 1
    state.isOver = 1
    leave(state, stream)
    dropTicket(state, state.slot)
  } else {
    const threat = isThreat(plan, row)
    pay(response, own, row, threat, action, ledger)
    if (action == ALERT) openTicket(response, state, stream)
    own.age++
    if (own.sinceClear > 0) own.sinceClear++
    const end = at(site.streamStarts, number + 1)
    const next = following(plan, own, site.rows, position, end, threat && action == BLOCK)
    state.next = next
    if (next != position) lookAhead(plan, response, site, state, end, ledger)
  }
  state.reward = own.reward
}

/** @returns position of the event that is decided next, `position` itself where it comes again, NOWHERE where the site ends */
export function goOn(plan: Plan, response: Response, site: Site, state: SiteState, position: u32): u32 {
  if (state.isOver == 0 && state.next == position) return position
  state.tick++
  return arrive(plan, response, site, state)
}

/** What comes of the present stream up to its next event: its end, or a verdict. */
function lookAhead(plan: Plan, response: Response, site: Site, state: SiteState, end: u32, ledger: usize): void {
  const own = stateAt(state, state.slot)
  const stream = streamAt(state, state.slot)
  const next = state.next
  if (next == end) {
    stream.isOver = 1
    state.isOver = 1
    dropTicket(state, state.slot)
    return
  }
  const due = stream.due
  const nextTick = at(site.ticks, next)
  if (due == 0 || due > nextTick) return
  const nextRow = at(site.rows, next)
  // The event that a verdict comes with counts, unless it hangs on an earlier phase and may not happen.
  const comesWith = due == nextTick && !isSet(site.needs, next) && isThreat(plan, nextRow)
  const compromised = own.compromised != 0 || comesWith
  if (!verdict(plan, response, at(site.rows, at(site.positions, due)), compromised)) return
  own.compromised = compromised ? 1 : 0
  state.falselyContained = compromised ? 0 : 1
  contain(response, own, nextRow, ledger)
  stream.isOver = 1
  state.isOver = 1
}

/** The clock goes on from the present tick to an event that happens. @returns its position */
function arrive(plan: Plan, response: Response, site: Site, state: SiteState): u32 {
  for (; state.tick < state.end; state.tick++) {
    const tick = state.tick
    if (response.shift > 0 && (tick - state.start) % response.shift == 0) state.alerts = 0
    settle(response, state, tick)
    const position = at(site.positions, tick)
    state.slot = at(site.slots, at(site.streams, position))
    if (!happens(plan, site, state, position)) continue
    meetAtSite(plan, response, site, state, position)
    return position
  }
  return NOWHERE
}

/** Verdicts that have fallen due take effect. */
function settle(response: Response, state: SiteState, tick: u32): void {
  while (state.openTickets > 0) {
    const slot = load<u32>(ticketAt(state, 0))
    const stream = streamAt(state, slot)
    if (stream.due > tick) return
    if (stream.isOver != 0) leave(state, stream)
    else {
      stream.clearedAt = stream.due
      if (response.ratios != 0) stateAt(state, slot).belief = 0
    }
    dropTicket(state, slot)
  }
}

/** Whoever was in a stream that is contained has it no more. */
function leave(state: SiteState, stream: SiteStream): void {
  for (let phase: u32 = 1; phase <= PHASES; phase++) {
    if (((stream.phases >> (phase - 1)) & 1) == 0) continue
    store<u32>(footholdAt(state, phase), load<u32>(footholdAt(state, phase)) - 1)
  }
  stream.phases = 0
}

function openTicket(response: Response, state: SiteState, stream: SiteStream): void {
  const isHeard = state.openTickets < response.tickets && hasAlerts(response, state) && stream.due == 0
  state.alerts++
  if (!isHeard) return
  stream.due = state.tick + response.analystDelay + 1
  store<u32>(ticketAt(state, state.openTickets), state.slot)
  state.openTickets++
}

@inline
function hasAlerts(response: Response, state: SiteState): bool {
  return response.alertsPerShift == 0 || state.alerts < response.alertsPerShift
}

function dropTicket(state: SiteState, slot: u32): void {
  streamAt(state, slot).due = 0
  let kept: u32 = 0
  for (let place: u32 = 0; place < state.openTickets; place++) {
    const own = load<u32>(ticketAt(state, place))
    if (own == slot) continue
    store<u32>(ticketAt(state, kept), own)
    kept++
  }
  state.openTickets = kept
}

/** Whether the event at a position still happens; a stream's first one begins its state. */
function happens(plan: Plan, site: Site, state: SiteState, position: u32): bool {
  const own = stateAt(state, state.slot)
  const stream = streamAt(state, state.slot)
  const occupant = at(site.streams, position) + 1
  if (stream.occupant != occupant) {
    memory.fill(changetype<usize>(own), 0, STREAM_BYTES)
    stream.occupant = occupant
    own.compromised = load<u8>(site.threatBefore + <usize>position)
  }
  if (stream.isOver != 0) return false
  if (own.stopped != 0 && isThreat(plan, at(site.rows, position))) return false
  const needed = <u32>load<u8>(site.needs + <usize>position)
  if (needed == 0 || load<u32>(footholdAt(state, needed)) > 0) return true
  dropTicket(state, state.slot)
  if (position + 1 == at(site.streamStarts, occupant)) stream.isOver = 1
  return false
}

function meetAtSite(plan: Plan, response: Response, site: Site, state: SiteState, position: u32): void {
  const own = stateAt(state, state.slot)
  const stream = streamAt(state, state.slot)
  const phase = <u32>load<u8>(site.phases + <usize>position)
  if (phase > 0 && ((stream.phases >> (phase - 1)) & 1) == 0) {
    stream.phases |= 1 << (phase - 1)
    store<u32>(footholdAt(state, phase), load<u32>(footholdAt(state, phase)) + 1)
  }
  meet(plan, response, own, at(site.rows, position))
  own.ticket = stream.due == 0 ? 0 : stream.due - state.tick
  if (stream.clearedAt == 0) return
  own.sinceClear = 1
  if (stream.clearedAt == state.tick) own.belief = 0
  stream.clearedAt = 0
}

/** Inputs that the context has of a site behind those of the stream: three, and two with beliefs. */
const SHARES: usize = 12

/**
 * What the team sees beside the present event: of its stream as `showState`, then the shares of tickets that are open, of alerts
 * that are left, and of the shift that is left; with beliefs the two highest log-odds of other streams without a ticket, over 4.
 */
export function showSite(response: Response, site: Site, state: SiteState, context: usize): void {
  const own = stateAt(state, state.slot)
  // Under `retry` the present event comes again with a ticket that was not opened then.
  const due = streamAt(state, state.slot).due
  own.ticket = due == 0 ? 0 : due - state.tick
  showState(response, own, context)
  showShared(response, site, state, context)
}

/** The same for the event that follows in the stream of the last step, as far as it is known now; `isOver` must be 0. */
export function showFollowing(plan: Plan, response: Response, site: Site, state: SiteState, context: usize): void {
  const ahead = changetype<StreamState>(changetype<usize>(state) + AHEAD)
  memory.copy(changetype<usize>(ahead), changetype<usize>(stateAt(state, state.slot)), offsetof<StreamState>())
  const due = streamAt(state, state.slot).due
  const nextTick = at(site.ticks, state.next)
  const isCleared = due != 0 && due <= nextTick
  if (isCleared && due < nextTick) ahead.belief = 0
  meet(plan, response, ahead, at(site.rows, state.next))
  if (isCleared) {
    ahead.sinceClear = 1
    if (due == nextTick) ahead.belief = 0
  }
  ahead.ticket = due > nextTick ? due - nextTick : 0
  showState(response, ahead, context)
  showShared(response, site, state, context)
}

function showShared(response: Response, site: Site, state: SiteState, context: usize): void {
  const hasBeliefs = response.ratios != 0
  const shares: usize = context + (hasBeliefs ? 24 : 16)
  const alertsPerShift = response.alertsPerShift
  const shift = response.shift
  const left = alertsPerShift > state.alerts ? alertsPerShift - state.alerts : 0
  store<f32>(shares, <f32>(<f64>state.openTickets / <f64>response.tickets))
  store<f32>(shares, alertsPerShift == 0 ? 1 : <f32>(<f64>left / <f64>alertsPerShift), 4)
  const shiftLeft = shift == 0 ? 0 : shift - ((state.tick - state.start) % shift)
  store<f32>(shares, shift == 0 ? 1 : <f32>(<f64>shiftLeft / <f64>shift), 8)
  if (!hasBeliefs) return
  let first: f64 = 0
  let second: f64 = 0
  for (let slot: u32 = 0; slot < site.slotCount; slot++) {
    const stream = streamAt(state, slot)
    if (slot == state.slot || stream.occupant == 0 || stream.isOver != 0 || stream.due != 0) continue
    const belief = stateAt(state, slot).belief
    if (belief > first) {
      second = first
      first = belief
    } else if (belief > second) second = belief
  }
  store<f32>(shares + SHARES, shownLogOdds(first))
  store<f32>(shares + SHARES, shownLogOdds(second), 4)
}
