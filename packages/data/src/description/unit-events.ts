import { formatCounted } from '@vigil/command-line'
import { featureError } from '@vigil/features'
import type { RawEvents } from '../adapters/adapter.ts'
import type { Division } from '../dataset.ts'
import { dataError } from '../errors.ts'
import type { Table } from '../reading/table-builder.ts'
import { shownText } from '../tables/csv-text.ts'
import { nanoseconds } from './history.ts'
import { keysOf, tokensOf } from './labels.ts'
import { unitColumns } from './unit-columns.ts'
import { gatherUnits, type UnitSettings, type Units } from './units.ts'

/** Nothing but what units take from their events. */
type Events = Pick<
  RawEvents,
  'labels' | 'classes' | 'classNames' | 'unknown' | 'division' | 'notes' | 'posterior' | 'close' | 'sites'
>

/**
 * Units as rows. One is a threat where one of its events is, under the name of the first such event; its label is unknown where
 * that of one of its events is and none is a threat. It belongs to the part of its first event.
 *
 * @throws {VigilError} PATH_EMPTY where no event has the columns that units go by
 */
export function unitEvents(
  events: Events,
  table: Table,
  settings: UnitSettings,
  at: { readonly order: Uint32Array; readonly times: Float64Array | null },
): RawEvents {
  const times = nanoseconds(at.times, table.rowCount)
  const units = gatherUnits(table, settings, { order: at.order, times })
  if (units.count === 0) {
    throw dataError(
      'PATH_EMPTY',
      `Description, "unit.by": needs events with ${settings.by.map(shownText).join(' and ')}, received none. Name columns that the events have.`,
    )
  }
  const columns = unitColumns(table, settings, units, times)
  const { labels, classes, unknown } = judgedUnits(events, units)
  const repeated = settings.unique ? repeatedUnits(table, settings, units, at.order) : null
  const leftOut = unknown.map((is, unit) => is | (repeated?.[unit] ?? 0))
  const count = (flags: Uint8Array | null) => flags?.reduce((sum, flag) => sum + flag, 0) ?? 0
  return {
    ...events,
    rowCount: units.count,
    labels,
    classes,
    unknown: leftOut,
    streams: units.keys,
    ...(settings.together ? { groups: groupsOf(table, settings, units, at.order) } : {}),
    ...(events.sites === undefined
      ? {}
      : { sites: Uint32Array.from(units.firstEvents, (event) => events.sites![event]) }),
    timeRank: Uint32Array.from({ length: units.count }, (_, unit) => unit),
    times: at.times === null ? null : Float64Array.from(units.firstEvents, (event) => at.times![event]),
    division: divisionOfUnits(events.division, units),
    notes: [
      ...events.notes,
      `${formatCounted(units.count, 'unit')} of ${formatCounted(table.rowCount, 'event')}`,
      ...(count(unknown) > 0 ? [`left out: ${formatCounted(count(unknown), 'unit')} whose label nobody knows`] : []),
      ...(count(repeated) > 0
        ? [`left out: ${formatCounted(count(repeated), 'unit')} with the values of an earlier one`]
        : []),
    ],
    history: columns.history,
    plan: (_, rows) => columns.plan(rows),
    column: async (name) => {
      const column = columns.column(name)
      if (column !== null) return column
      throw featureError(
        'PIPELINE_MISMATCH',
        `Feature pipeline: needs the column ${shownText(name)}, which the units do not have. Use the description that the run was trained with.`,
      )
    },
  }
}

function judgedUnits(
  { labels: own, classes: ownClasses, unknown: isUnknown }: Events,
  { unitOf, count, order }: Units,
) {
  const labels = new Uint8Array(count)
  const classes = new Uint8Array(count)
  const unknown = new Uint8Array(count)
  for (const event of order) {
    const unit = unitOf[event]
    if (own[event] === 1 && labels[unit] === 0) {
      labels[unit] = 1
      classes[unit] = ownClasses[event]
    }
    if (isUnknown?.[event] === 1) unknown[unit] = 1
  }
  for (let unit = 0; unit < count; unit++) if (labels[unit] === 1) unknown[unit] = 0
  return { labels, classes, unknown }
}

/** 1 = the values of the unit's events, in their order, are those of a unit before it; events beyond the first ones too. */
function repeatedUnits(table: Table, settings: UnitSettings, units: Units, order: Uint32Array): Uint8Array {
  const seen = new Set<string>()
  return Uint8Array.from(
    settings.every === undefined ? valuesOfKeys(table, settings, units, order) : valuesOfUnits(table, settings, units),
    (text) => {
      if (seen.has(text)) return 1
      seen.add(text)
      return 0
    },
  )
}

/** [units] number of the first key whose events, all of them, hold the same values in the same order. */
function groupsOf(table: Table, settings: UnitSettings, units: Units, order: Uint32Array): Uint32Array {
  const firstOf = new Map<string, number>()
  return Uint32Array.from(valuesOfKeys(table, settings, units, order), (text, unit) => {
    const group = firstOf.get(text) ?? units.keys[unit]
    firstOf.set(text, group)
    return group
  })
}

/** [units] values of all events of the unit's key, events beyond the first ones too. */
function valuesOfKeys(
  table: Table,
  settings: UnitSettings,
  { keys, firstEvents }: Units,
  order: Uint32Array,
): string[] {
  const keyOf = keysOf(table, settings.by)
  const numbers = new Map(Array.from(firstEvents, (event, unit) => [keyOf(event), keys[unit]]))
  const texts = valuesOf(table, settings, order, (event) => numbers.get(keyOf(event)))
  return Array.from(keys, (key) => texts.get(key) ?? '')
}

/** [units] values of the events of each unit. */
function valuesOfUnits(table: Table, settings: UnitSettings, { unitOf, count, order }: Units): string[] {
  const texts = valuesOf(table, settings, order, (event) => unitOf[event])
  return Array.from({ length: count }, (_, unit) => texts.get(unit) ?? '')
}

/** The values of the events of each owner, as text. @param ownerOf undefined = nobody's */
function valuesOf(
  table: Table,
  { of }: UnitSettings,
  order: Uint32Array,
  ownerOf: (event: number) => number | undefined,
): Map<number, string> {
  const columns = of.map((name) => tokensOf(table, name).codes)
  const values = new Map<number, number[]>()
  for (const event of order) {
    const owner = ownerOf(event)
    if (owner === undefined) continue
    const own = values.get(owner) ?? []
    values.set(owner, own)
    for (const codes of columns) own.push(codes[event])
  }
  return new Map(Array.from(values, ([owner, own]) => [owner, own.join(' ')]))
}

function divisionOfUnits(division: Division | null, { firstEvents }: Units): Division | null {
  if (division?.kind !== 'given') return division
  return { ...division, parts: Uint8Array.from(firstEvents, (event) => division.parts[event]) }
}
