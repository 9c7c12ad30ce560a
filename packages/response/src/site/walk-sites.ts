import { CUT_OFF, PHASES_MAX, RETRIES_MAX, type SiteOrder } from '@vigil/env-wasm'
import { assertStreams, type Streams } from '../streams.ts'
import {
  ALERT,
  BLOCK,
  contain,
  ENTRY_COUNT,
  type Policy,
  payAtOnce,
  QUARANTINE,
  type ResponseSettings,
  returnOf,
  type SiteView,
  type StreamView,
  updated,
  verdictUniform,
} from '../walk.ts'

/**
 * The layout `site` of the environment `respond`, as a definition: the events of a site in the order of time, tick by tick, many
 * streams beside each other that share analysts. packages/env-wasm has the same in AssemblyScript; property tests hold both
 * together.
 *
 * The clock is the recording's: events that were cut off pass too. A ticket that is opened at tick t falls due at
 * t + analystDelay + 1, before the event of that tick is decided. Until then it occupies an analyst, whatever becomes of its
 * stream, unless the team quarantines the stream or the recording of it ends.
 *
 * A decision is paid what comes of it until the stream's next one: between both nothing changes the stream but a verdict.
 */
export type SiteWalk = {
  /** [streams, 8] in the order of LEDGER_ENTRIES */
  readonly ledgers: Float64Array
  /** [n] the last action on each event by position, CUT_OFF where there was none */
  readonly actions: Uint8Array
  /** [streams] 1 = contained before any event of it was a threat */
  readonly areFalselyContained: Uint8Array
}

/** A decision and what came of it. */
export type SiteStep = {
  readonly view: StreamView
  readonly action: number
  readonly reward: number
  /** Nothing of the stream follows */
  readonly isOver: boolean
  /** It is over since it was contained, before any event of it was a threat */
  readonly isFalselyContained: boolean
  /** Decisions of the stream while an intruder was in it, up to this one; a quarantine is none */
  readonly dwell: number
  /** Tickets of the site that are open once the team has acted */
  readonly openTickets: number
}

/** Streams whose order in time is known. */
export type SiteStreams = Streams & { readonly order: SiteOrder }

/**
 * Walks every site from its first event to its last.
 *
 * @param policy gets one view that is written anew for each decision: it must not keep it
 * @param onStep called after each decision, in the order of time
 * @param from   tick from which on the sites are watched: whoever got in before has a foothold that no containment ends
 * @example
 * const { ledgers } = walkSites(streams, { spec, seed: 1 }, ({ belief, site }) => (belief > 0.3 && site?.isHeard ? 3 : 0))
 * @throws {VigilError} STREAMS, ACTION
 */
export function walkSites(
  streams: SiteStreams,
  settings: ResponseSettings,
  policy: Policy,
  onStep?: (step: SiteStep) => void,
  from = 0,
): SiteWalk {
  assertStreams(streams)
  const streamCount = streams.streamStarts.length - 1
  const table = tableOf(streamCount)
  const walk = {
    ledgers: new Float64Array(streamCount * ENTRY_COUNT),
    actions: new Uint8Array(streams.rows.length).fill(CUT_OFF),
    areFalselyContained: table.isFalselyContained,
  }
  for (let site = 0; site + 1 < streams.order.siteStarts.length; site++) {
    const game: Game = { streams, settings, table, walk, ...beginningAt(streams.order, site, from) }
    for (; game.tick < game.end; game.tick++) {
      const position = streams.order.positions[game.tick]
      beginShift(game)
      begin(game, position)
      settle(game)
      if (!happens(game, position)) continue
      meet(game, position)
      decide(game, position, policy, onStep)
    }
  }
  return walk
}

/** [streams] each, what is known of every stream. */
type Table = ReturnType<typeof tableOf>

function tableOf(streams: number) {
  return {
    hasBegun: new Uint8Array(streams),
    age: new Uint32Array(streams),
    sinceClear: new Uint32Array(streams),
    belief: new Float64Array(streams),
    isCompromised: new Uint8Array(streams),
    /** the stream was contained, or nothing is left of it */
    isOver: new Uint8Array(streams),
    /** it was contained before any event of it was a threat */
    isFalselyContained: new Uint8Array(streams),
    /** a blocked intruder gave up */
    isStopped: new Uint8Array(streams),
    /** decisions while an intruder was in it */
    dwell: new Uint32Array(streams),
    /** tick at which its open ticket falls due, 0 = none is open */
    due: new Uint32Array(streams),
    /** tick of an all-clear that came since its last event, 0 = none */
    clearedAt: new Uint32Array(streams),
    /** bit p - 1 = phase p was met */
    phases: new Uint32Array(streams),
  }
}

