import { RETRIES_MAX, type ResponseSpec } from '@vigil/env-wasm'
import { assertStreams, type Streams } from '../streams.ts'
import { type ResponseSettings, verdictUniform } from '../walk.ts'

/**
 * The best return of each stream in hindsight: all labels and verdicts are known. No policy does better on any stream, also not
 * where streams share analysts: in hindsight a quarantine does what an alert would bring. Exact where they do not, by dynamic
 * programming from the last event to the first over the open ticket and over what a blocked intruder does.
 *
 * Costs of a stream: its length times the analyst's delay, or times its length where that is less.
 *
 * @returns [streams] in reward units
 *
 * @example
 * const { returns } = walkAll(streams, settings, policy)
 * const regret = clairvoyantReturns(streams, settings).map((best, stream) => best - returns[stream])
 *
 * @throws {VigilError} STREAMS
 */
export function clairvoyantReturns(streams: Streams, settings: ResponseSettings): Float64Array {
  assertStreams(streams)
  return Float64Array.from({ length: streams.streamStarts.length - 1 }, (_, stream) =>
    bestReturn(streams, stream, settings),
  )
}

/** An event of which all is known, and the best returns from it on. */
type KnownEvent = {
  readonly isThreat: boolean
  readonly multiplier: number
  /** Reward of a containment before this event */
  readonly contained: number
  /** Whether a verdict that comes with this event finds a threat, whatever happened before */
  readonly isFound: boolean
  /**
   * [modes, tickets] best returns. A mode is what a blocked intruder did: 0; under `fail-stop` 1 = gave up; under `retry` how
   * often the event has come again.
   */
  readonly best: Float64Array
}

function bestReturn(streams: Streams, stream: number, settings: ResponseSettings): number {
  const [start, end] = [streams.streamStarts[stream], streams.streamStarts[stream + 1]]
  const { spec } = settings
  // A verdict that takes longer than the stream never comes.
  const ticketCount = Math.min(spec.analystDelay, end - start) + 1
  const modeCount = { 'fail-soft': 1, 'fail-stop': 2, retry: RETRIES_MAX + 1 }[spec.block]
  const compromisedFrom = firstThreat(streams, start, end, () => true)
  const certainFrom = firstThreat(streams, start, end, (position) => !isConditional(streams, position))
  let benignLeft = 0
  let [next, nextBenign]: (KnownEvent | null)[] = [null, null]
  for (let position = end - 1; position >= start; position--) {
    if (streams.labels[streams.rows[position]] === 0) benignLeft++
    const best = new Float64Array(modeCount * ticketCount)
    const event = knownEvent(streams, position, settings, {
      isCompromised: position >= compromisedFrom,
      isCertain: position < compromisedFrom || position >= certainFrom,
      benignLeft,
      best,
    })
    for (let mode = modeCount - 1; mode >= 0; mode--) {
      const [passed, blocked] = [false, true].map((isFoiled): Continuation => {
        const isRetried = isFoiled && spec.block === 'retry' && mode < RETRIES_MAX
        const hasGivenUp = spec.block === 'fail-stop' && (isFoiled || mode === 1)
        if (isRetried) return { event, from: (mode + 1) * ticketCount }
        return hasGivenUp ? { event: nextBenign, from: ticketCount } : { event: next, from: 0 }
      })
      improve(spec, event, mode * ticketCount, ticketCount, { passed, blocked: event.isThreat ? blocked : passed })
    }
    // What hangs on an earlier phase may be cut off at another stream of the site, for nothing.
    if (isConditional(streams, position)) {
      for (let ticket = 0; ticket < ticketCount; ticket++) best[ticket] = Math.max(best[ticket], next?.best[0] ?? 0)
    }
    next = event
    if (!event.isThreat) nextBenign = event
  }
  return next === null ? 0 : next.best[0]
}

function knownEvent(
  { rows, labels, damage }: Streams,
  position: number,
  { spec, seed }: ResponseSettings,
  known: {
    readonly isCompromised: boolean
    readonly isCertain: boolean
    readonly benignLeft: number
    readonly best: Float64Array
  },
): KnownEvent {
  const row = rows[position]
  const isRight = verdictUniform(seed, row) < spec.analystAccuracy
  const falsely = spec.falseContainment + spec.cutOffBenign * known.benignLeft
  return {
    isThreat: labels[row] === 1,
    multiplier: damage === null ? 1 : damage[row],
    contained: -spec.containment - (known.isCompromised ? 0 : falsely),
    isFound: isRight === known.isCompromised && known.isCertain,
    best: known.best,
  }
}

/** The event that comes next, if one does, and where its returns begin in `best`. */
type Continuation = { readonly event: KnownEvent | null; readonly from: number }

/** Best return from the next event on. @param opened the ticket before its countdown */
function whatFollows({ event, from }: Continuation, opened: number): number {
  if (event === null) return 0
  if (opened === 1 && event.isFound) return event.contained
  return event.best[from + (opened === 0 ? 0 : opened - 1)]
}

/** Fills the best returns of an event in one mode, for every ticket. */
function improve(
  spec: ResponseSpec,
  { isThreat, multiplier, contained, best }: KnownEvent,
  from: number,
  ticketCount: number,
  { passed, blocked }: { readonly passed: Continuation; readonly blocked: Continuation },
): void {
  const dwell = isThreat ? multiplier * spec.dwell : 0
  const allow = isThreat ? -multiplier * spec.damage - dwell : spec.allowedBenign
  const block = isThreat ? -dwell : -spec.blockedBenign
  for (let ticket = 0; ticket < ticketCount; ticket++) {
    const opened = ticket === 0 ? ticketCount : ticket
    best[from + ticket] = Math.max(
      contained,
      allow + whatFollows(passed, ticket),
      block + whatFollows(blocked, ticket),
      allow - spec.alertCost + whatFollows(passed, opened),
    )
  }
}

/** Position of the first threat of a kind, `end` where there is none. */
function firstThreat(
  { rows, labels }: Streams,
  start: number,
  end: number,
  isOne: (position: number) => boolean,
): number {
  for (let position = start; position < end; position++)
    if (labels[rows[position]] === 1 && isOne(position)) return position
  return end
}

/** Whether an event happens only while a stream of its site is left that saw an earlier phase. */
function isConditional({ order }: Streams, position: number): boolean {
  return order !== undefined && order.needs[position] > 0
}
