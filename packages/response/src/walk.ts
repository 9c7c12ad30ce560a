import { CUT_OFF, type LedgerEntry, RETRIES_MAX, type ResponseSpec } from '@vigil/env-wasm'
import { philox, randomStream } from '@vigil/random'
import { responseError } from './errors.ts'
import { assertStreams, type Streams } from './streams.ts'

/**
 * The environment `respond`, as a definition: one stream, one policy, step by step. packages/env-wasm has the same in
 * AssemblyScript, walk-all.ts the same without allocations; property tests hold the three together.
 *
 * Events are exogenous. What actions change is which of them still happen, the ticket, the all-clear and the ledger.
 */

export const ALLOW = 0
export const BLOCK = 1
export const QUARANTINE = 2
export const ALERT = 3

/** Places in a ledger, in the order of LEDGER_ENTRIES. */
export const ENTRY = {
  allowedBenign: 0,
  damage: 1,
  dwell: 2,
  blockedBenign: 3,
  containment: 4,
  falseContainment: 5,
  cutOffBenign: 6,
  alerts: 7,
} as const satisfies Readonly<Record<LedgerEntry, number>>

/** Entries of a ledger. */
export const ENTRY_COUNT = 8

/** What happens, beside the recording: costs, and the seed of the analyst's verdicts. */
export type ResponseSettings = { readonly spec: ResponseSpec; readonly seed: number }

/** What a policy may know when it decides. The event itself is the dataset's `row`. */
export type StreamView = {
  /** Place of the event in the split */
  readonly position: number
  readonly row: number
  /** Decisions on the stream so far: an event that comes again under `retry` counts again */
  readonly age: number
  /** 0 = no ticket is open, else events to be decided before the verdict */
  readonly ticket: number
  /** 0 = never cleared, 1 at the event with which the all-clear came */
  readonly sinceClear: number
  /** P(hostile | ratios so far, all-clears), NaN where the recording has no ratios */
  readonly belief: number
  /** What is known of the site, in layout `site` alone */
  readonly site?: SiteView
}

/** What streams of a site share, as it is when an event is decided. */
export type SiteView = {
  /** Number of the event's stream in its part of the split */
  readonly stream: number
  /** Tickets that are open, those of other streams included */
  readonly openTickets: number
  /** Alerts of the shift so far */
  readonly alerts: number
  /** Whether an alert would open a ticket, unless one of the stream is open */
  readonly isHeard: boolean
  /** Events of the site left in the shift, the present one included; 0 where there are no shifts */
  readonly shiftLeft: number
  /** The two highest beliefs of other streams that go on and have no ticket open, 0 where there are fewer */
  elsewhere(): [number, number]
}

/** Number of an action: 0 allow, 1 block, 2 quarantine, 3 alert. */
export type Policy = (view: StreamView) => number

/** A decision and what came of it; the reward holds the verdict that followed. */
export type WalkStep = { readonly view: StreamView; readonly action: number; readonly reward: number }

export type Walk = {
  /** [8] sums as they add to the return, in the order of LEDGER_ENTRIES */
  readonly ledger: Float64Array
  /** Events decided, and events that never happened: together the stream's length */
  readonly decided: number
  readonly cutOff: number
  /** [length] the last action on each event of the stream, CUT_OFF where there was none */
  readonly actions: Uint8Array
  readonly steps: readonly WalkStep[]
}

type State = StreamView & {
  /** Whether an event up to the present one was a threat */
  readonly isCompromised: boolean
  /** Whether a blocked intruder gave up */
  readonly isStopped: boolean
  /** Times that the present event has come again */
  readonly retried: number
}

/**
 * Walks one stream from its first event until it ends or is contained.
 *
 * @example
 * const walked = walk(streams, 0, { spec: DEFAULT_RESPONSE, seed: 1 }, (view) => (view.belief > 0.7 ? 2 : 0))
 * returnOf(walked.ledger) // in reward units
 *
 * @throws {VigilError} STREAMS, ACTION
 */
export function walk(streams: Streams, stream: number, settings: ResponseSettings, policy: Policy): Walk {
  assertStreams(streams)
  const [start, end] = [streams.streamStarts[stream], streams.streamStarts[stream + 1]]
  const recording: Recording = { streams, end, settings }
  const ledger = new Float64Array(ENTRY_COUNT)
  const actions = new Uint8Array(end - start).fill(CUT_OFF)
  const steps: WalkStep[] = []
  let state = start < end ? meet(recording, BEFORE, start) : null
  while (state !== null) {
    const view = viewOf(state)
    const action = policy(view)
    const { paid, next } = step(recording, state, action)
    actions[view.position - start] = action
    for (let entry = 0; entry < ENTRY_COUNT; entry++) ledger[entry] += paid[entry]
    steps.push({ view, action, reward: returnOf(paid) })
    state = next
  }
  const cutOff = actions.filter((action) => action === CUT_OFF).length
  return { ledger, decided: actions.length - cutOff, cutOff, actions, steps }
}

/** The return is the sum of the ledger, in its order. */
export function returnOf(ledger: Float64Array): number {
  return ledger.reduce((sum, entry) => sum + entry, 0)
}

/** A stream up to `end`, and what decisions on it cost. */
export type Recording = { readonly streams: Streams; readonly end: number; readonly settings: ResponseSettings }

