import type { ChangeModel } from '../optimum/change-model.ts'
import { policySolver } from '../optimum/optimal-policy.ts'
import { type SiteStreams, walkSites } from '../site/walk-sites.ts'
import { ALERT, BLOCK, type Policy, QUARANTINE, type ResponseSettings } from '../walk.ts'

/** Streams of a site, of those that take turns, from which on its end does not matter. */
const TURNS = 3

/** Prices of what the streams of a site share, and what no policy exceeds in expectation, whatever the prices are. */
export type LagrangianBound = {
  /** Mean return of a stream */
  readonly returnMean: number
  /** Of an open ticket, with every event of the site */
  readonly rent: number
  /** Of an alert, beside its cost; 0 without a budget of alerts */
  readonly alertPrice: number
}

/**
 * The Lagrangian bound of streams that share analysts (Hawkins 2003; Adelman and Mersereau 2008): that no more than Q tickets
 * are open is not required but priced, and so is the number of alerts in a shift. Then nothing ties the streams together, and
 * each is solved alone. With T events of the sites and K shifts,
 *
 *   bound(rent, price) = sum of V(rent, price) + rent Q T + price alertsPerShift K, least over rent, price >= 0
 *
 * The prices are chosen by expected returns. The bound is what the policies that are best at them come to on the same streams,
 * whose luck it then shares: another policy may return more by luck. It is an estimate of a bound in expectation: policies are
 * best on a grid of beliefs, and while `beside` streams take turns. Towards the end of a site there are fewer, so short sites have no
 * such bound.
 *
 * @param streams of the generator, with its own likelihood ratios
 * @param beside  streams that take turns, each event being any one's
 * @returns null where the optimum of a single stream is not known (`optimalPolicy`), or a site has fewer than `TURNS` times as
 *     many streams as take turns
 *
 * @example
 * lagrangianBound(streams, { spec, seed: 1 }, { ...QUICKEST, beside: 20 })?.returnMean
 *
 * @throws {VigilError} CHANGE_MODEL, STREAMS
 */
export function lagrangianBound(
  streams: SiteStreams,
  settings: ResponseSettings,
  model: ChangeModel & { readonly beside: number },
): LagrangianBound | null {
  const { spec } = settings
  const { tickets, alertsPerShift, analystDelay } = spec
  const streamCount = streams.streamStarts.length - 1
  const siteCount = streams.order.siteStarts.length - 1
  if (streamCount < TURNS * model.beside * siteCount) return null
  const solve = policySolver(spec, model, { actions: [BLOCK, QUARANTINE, ALERT], beside: model.beside })
  if (solve === null) return null
  const alertsInAll = alertsPerShift * shiftsOf(streams, spec.shift)
  const owed = (rent: number, price: number) => rent * tickets * streams.rows.length + price * alertsInAll
  const expected = (rent: number, alertPrice: number) =>
    solve({ rent, alertPrice, tolerance: TOLERANCE }).value * streamCount + owed(rent, alertPrice)
  // Any prices give a bound: it is enough to choose one after the other.
  const scale = 1 / (analystDelay + 1)
  let rent = lowest((own) => expected(own, 0), scale)
  const alertPrice = alertsPerShift === 0 ? 0 : lowest((own) => expected(rent, own), 1)
  if (alertPrice > 0) rent = lowest((own) => expected(own, alertPrice), scale)
  const { paid, ticketTime, alerts } = walkFreely(
    streams,
    settings,
    solve({ rent, alertPrice, tolerance: TOLERANCE }).policy,
  )
  const sum = paid - rent * ticketTime - alertPrice * alerts + owed(rent, alertPrice)
  return { returnMean: sum / streamCount, rent, alertPrice }
}

/** Shifts of all sites, those that the recording cuts short included. */
function shiftsOf({ order: { siteStarts } }: SiteStreams, shift: number): number {
  let shifts = 0
  for (let site = 0; site + 1 < siteStarts.length; site++)
    shifts += shift === 0 ? 1 : Math.ceil((siteStarts[site + 1] - siteStarts[site]) / shift)
  return shifts
}

/** Where there are analysts for everybody: what was paid, for how many events tickets were open, and how many were opened. */
function walkFreely(streams: SiteStreams, { spec, seed }: ResponseSettings, policy: Policy) {
  const free = { spec: { ...spec, tickets: Number.POSITIVE_INFINITY, alertsPerShift: 0 }, seed }
  const { order, streamStarts } = streams
  /** [streams] 1 + tick of the alert, 0 = no ticket is open */
  const opened = new Uint32Array(streamStarts.length - 1)
  let [paid, ticketTime, alerts] = [0, 0, 0]
  walkSites(streams, free, policy, ({ view: { position, ticket, site }, action, reward, isOver }) => {
    const stream = site!.stream
    const tick = order.ticks[position]
    paid += reward
    if (opened[stream] > 0 && ticket === 0) {
      ticketTime += spec.analystDelay + 1
      opened[stream] = 0
    }
    if (action === ALERT && opened[stream] === 0) {
      alerts++
      opened[stream] = 1 + tick
    }
    if (!isOver || opened[stream] === 0) return
    // The team or the recording's end drops the ticket; what else ends a stream is its verdict.
    const isDropped = action === QUARANTINE || position === streamStarts[stream + 1] - 1
    ticketTime += isDropped ? tick + 1 - opened[stream] : spec.analystDelay + 1
  })
  return { paid, ticketTime, alerts }
}

const GOLDEN = (Math.sqrt(5) - 1) / 2
const NARROWINGS = 8

/** Of values, in reward units: far below what prices between two narrowings differ by. */
const TOLERANCE = 1e-6

/** Where a convex function of a price is least, by golden sections, from 0 on. @param scale of the price */
function lowest(value: (price: number) => number, scale: number): number {
  let high = scale
  for (let at = value(high), above = value(2 * high); above < at; at = above, above = value(2 * high)) high *= 2
  high *= 2
  let low = 0
  let [left, right] = [high * (1 - GOLDEN), high * GOLDEN]
  let [atLeft, atRight] = [value(left), value(right)]
  for (let narrowing = 0; narrowing < NARROWINGS; narrowing++) {
    if (atLeft <= atRight) {
      ;[high, right, atRight] = [right, left, atLeft]
      left = low + (high - low) * (1 - GOLDEN)
      atLeft = value(left)
    } else {
      ;[low, left, atLeft] = [left, right, atRight]
      right = low + (high - low) * GOLDEN
      atRight = value(right)
    }
  }
  const found = (low + high) / 2
  return value(0) <= value(found) ? 0 : found
}
