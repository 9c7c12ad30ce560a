import { CUT_OFF, RETRIES_MAX } from '@vigil/env-wasm'
import { type SiteWalk, walkSites } from './site/walk-sites.ts'
import { assertStreams, hasThreat, type Streams } from './streams.ts'
import {
  ALERT,
  ALLOW,
  BLOCK,
  ENTRY,
  ENTRY_COUNT,
  notAnAction,
  type Policy,
  QUARANTINE,
  type ResponseSettings,
  type StreamView,
  verdictUniform,
} from './walk.ts'

/** What a policy comes to on every stream. */
export type WalkTotals = {
  /** [streams] return of each stream */
  readonly returns: Float64Array
  /** [8] sums over all streams, in the order of LEDGER_ENTRIES */
  readonly ledger: Float64Array
  /** [4] events by the last action on each */
  readonly actions: Uint32Array
  /** Streams that were contained before any threat, and of those the ones that have none at all */
  readonly falselyContained: number
  readonly benignContained: number
  /** Events decided, and events that never happened */
  readonly decided: number
  readonly cutOff: number
}

/**
 * Walks all streams, as walk.ts does, without allocations: tuning walks thousands of times.
 *
 * @param policy gets one view that is written anew for each decision: it must not keep it. Streams come in order, each from
 *               its first event (age 0); with an order in time all streams of a site come beside each other.
 *
 * @example
 * const { returns } = walkAll(streams, { spec: DEFAULT_RESPONSE, seed: 1 }, () => 0)
 *
 * @throws {VigilError} STREAMS, ACTION
 */
export function walkAll(streams: Streams, settings: ResponseSettings, policy: Policy): WalkTotals {
  assertStreams(streams)
  const { order } = streams
  if (order !== undefined) return totalsOf(streams, walkSites({ ...streams, order }, settings, policy))
  const streamCount = streams.streamStarts.length - 1
  const returns = new Float64Array(streamCount)
  const counts = { falselyContained: 0, benignContained: 0 }
  const totals = { ledger: new Float64Array(ENTRY_COUNT), actions: new Uint32Array(4), ...counts }
  const view = { position: 0, row: 0, age: 0, ticket: 0, sinceClear: 0, belief: Number.NaN }
  for (let stream = 0; stream < streamCount; stream++)
    returns[stream] = walkStream(streams, stream, settings, policy, view, totals)
  const decided = totals.actions.reduce((sum, count) => sum + count, 0)
  return { returns, ...totals, decided, cutOff: streams.rows.length - decided }
}

function totalsOf(streams: Streams, { ledgers, actions, areFalselyContained }: SiteWalk): WalkTotals {
  const returns = new Float64Array(ledgers.length / ENTRY_COUNT)
  const ledger = new Float64Array(ENTRY_COUNT)
  for (const [i, entry] of ledgers.entries()) {
    returns[Math.floor(i / ENTRY_COUNT)] += entry
    ledger[i % ENTRY_COUNT] += entry
  }
  const counts = new Uint32Array(4)
  let cutOff = 0
  for (const action of actions) {
    if (action === CUT_OFF) cutOff++
    else counts[action]++
  }
  const falselyContained = areFalselyContained.reduce((sum, is) => sum + is, 0)
  const benignContained = areFalselyContained.reduce(
    (sum, is, stream) => sum + (is === 1 && !hasThreat(streams, stream) ? 1 : 0),
    0,
  )
  const contained = { falselyContained, benignContained }
  return { returns, ledger, actions: counts, ...contained, decided: actions.length - cutOff, cutOff }
}

type MutableView = { -readonly [Key in keyof StreamView]: StreamView[Key] }

/** Sums that grow from stream to stream. */
type Totals = Pick<WalkTotals, 'ledger' | 'actions'> & { falselyContained: number; benignContained: number }

