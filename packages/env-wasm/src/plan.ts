import { writeBlock } from '@vigil/blocks'
import { PLAN, RESPONSE, SITE } from './blocks.ts'
import type { Constraints } from './constraints.ts'
import { contextSize, type EnvironmentSpec, headCount, paidRewards } from './environment-spec.ts'
import { environmentError } from './errors.ts'
import { ANALYST_DELAY_MAX, BLOCK_NUMBERS, SHIFT_MAX, TICKETS_MAX } from './response-spec.ts'
import type { SiteOrder } from './site-order.ts'

/** Length of the plan block. */
export const ENVIRONMENT_PLAN_BYTES = PLAN.bytes

/** Length of the block of costs, which only an environment with consequences has. */
export const RESPONSE_BYTES = RESPONSE.bytes

/** Where the data of one split lie: byte offsets into the shared memory. */
type SplitLocation = {
  /** u32 [rowCount], dataset rows by stream, then time. */
  readonly rows: number
  readonly rowCount: number
  /** u32 [streamCount + 1], offsets into rows. */
  readonly streamStarts: number
  readonly streamCount: number
  /** u8, one per row of the dataset. */
  readonly labels: number
}

/** What lanes read besides the plan block. */
export type PlanLocation = SplitLocation & {
  /** What writeConstraints wrote; without specifications nothing is read there. */
  readonly constraints: number
  /** Only where actions have consequences. */
  readonly response?: ResponseLocation
  /** Byte offset of what `writeSite` wrote of the part that lanes walk; left out in layout `stream`. */
  readonly site?: number
}

/** What consequences are reckoned from. */
type ResponseLocation = {
  /** Byte offset of RESPONSE_BYTES, a multiple of 8, overwritten. */
  readonly at: number
  /** f32 [N] likelihood ratio of each dataset row; 0 = there are none. */
  readonly ratios: number
  /** f32 [N] damage multiplier of each dataset row; 0 = all are 1. */
  readonly multipliers: number
  /** u32 [N] benign events of the row's stream from the row on (`benignAhead`). */
  readonly benignAhead: number
  /** Of the belief's filter; 0 = a ratio is the odds themselves. */
  readonly hazard: number
}

/**
 * Writes the plan block that every lane of an environment reads.
 *
 * @param spec with its specifications compiled
 * @param to.at byte offset of ENVIRONMENT_PLAN_BYTES, a multiple of 4
 * @throws {VigilError} ENVIRONMENT_SPEC
 */
export function writeEnvironmentPlan(
  { spec, constraints }: { readonly spec: EnvironmentSpec; readonly constraints: Constraints },
  location: PlanLocation,
  to: { readonly buffer: ArrayBufferLike; readonly at: number },
): void {
  assertSpec(spec, location)
  writeBlock(PLAN, to, {
    mode: spec.mode === 'iid' ? 0 : 1,
    agentCount: spec.agentCount,
    seed: spec.seed,
    episodeSteps: spec.episodeSteps,
    attribution: spec.attribution === 'own' ? 0 : 1,
    rule: spec.rule === 'majority' ? 0 : 1,
    quorumSize: 2 * spec.faults + 1,
    fallbackAction: spec.fallbackAction,
    contextSize: contextSize(spec),
    rowCount: location.rowCount,
    rows: location.rows,
    streamStarts: location.streamStarts,
    streamCount: location.streamCount,
    labels: location.labels,
    teamBonus: spec.teamBonus,
    headCount: headCount(spec),
    laneBytes: constraints.laneBytes,
    watchBytes: constraints.watchBytes,
    watch: constraints.specificationCount === 0 ? 0 : location.constraints,
    stateBytes: constraints.stateBytes,
    response: location.response?.at ?? 0,
    site: location.site ?? 0,
    actionRewards: paidRewards(spec).flat(),
  })
  if (spec.response === null) return
  if (location.response === undefined) {
    throw environmentError('ENVIRONMENT_SPEC', 'Consequences need to know where their data lie.')
  }
  const { block, layout, ...costs } = spec.response
  if ((layout === 'site') !== (location.site !== undefined)) {
    throw environmentError('ENVIRONMENT_SPEC', 'Layout "site", and it alone, needs to know the order of the events.')
  }
  const { at, ...data } = location.response
  writeBlock(RESPONSE, { buffer: to.buffer, at }, { ...costs, ...data, block: BLOCK_NUMBERS[block] })
}

/** Bytes of the order of a part of a split with the block that points to it. */
export function siteBytes(order: SiteOrder): number {
  return aligned(SITE.bytes) + arraysOf(order).reduce((sum, [, array]) => sum + aligned(array.byteLength), 0)
}

/**
 * Writes the order of the events of one part of a split.
 *
 * @param to.at byte offset of `siteBytes` bytes, a multiple of 8
 * @param split byte offsets of the part's rows and streamStarts, u32
 */
