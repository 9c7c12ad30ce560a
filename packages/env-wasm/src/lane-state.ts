import { faultOfState } from '@vigil/stl'
import { LANE, STREAM_STATE, WATCH_RECORD } from './blocks.ts'
import { type Constraints, WINDOW_COUNTS } from './constraints.ts'
import { contextSize, type EnvironmentSpec } from './environment-spec.ts'
import { environmentError } from './errors.ts'
import { RETRIES_MAX, type ResponseSpec } from './response-spec.ts'
import { faultOfSiteState, tablePlaces } from './site-state.ts'

/** What saved states must belong to. */
export type SavedLanes = {
  readonly laneCount: number
  readonly environment: EnvironmentSpec
  readonly constraints: Constraints
  /** rows of the split that the lanes walk */
  readonly rowCount: number
  /** streams of a site at a time, in layout `site` */
  readonly slotCount?: number
}

/**
 * Checks lane states that come from a file before the environment walks by them: WebAssembly would read and write whatever
 * lies at a wrong position.
 *
 * @param state [laneCount] records, read only
 * @throws {VigilError} LANE_STATE
 */
export function assertLaneStates(state: Uint8Array, run: SavedLanes): void {
  const { laneBytes } = run.constraints
  const bytes = run.laneCount * laneBytes
  if (state.byteLength !== bytes) {
    throw environmentError(
      'LANE_STATE',
      `The saved lane states hold ${state.byteLength} bytes, but this run's lanes need ${bytes}. They belong to another configuration.`,
    )
  }
  for (let lane = 0; lane < run.laneCount; lane++) {
    // A copy, so that its numbers are aligned.
    const record = state.slice(lane * laneBytes, (lane + 1) * laneBytes)
    const fault =
      faultOfPosition(record, run) ??
      faultOfWatch(record, run) ??
      faultOfStream(record, run) ??
      faultOfContext(record, run)
    if (fault === null) continue
    const message = `The saved state of lane ${lane} ${fault}. The file is damaged or belongs to another dataset.`
    throw environmentError('LANE_STATE', message)
  }
}

function faultOfPosition(record: Uint8Array, { environment, rowCount }: SavedLanes): string | null {
  const view = new DataView(record.buffer)
  const position = view.getUint32(LANE.offsets.position, true)
  const streamEnd = view.getUint32(LANE.offsets.streamEnd, true)
  const inStream = environment.mode === 'iid' || (position < streamEnd && streamEnd <= rowCount)
  if (position < rowCount && inStream) return null
  return `is at row ${position} of a stream that ends at ${streamEnd}, but the split has ${rowCount} rows`
}

function faultOfContext(record: Uint8Array, { environment, constraints }: SavedLanes): string | null {
  const at = LANE.bytes + constraints.watchBytes + constraints.stateBytes
  const context = new Float32Array(record.buffer, at, contextSize(environment))
  const [lowest, highest] = environment.response === null ? [0, 1] : [-STATE_INPUT_MAX, STATE_INPUT_MAX]
  const value = context.find((value) => !(value >= lowest && value <= highest))
  return value === undefined ? null : `has context ${value}, but one lies from ${lowest} to ${highest}`
}

/** What the state of a stream shows is never larger (showState in assembly/response.ts): ln(1 + 2^32) / 6 is 3.7. */
const STATE_INPUT_MAX = 4

function faultOfStream(record: Uint8Array, { environment, constraints, rowCount, slotCount = 0 }: SavedLanes) {
  const { response } = environment
  if (response === null) return null
  const state = new DataView(record.buffer, LANE.bytes + constraints.watchBytes, constraints.stateBytes)
  if (response.layout === 'stream') return faultOfStreamState(state, response)
  const streams = tablePlaces(slotCount).map(({ stream }) =>
    faultOfStreamState(new DataView(state.buffer, state.byteOffset + stream, STREAM_STATE.bytes), response),
  )
  return faultOfSiteState(state, { response, rowCount }) ?? streams.find((fault) => fault !== null) ?? null
}

/** @param view of a STREAM_STATE */
function faultOfStreamState(view: DataView, response: ResponseSpec): string | null {
  const { offsets } = STREAM_STATE
  const belief = view.getFloat64(offsets.belief, true)
  if (!(belief >= 0 && belief <= 1)) return `believes ${belief}, but a probability lies from 0 to 1`
  const ticket = view.getUint32(offsets.ticket, true)
  if (ticket > response.analystDelay) return `waits ${ticket} events for an analyst who takes ${response.analystDelay}`
  const flags = [view.getUint32(offsets.compromised, true), view.getUint32(offsets.stopped, true)]
  const flag = flags.find((flag) => flag > 1)
  if (flag !== undefined) return `has flag ${flag}, but one is 0 or 1`
  const retried = view.getUint32(offsets.retried, true)
  return retried > RETRIES_MAX ? `has tried again ${retried} times, but ${RETRIES_MAX} is the most` : null
}