type Game = {
  readonly streams: SiteStreams
  readonly settings: ResponseSettings
  readonly table: Table
  readonly walk: SiteWalk
  readonly start: number
  readonly end: number
  tick: number
  /** Streams whose tickets are open, in the order in which they fall due. */
  open: number[]
  /** Alerts of the present shift. */
  alerts: number
  /** [8] what the present decision pays, in the order of LEDGER_ENTRIES */
  readonly paid: Float64Array
  /** [phases] streams that have met each phase and were not contained. */
  readonly footholds: number[]
}

function beginningAt({ siteStarts, firstTicks }: SiteOrder, site: number, from: number) {
  const [start, end] = [siteStarts[site], siteStarts[site + 1]]
  const tick = Math.max(start, from)
  const first = firstTicks.subarray(site * PHASES_MAX, (site + 1) * PHASES_MAX)
  const paid = new Float64Array(ENTRY_COUNT)
  return {
    start,
    end,
    tick,
    open: [],
    alerts: 0,
    paid,
    footholds: [0, ...Array.from(first, (own) => (own < tick ? 1 : 0))],
  }
}

/** A stream is met for the first time. */
function begin({ streams, table }: Game, position: number): void {
  const { streams: streamOf, threatBefore } = streams.order
  const stream = streamOf[position]
  if (table.hasBegun[stream] === 0) table.isCompromised[stream] = threatBefore[position]
  table.hasBegun[stream] = 1
}

function beginShift(game: Game): void {
  const { shift } = game.settings.spec
  if (shift > 0 && (game.tick - game.start) % shift === 0) game.alerts = 0
}

/** Verdicts that have fallen due: what they find was paid where it was decided (`lookAhead`), here it takes effect. */
function settle(game: Game): void {
  const { table, tick } = game
  while (game.open.length > 0 && table.due[game.open[0]] <= tick) {
    const stream = game.open.shift()!
    if (table.isOver[stream] === 1) leave(game, stream)
    else {
      table.clearedAt[stream] = table.due[stream]
      if (game.streams.ratios !== null) table.belief[stream] = 0
    }
    table.due[stream] = 0
  }
}

/** Whoever was in a stream that is contained has it no more. */
function leave({ table, footholds }: Game, stream: number): void {
  for (let phase = 1; phase <= PHASES_MAX; phase++) if ((table.phases[stream] >>> (phase - 1)) & 1) footholds[phase]--
  table.phases[stream] = 0
}

/** Whether an event of the recording still happens. */
function happens(game: Game, position: number): boolean {
  const { table, streams, footholds } = game
  const stream = streams.order.streams[position]
  if (table.isOver[stream] === 1) return false
  if (table.isStopped[stream] === 1 && streams.labels[streams.rows[position]] === 1) return false
  const needed = streams.order.needs[position]
  if (needed === 0 || footholds[needed] > 0) return true
  // Nothing is left to be found of what the ticket was opened for.
  dropTicket(game, stream)
  return false
}

function dropTicket(game: Game, stream: number): void {
  game.open = game.open.filter((own) => own !== stream)
  game.table.due[stream] = 0
}

/** An event comes: what is true now, and what is believed of it. */
function meet({ streams, table, tick, footholds }: Game, position: number): void {
  const { order, rows, labels, ratios } = streams
  const stream = order.streams[position]
  if (labels[rows[position]] === 1) table.isCompromised[stream] = 1
  const phase = order.phases[position]
  if (phase > 0 && ((table.phases[stream] >>> (phase - 1)) & 1) === 0) {
    table.phases[stream] |= 1 << (phase - 1)
    footholds[phase]++
  }
  table.belief[stream] = updated(streams, table.belief[stream], rows[position])
  if (table.clearedAt[stream] === 0) return
  table.sinceClear[stream] = 1
  if (table.clearedAt[stream] === tick && ratios !== null) table.belief[stream] = 0
  table.clearedAt[stream] = 0
}