export function writeSite(
  order: SiteOrder,
  split: { readonly rows: number; readonly streamStarts: number },
  { buffer, at }: { readonly buffer: ArrayBufferLike; readonly at: number },
): void {
  let next = at + aligned(SITE.bytes)
  const places = arraysOf(order).map(([name, array]) => {
    const place = next
    new Uint8Array(buffer, place, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    )
    next += aligned(array.byteLength)
    return [name, place] as const
  })
  const pointers = Object.fromEntries(places) as Record<(typeof places)[number][0], number>
  const { positions, siteStarts, slotCount } = order
  const counts = { rowCount: positions.length, siteCount: siteStarts.length - 1, slotCount }
  writeBlock(SITE, { buffer, at }, { ...pointers, rows: split.rows, streamStarts: split.streamStarts, ...counts })
}

function arraysOf(order: SiteOrder) {
  const { positions, ticks, siteStarts, streams, slots, phases, needs, firstTicks, threatBefore } = order
  const arrays = { positions, ticks, siteStarts, streams, slots, phases, needs, firstTicks, threatBefore }
  return Object.entries(arrays) as [keyof typeof arrays, Uint32Array | Uint8Array][]
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

/**
 * How many benign events of a row's stream come from the row on, itself included, for every row of the dataset.
 *
 * @param splits whose streams they are; a row is in one of them at most
 */
export function benignAhead(
  labels: Uint8Array,
  splits: Iterable<{ readonly rows: Uint32Array; readonly streamStarts: Uint32Array }>,
): Uint32Array {
  const ahead = new Uint32Array(labels.length)
  for (const { rows, streamStarts } of splits) {
    for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
      let benign = 0
      for (let position = streamStarts[stream + 1] - 1; position >= streamStarts[stream]; position--) {
        if (labels[rows[position]] === 0) benign++
        ahead[rows[position]] = benign
      }
    }
  }
  return ahead
}

function assertSpec(spec: EnvironmentSpec, split: SplitLocation): void {
  const requireInteger = (field: string, value: number, minimum: number, maximum: number) => {
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return
    throw environmentError(
      'ENVIRONMENT_SPEC',
      `${field} must be an integer from ${minimum} to ${maximum}, but is ${value}.`,
    )
  }
  requireInteger('agentCount', spec.agentCount, 1, 64)
  requireInteger('seed', spec.seed, 0, 2 ** 32 - 1)
  requireInteger('episodeSteps', spec.episodeSteps, 0, 2 ** 31)
  requireInteger('faults', spec.faults, 0, Math.floor((spec.agentCount - 1) / 3))
  requireInteger('fallbackAction', spec.fallbackAction, 0, 3)
  requireInteger('rows of the split', split.rowCount, 1, 2 ** 31)
  requireInteger('streams of the split', split.streamCount, 1, split.rowCount)
  for (const [field, value] of Object.entries({ ...spec.rewards, teamBonus: spec.teamBonus })) {
    if (!Number.isFinite(value)) {
      throw environmentError('ENVIRONMENT_SPEC', `${field} must be a finite number, but is ${value}.`)
    }
  }
  for (const weight of spec.rewardWeights ?? []) {
    if (Number.isFinite(weight) && weight >= 0) continue
    throw environmentError('ENVIRONMENT_SPEC', `rewardWeights must be numbers from 0, but hold ${weight}.`)
  }
  const { alertedThreat } = spec.rewards
  if (alertedThreat < 0 || alertedThreat > 1) {
    throw environmentError('ENVIRONMENT_SPEC', `alertedThreat must be a share from 0 to 1, but is ${alertedThreat}.`)
  }
  assertResponse(spec, requireInteger)
}

function assertResponse(
  { response, mode, showsBelief }: EnvironmentSpec,
  requireInteger: (field: string, value: number, minimum: number, maximum: number) => void,
): void {
  const refuse = (message: string) => {
    throw environmentError('ENVIRONMENT_SPEC', message)
  }
  if (response === null) {
    if (showsBelief) refuse('A belief is shown only where actions have consequences.')
    return
  }
  if (mode !== 'stream') refuse('Consequences need streams: mode must be "stream".')
  const { block, layout, tickets, alertsPerShift, shift, analystDelay, analystAccuracy, ...costs } = response
  for (const [field, value] of Object.entries(costs)) {
    if (!(Number.isFinite(value) && value >= 0))
      refuse(`${field} must be a finite number of at least 0, but is ${value}.`)
  }
  requireInteger('tickets', tickets, 1, TICKETS_MAX)
  requireInteger('alertsPerShift', alertsPerShift, 0, SHIFT_MAX)
  requireInteger('shift', shift, 0, SHIFT_MAX)
  if (alertsPerShift > 0 && shift === 0) refuse('alertsPerShift needs a shift.')
  if (layout !== 'stream' && layout !== 'site') refuse(`layout must be stream or site, but is ${layout}.`)
  requireInteger('analystDelay', analystDelay, 0, ANALYST_DELAY_MAX)
  if (!(analystAccuracy >= 0.5 && analystAccuracy <= 1)) {
    refuse(`analystAccuracy must be a share from 0.5 to 1, but is ${analystAccuracy}.`)
  }
  if (!Object.hasOwn(BLOCK_NUMBERS, block)) refuse(`block must be one of ${Object.keys(BLOCK_NUMBERS).join(', ')}.`)
}
