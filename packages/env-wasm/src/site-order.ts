import { environmentError } from './errors.ts'

/** When and where the rows of a dataset happened, beside their streams. */
export type Timeline = {
  /** [N] rank of each row in time over the whole set */
  readonly ranks: Uint32Array
  /** [N] site of each row: a site has its own analysts, and its own clock */
  readonly sites: Uint32Array
  /** [N] phase of the attack that a row belongs to, from 1 in their order; 0 = none. null = nobody knows the order. */
  readonly phases: Uint8Array | null
}

/** Phases that an order may have: a stream remembers in 32 bits which of them it has seen. */
export const PHASES_MAX = 32

/**
 * The events of one part of a split in the order in which they happened, site after site. A tick is a place in that order, a
 * position is one in the split, where streams lie one after another.
 */
export type SiteOrder = {
  /** [n] position by tick, and tick by position */
  readonly positions: Uint32Array
  readonly ticks: Uint32Array
  /** [sites + 1] first tick of each site */
  readonly siteStarts: Uint32Array
  /** [n] stream by position */
  readonly streams: Uint32Array
  /** [streams] place in a lane's table; streams that share one do not overlap in time */
  readonly slots: Uint32Array
  readonly slotCount: number
  /** [n] phase by position, 0 = none */
  readonly phases: Uint8Array
  /**
   * [n] the phase that an event hangs on, by position, 0 = none: the latest one before its own in the order of phases that the
   * recording shows earlier at the same site. Where no stream that has seen it is left, the event does not happen.
   */
  readonly needs: Uint8Array
  /** [sites, PHASES_MAX] tick of the first event of each phase, the number of ticks where there is none */
  readonly firstTicks: Uint32Array
  /** [n] 1 = an earlier event of the stream is a threat, by position */
  readonly threatBefore: Uint8Array
}

type Part = { readonly rows: Uint32Array; readonly streamStarts: Uint32Array }

/**
 * Puts one part of a split in order.
 *
 * @param labels [N] 1 = threat
 * @example
 * siteOrderOf(dataset.splits.train, dataset.timeline, dataset.labels).slotCount // most streams at a time
 * @throws {VigilError} SITES where a stream is at two sites, or there are more than PHASES_MAX phases
 */
export function siteOrderOf(part: Part, timeline: Timeline, labels: Uint8Array): SiteOrder {
  const { rows, streamStarts } = part
  const { ranks, sites } = timeline
  const streams = streamsByPosition(part)
  const positions = Uint32Array.from(rows.keys()).sort((a, b) => {
    const [own, other] = [rows[a], rows[b]]
    return sites[own] - sites[other] || ranks[own] - ranks[other]
  })
  const ticks = new Uint32Array(rows.length)
  const starts: number[] = []
  for (const [tick, position] of positions.entries()) {
    ticks[position] = tick
    if (tick === 0 || sites[rows[position]] !== sites[rows[positions[tick - 1]]]) starts.push(tick)
  }
  for (let position = 1; position < rows.length; position++) {
    const isSameStream = streams[position] === streams[position - 1]
    if (isSameStream && sites[rows[position]] !== sites[rows[position - 1]]) throw atTwoSites(rows[position])
  }
  const siteStarts = Uint32Array.of(...starts, rows.length)
  const { slots, slotCount } = slotsOf(streamStarts, ticks, positions, streams)
  const phases = Uint8Array.from(rows, (row) => (labels[row] === 1 ? (timeline.phases?.[row] ?? 0) : 0))
  if (phases.some((phase) => phase > PHASES_MAX))
    throw tooManyPhases(phases.reduce((most, phase) => Math.max(most, phase), 0))
  const { needs, firstTicks } = preconditions(phases, positions, siteStarts)
  const threatBefore = new Uint8Array(rows.length)
  for (let position = 1; position < rows.length; position++) {
    if (streams[position] !== streams[position - 1]) continue
    threatBefore[position] = threatBefore[position - 1] | labels[rows[position - 1]]
  }
  return { positions, ticks, siteStarts, streams, slots, slotCount, phases, needs, firstTicks, threatBefore }
}

function streamsByPosition({ rows, streamStarts }: Part): Uint32Array {
  const streams = new Uint32Array(rows.length)
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    streams.fill(stream, streamStarts[stream], streamStarts[stream + 1])
  }
  return streams
}

/** A stream takes the lowest place that is free at its first event, and leaves it after its last. */
function slotsOf(streamStarts: Uint32Array, ticks: Uint32Array, positions: Uint32Array, streams: Uint32Array) {
  const slots = new Uint32Array(streamStarts.length - 1)
  const taken: boolean[] = []
  for (const [tick, position] of positions.entries()) {
    const stream = streams[position]
    if (ticks[streamStarts[stream]] === tick) {
      const free = taken.indexOf(false)
      slots[stream] = free < 0 ? taken.length : free
      taken[slots[stream]] = true
    }
    if (ticks[streamStarts[stream + 1] - 1] === tick) taken[slots[stream]] = false
  }
  return { slots, slotCount: taken.length }
}

function preconditions(phases: Uint8Array, positions: Uint32Array, siteStarts: Uint32Array) {
  const needs = new Uint8Array(phases.length)
  const firstTicks = new Uint32Array((siteStarts.length - 1) * PHASES_MAX).fill(phases.length)
  for (let site = 0; site + 1 < siteStarts.length; site++) {
    const first = firstTicks.subarray(site * PHASES_MAX, (site + 1) * PHASES_MAX)
    for (let tick = siteStarts[site]; tick < siteStarts[site + 1]; tick++) {
      const position = positions[tick]
      const phase = phases[position]
      if (phase === 0) continue
      let earlier = phase - 1
      while (earlier > 0 && first[earlier - 1] >= tick) earlier--
      needs[position] = earlier
      first[phase - 1] = Math.min(first[phase - 1], tick)
    }
  }
  return { needs, firstTicks }
}

function tooManyPhases(count: number) {
  return environmentError(
    'SITES',
    `A site knows ${PHASES_MAX} phases of an attack, but there are ${count}. Join some in "threats.order".`,
  )
}

function atTwoSites(row: number) {
  return environmentError(
    'SITES',
    `The stream of row ${row} is at two sites. Name a column for "site" that is the same for all events of a stream.`,
  )
}