/** The team acts on an event, again where a blocked intruder tries again. */
function decide(game: Game, position: number, policy: Policy, onStep?: (step: SiteStep) => void): void {
  const { streams, settings, table, walk } = game
  const { spec } = settings
  const stream = streams.order.streams[position]
  const row = streams.rows[position]
  const { paid } = game
  for (let retried = 0; ; retried++) {
    const view = viewOf(game, position, stream)
    const action = policy(view)
    walk.actions[position] = action
    paid.fill(0)
    const isFoiled = action === BLOCK && streams.labels[row] === 1
    const isRetried = isFoiled && spec.block === 'retry' && retried < RETRIES_MAX
    let isOver = action === QUARANTINE
    const isInside = table.isCompromised[stream] === 1 && table.isStopped[stream] === 0
    if (isInside && !isOver) table.dwell[stream]++
    if (isOver) {
      endByContainment(game, stream, { position, isCompromised: table.isCompromised[stream] === 1 }, paid)
      leave(game, stream)
      dropTicket(game, stream)
    } else {
      payAtOnce({ streams, settings }, { row }, action, paid)
      if (action === ALERT) openTicket(game, stream)
      table.age[stream]++
      if (table.sinceClear[stream] > 0) table.sinceClear[stream]++
      if (isFoiled && spec.block === 'fail-stop') table.isStopped[stream] = 1
      isOver = !isRetried && lookAhead(game, position, paid)
    }
    for (let entry = 0; entry < ENTRY_COUNT; entry++) walk.ledgers[stream * ENTRY_COUNT + entry] += paid[entry]
    if (onStep !== undefined) {
      const isFalselyContained = table.isFalselyContained[stream] === 1
      const watched = { isFalselyContained, dwell: table.dwell[stream], openTickets: game.open.length }
      onStep({ view, action, reward: returnOf(paid), isOver, ...watched })
    }
    if (!isRetried) return
  }
}

/** An alert counts whether or not it is heard; it is heard while the shift has alerts left and an analyst is free. */
function openTicket(game: Game, stream: number): void {
  const { table, tick, settings } = game
  const isHeard = hears(game) && table.due[stream] === 0
  game.alerts++
  if (!isHeard) return
  table.due[stream] = tick + settings.spec.analystDelay + 1
  game.open.push(stream)
}

function hears({ settings: { spec }, open, alerts }: Game): boolean {
  return open.length < spec.tickets && (spec.alertsPerShift === 0 || alerts < spec.alertsPerShift)
}

/**
 * What comes of a stream after a decision, up to its next event: its end, or a verdict. The event with which a verdict comes
 * counts, unless it hangs on an earlier phase: whether it will happen is not known yet.
 *
 * @returns whether the stream is over
 */
function lookAhead(game: Game, position: number, paid: Float64Array): boolean {
  const { streams, settings, table } = game
  const { order, rows, labels, streamStarts } = streams
  const stream = order.streams[position]
  const end = streamStarts[stream + 1]
  let next = position + 1
  while (table.isStopped[stream] === 1 && next < end && labels[rows[next]] === 1) next++
  if (next === end) {
    dropTicket(game, stream)
    table.isOver[stream] = 1
    return true
  }
  const due = table.due[stream]
  if (due === 0 || due > order.ticks[next]) return false
  const comesWith = due === order.ticks[next] && order.needs[next] === 0 && labels[rows[next]] === 1
  const isCompromised = table.isCompromised[stream] === 1 || comesWith
  const isRight = verdictUniform(settings.seed, rows[order.positions[due]]) < settings.spec.analystAccuracy
  if (isRight !== isCompromised) return false
  endByContainment(game, stream, { position: next, isCompromised }, paid)
  return true
}

/** A stream ends before the event at a position. */
function endByContainment(
  { streams, settings, table }: Game,
  stream: number,
  state: Parameters<typeof contain>[1],
  paid: Float64Array,
): void {
  contain({ streams, end: streams.streamStarts[stream + 1], settings }, state, paid)
  table.isOver[stream] = 1
  table.isFalselyContained[stream] = state.isCompromised ? 0 : 1
}

function viewOf(game: Game, position: number, stream: number): StreamView {
  const { streams, settings, table, tick, start, open, alerts } = game
  const { shift } = settings.spec
  const shiftLeft = shift === 0 ? 0 : shift - ((tick - start) % shift)
  const elsewhere = () => risksElsewhere(game, stream)
  const site: SiteView = { stream, openTickets: open.length, alerts, isHeard: hears(game), shiftLeft, elsewhere }
  return {
    position,
    row: streams.rows[position],
    age: table.age[stream],
    ticket: Math.max(0, table.due[stream] - tick),
    sinceClear: table.sinceClear[stream],
    belief: streams.ratios === null ? Number.NaN : table.belief[stream],
    site,
  }
}

/** The two highest beliefs of streams that have begun, go on and have no ticket open, but for one. */
function risksElsewhere({ streams, table, tick }: Game, besides: number): [number, number] {
  const { streamStarts, order } = streams
  let [first, second] = [0, 0]
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    if (stream === besides || table.hasBegun[stream] === 0 || table.isOver[stream] === 1) continue
    if (table.due[stream] !== 0 || order.ticks[streamStarts[stream + 1] - 1] <= tick) continue
    const belief = table.belief[stream]
    if (belief > first) [first, second] = [belief, first]
    else if (belief > second) second = belief
  }
  return [first, second]
}