function faultOfWatch(record: Uint8Array, { environment, constraints }: SavedLanes): string | null {
  const { bank, layout } = constraints
  if (bank === null) return null
  const { ringSize } = layout
  const watch = new DataView(record.buffer, LANE.bytes, WATCH_RECORD.bytes)
  const { offsets } = WATCH_RECORD
  const [seen, position] = [watch.getUint32(offsets.seen, true), watch.getUint32(offsets.position, true)]
  if (seen >= 2 ** 31) return `has seen ${seen} decisions, but they are counted to ${2 ** 31 - 1}`
  if (position >= Math.max(1, ringSize)) return `is at decision ${position} of a ring of ${ringSize}`
  const loads = [watch.getFloat64(offsets.cpu, true), watch.getFloat64(offsets.memory, true)]
  const load = loads.find((load) => !(load >= 0 && load <= 1))
  if (load !== undefined) return `has load ${load}, but one lies from 0 to 1`
  const [dwell, openTickets] = [watch.getUint32(offsets.dwell, true), watch.getUint32(offsets.openTickets, true)]
  if (dwell > seen) return `has an intruder who stays for ${dwell} of ${seen} decisions`
  const most = environment.response?.layout === 'site' ? environment.response.tickets : 1
  if (openTickets > most) return `has ${openTickets} open tickets, but there are ${most} at most`
  const windowFault = faultOfWindows(record, constraints, { seen, position })
  if (windowFault !== null) return windowFault
  const state = new Float64Array(record.buffer, LANE.bytes + layout.state, bank.stateSize)
  const fault = faultOfState(bank.code, state)
  return fault === null ? null : `has a monitor whose state ${fault}`
}

function faultOfWindows(
  record: Uint8Array,
  { windows, layout }: Constraints,
  { seen, position }: { readonly seen: number; readonly position: number },
): string | null {
  const { ring, ringSize, damageRing } = layout
  const outcomes = record.subarray(LANE.bytes + ring, LANE.bytes + ring + ringSize)
  const outcome = outcomes.find((outcome) => outcome > OUTCOME_MAX)
  if (outcome !== undefined) return `has outcome ${outcome}, but one is 0 to ${OUTCOME_MAX}`
  const C = WINDOW_COUNTS
  const counts = new Uint32Array(record.buffer, LANE.bytes + layout.counts, C * windows.length)
  const hasDamage = damageRing > 0
  const damages = new Uint32Array(record.buffer, LANE.bytes + damageRing, hasDamage ? ringSize : 0)
  const sums = new Float64Array(record.buffer, LANE.bytes + layout.damage, hasDamage ? windows.length : 0)
  for (const [i, window] of windows.entries()) {
    const last = { position, count: Math.min(seen, window) }
    const wanted = countOutcomes(outcomes, last)
    if (!wanted.every((count, k) => count === counts[C * i + k]))
      return `counts ${counts.subarray(C * i, C * i + C)} in its last ${window} decisions, which are ${wanted}`
    const damage = hasDamage ? sumOfLast(damages, last) : 0
    if (hasDamage && sums[i] !== damage)
      return `adds damage up to ${sums[i]} in its last ${window} decisions, which is ${damage}`
  }
  return null
}

/** All bits of an outcome. */
const OUTCOME_MAX = 15

/** The newest decisions of a ring. */
type Last = { readonly position: number; readonly count: number }

/** @returns threats, true positives, false positives, alerts, false containments */
function countOutcomes(outcomes: Uint8Array, { position, count }: Last): readonly number[] {
  const counts = [0, 0, 0, 0, 0]
  for (let age = 1; age <= count; age++) {
    const outcome = outcomes[(position - age + outcomes.length) % outcomes.length]
    const decision = outcome & 3
    if (decision & 1) counts[0]++
    if (decision === 3) counts[1]++
    if (decision === 2) counts[2]++
    if (outcome & 4) counts[3]++
    if (outcome & 8) counts[4]++
  }
  return counts
}

function sumOfLast(ring: Uint32Array, { position, count }: Last): number {
  let sum = 0
  for (let age = 1; age <= count; age++) sum += ring[(position - age + ring.length) % ring.length]
  return sum
}