/** Return of one stream; its entries and actions are added to the totals. */
function walkStream(
  streams: Streams,
  stream: number,
  settings: ResponseSettings,
  policy: Policy,
  view: MutableView,
  totals: Totals,
): number {
  const { ledger, actions } = totals
  const { rows, labels, ratios, hazard, damage } = streams
  const { spec } = settings
  const end = streams.streamStarts[stream + 1]
  let position = streams.streamStarts[stream]
  let [isCompromised, isStopped, retried, total, belief] = [false, false, 0, 0, 0]
  view.age = view.ticket = view.sinceClear = 0
  let hasVerdict = false
  while (position < end) {
    const row = rows[position]
    const isThreat = labels[row] === 1
    isCompromised ||= isThreat
    if (ratios !== null) {
      const prior = hazard === 0 ? 0.5 : belief + (1 - belief) * hazard
      const hostile = prior * ratios[row]
      belief = hostile / (hostile + (1 - prior))
    }
    if (hasVerdict) {
      const isRight = spec.analystAccuracy >= 1 || verdictUniform(settings.seed, row) < spec.analystAccuracy
      if (isRight === isCompromised) return total + contain(streams, position, end, isCompromised, settings, totals)
      view.sinceClear = 1
      belief = 0
    }
    view.position = position
    view.row = row
    view.belief = ratios === null ? Number.NaN : belief
    const action = policy(view)
    if (retried > 0) actions[BLOCK]--
    actions[action]++
    if (action === QUARANTINE) return total + contain(streams, position, end, isCompromised, settings, totals)
    total += payAtOnce(isThreat, isThreat && damage !== null ? damage[row] : 1, action, settings, ledger)
    const opened = action === ALERT && view.ticket === 0 ? spec.analystDelay + 1 : view.ticket
    hasVerdict = opened === 1
    view.ticket = opened === 0 ? 0 : opened - 1
    view.age++
    if (view.sinceClear > 0) view.sinceClear++
    const isFoiled = action === BLOCK && isThreat
    if (isFoiled && spec.block === 'retry' && retried < RETRIES_MAX) {
      retried++
      continue
    }
    retried = 0
    isStopped ||= isFoiled && spec.block === 'fail-stop'
    position++
    while (isStopped && position < end && labels[rows[position]] === 1) position++
  }
  return total
}

/** What allow, block and alert pay for an event. */
function payAtOnce(
  isThreat: boolean,
  multiplier: number,
  action: number,
  { spec }: ResponseSettings,
  ledger: Float64Array,
): number {
  if (action !== ALLOW && action !== BLOCK && action !== ALERT) throw notAnAction(action)
  let reward = 0
  if (isThreat) {
    ledger[ENTRY.dwell] -= multiplier * spec.dwell
    reward -= multiplier * spec.dwell
    if (action !== BLOCK) {
      ledger[ENTRY.damage] -= multiplier * spec.damage
      reward -= multiplier * spec.damage
    }
  } else if (action === BLOCK) {
    ledger[ENTRY.blockedBenign] -= spec.blockedBenign
    reward -= spec.blockedBenign
  } else {
    ledger[ENTRY.allowedBenign] += spec.allowedBenign
    reward += spec.allowedBenign
  }
  if (action !== ALERT) return reward
  ledger[ENTRY.alerts] -= spec.alertCost
  return reward - spec.alertCost
}

/** What ends a stream before the event at a position happens. */
function contain(
  { rows, labels }: Streams,
  position: number,
  end: number,
  isCompromised: boolean,
  { spec }: ResponseSettings,
  totals: Totals,
): number {
  const { ledger } = totals
  ledger[ENTRY.containment] -= spec.containment
  if (isCompromised) return -spec.containment
  totals.falselyContained++
  let benignLeft = 0
  for (let later = position; later < end; later++) benignLeft += 1 - labels[rows[later]]
  if (benignLeft === end - position) totals.benignContained++
  ledger[ENTRY.falseContainment] -= spec.falseContainment
  ledger[ENTRY.cutOffBenign] -= spec.cutOffBenign * benignLeft
  return -spec.containment - spec.falseContainment - spec.cutOffBenign * benignLeft
}
