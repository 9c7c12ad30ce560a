import { SITE_STATE, SITE_STREAM, STREAM_STATE } from './blocks.ts'
import { type ResponseSpec, TICKETS_MAX } from './response-spec.ts'
import { PHASES_MAX } from './site-order.ts'

/** What lies behind a SITE_STATE, as in assembly/site.ts. */
const FOOTHOLDS = SITE_STATE.bytes
const TICKETS = FOOTHOLDS + 4 * (PHASES_MAX + 2)
const AHEAD = TICKETS + 4 * TICKETS_MAX
const TABLE = AHEAD + STREAM_STATE.bytes
const STREAM_BYTES = STREAM_STATE.bytes + SITE_STREAM.bytes

/** Bytes of the state of a site with so many streams at a time. */
export function siteStateBytes(slotCount: number): number {
  return TABLE + slotCount * STREAM_BYTES
}

/** Where the StreamState and the SiteStream of each place in the table lie. */
export function tablePlaces(slotCount: number): { readonly stream: number; readonly site: number }[] {
  return Array.from({ length: slotCount }, (_, slot) => {
    const stream = TABLE + slot * STREAM_BYTES
    return { stream, site: stream + STREAM_STATE.bytes }
  })
}

/**
 * What is wrong with the saved state of a site, by which WebAssembly would read or write elsewhere; null = nothing.
 *
 * @param state of `siteStateBytes` bytes
 */
export function faultOfSiteState(
  state: DataView,
  { response, rowCount }: { readonly response: ResponseSpec; readonly rowCount: number },
): string | null {
  const slotCount = (state.byteLength - TABLE) / STREAM_BYTES
  const { offsets } = SITE_STATE
  const field = (name: keyof typeof offsets) => state.getUint32(offsets[name], true)
  const [tick, start, end] = [field('tick'), field('start'), field('end')]
  if (!(start <= tick && tick < end && end <= rowCount)) {
    return `is at event ${tick} of a site that has those from ${start} to ${end}, of ${rowCount}`
  }
  const slot = field('slot')
  if (slot >= slotCount) return `is at place ${slot} of a table of ${slotCount}`
  const open = field('openTickets')
  if (open > response.tickets) return `has ${open} tickets open, but there are ${response.tickets}`
  for (let place = 0; place < open; place++) {
    const holder = state.getUint32(TICKETS + 4 * place, true)
    if (holder >= slotCount) return `has a ticket for place ${holder} of a table of ${slotCount}`
  }
  const due = tablePlaces(slotCount).map(({ site }) => state.getUint32(site + SITE_STREAM.offsets.due, true))
  const latest = due.find((tick) => tick > rowCount + response.analystDelay)
  return latest === undefined ? null : `waits for a verdict at event ${latest} of ${rowCount}`
}