const BEFORE: State = {
  position: -1,
  row: -1,
  age: 0,
  ticket: 0,
  sinceClear: 0,
  belief: 0,
  isCompromised: false,
  isStopped: false,
  retried: 0,
}

/** One decision: what it pays, and the state in which the next event is met; null where the stream is over. */
function step(recording: Recording, state: State, action: number): { paid: Float64Array; next: State | null } {
  const { streams, end, settings } = recording
  const { spec } = settings
  const paid = new Float64Array(ENTRY_COUNT)
  if (action === QUARANTINE) {
    contain(recording, state, paid)
    return { paid, next: null }
  }
  payAtOnce(recording, state, action, paid)
  const isFoiled = action === BLOCK && streams.labels[state.row] === 1
  const isRetried = isFoiled && spec.block === 'retry' && state.retried < RETRIES_MAX
  const isStopped = state.isStopped || (isFoiled && spec.block === 'fail-stop')
  let position = isRetried ? state.position : state.position + 1
  while (isStopped && position < end && streams.labels[streams.rows[position]] === 1) position++
  if (position >= end) return { paid, next: null }

  const opened = action === ALERT && state.ticket === 0 ? spec.analystDelay + 1 : state.ticket
  const decided: State = {
    ...state,
    age: state.age + 1,
    ticket: Math.max(0, opened - 1),
    sinceClear: state.sinceClear === 0 ? 0 : state.sinceClear + 1,
    isStopped,
    retried: isRetried ? state.retried + 1 : 0,
  }
  const met = meet(recording, decided, position)
  const hasVerdict = opened === 1
  if (!hasVerdict) return { paid, next: met }
  if (saysHostile(settings, met)) {
    contain(recording, met, paid)
    return { paid, next: null }
  }
  return { paid, next: { ...met, sinceClear: 1, belief: streams.ratios === null ? Number.NaN : 0 } }
}

/** An event comes: what is true now, and what is believed of it. */
function meet({ streams }: Recording, state: State, position: number): State {
  const row = streams.rows[position]
  const isCompromised = state.isCompromised || streams.labels[row] === 1
  return { ...state, position, row, isCompromised, belief: updated(streams, state.belief, row) }
}

/** The filter of a two-state chain with an absorbing hostile state (Shiryaev 1963); without hazard the event alone. */
export function updated({ ratios, hazard }: Streams, belief: number, row: number): number {
  if (ratios === null) return Number.NaN
  const prior = hazard === 0 ? 0.5 : belief + (1 - belief) * hazard
  const hostile = prior * ratios[row]
  return hostile / (hostile + (1 - prior))
}

/** What allow, block and alert pay for the present event. */
export function payAtOnce(
  { streams, settings }: Omit<Recording, 'end'>,
  { row }: Pick<State, 'row'>,
  action: number,
  paid: Float64Array,
): void {
  const { spec } = settings
  const multiplier = streams.damage === null ? 1 : streams.damage[row]
  const isThreat = streams.labels[row] === 1
  switch (action) {
    case ALLOW:
    case ALERT:
      if (isThreat) paid[ENTRY.damage] -= multiplier * spec.damage
      else paid[ENTRY.allowedBenign] += spec.allowedBenign
      if (action === ALERT) paid[ENTRY.alerts] -= spec.alertCost
      break
    case BLOCK:
      if (!isThreat) paid[ENTRY.blockedBenign] -= spec.blockedBenign
      break
    default:
      throw notAnAction(action)
  }
  if (isThreat) paid[ENTRY.dwell] -= multiplier * spec.dwell
}

export function notAnAction(action: number) {
  return responseError('ACTION', {
    field: 'action',
    requirement: 'must be 0 (allow), 1 (block), 2 (quarantine) or 3 (alert)',
    received: String(action),
    remedy: 'Mend the policy',
  })
}

/** The stream ends before the present event happens. */
export function contain(
  { streams, end, settings }: Recording,
  state: Pick<State, 'position' | 'isCompromised'>,
  paid: Float64Array,
): void {
  const { containment, falseContainment, cutOffBenign } = settings.spec
  paid[ENTRY.containment] -= containment
  if (state.isCompromised) return
  let benignLeft = 0
  for (let position = state.position; position < end; position++)
    if (streams.labels[streams.rows[position]] === 0) benignLeft++
  paid[ENTRY.falseContainment] -= falseContainment
  paid[ENTRY.cutOffBenign] -= cutOffBenign * benignLeft
}

/** What the analyst says of the stream. The draw is the row's, so policies are compared on the same verdicts. */
function saysHostile({ spec, seed }: ResponseSettings, { row, isCompromised }: State): boolean {
  const isRight = verdictUniform(seed, row) < spec.analystAccuracy
  return isRight ? isCompromised : !isCompromised
}

const WORDS = new Uint32Array(4)

/** What the counters of the purpose `environment` draw: 0 and 1 are env-wasm's rows and streams. */
const DRAW_VERDICT = 2

/** The uniform number, of 24 bits, that decides whether the verdict which comes with a row is right. */
export function verdictUniform(seed: number, row: number): number {
  const { stream } = randomStream(seed, 'environment')
  philox([seed, stream], [row, 0, 0, DRAW_VERDICT], WORDS)
  return (WORDS[0] >>> 8) / 2 ** 24
}

function viewOf({ position, row, age, ticket, sinceClear, belief }: State): StreamView {
  return { position, row, age, ticket, sinceClear, belief }
}
