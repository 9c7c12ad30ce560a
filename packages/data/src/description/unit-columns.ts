import {
  type ColumnPlan,
  type Fold,
  type HistoryPlan,
  parseHistoryPlan,
  type RawColumn,
  replayJudgements,
  STATE_BYTES_MAX,
  stateBytes,
} from '@vigil/features'
import type { Table } from '../reading/table-builder.ts'
import { millisecondsOf } from './schema.ts'
import { countedColumns, frequentValues } from './unit-values.ts'
import type { UnitSettings, Units } from './units.ts'

const KNOTS = 65

/** The one key of the history of units. */
const KEY = 'unit'

/** Keys that are remembered where the description does not say, if they fit. */
const KEYS_MAX = 100_000

/** Values of a key that are not new when they come again; beyond them those seen longest ago are forgotten. */
const REMEMBERED = 1024

/** Values of units: counts of what their events hold, as the description asks. */
export type UnitColumns = {
  /** @param rows the training units: they alone say which values are counted */
  plan(rows: Uint32Array): ColumnPlan[]
  /** The folds behind columns, whose values are the logarithms of theirs. */
  history(names: readonly string[]): HistoryPlan
  /** null = there is no such column. Columns that were planned together are computed together. */
  column(name: string): RawColumn | null
}

/** @param times [events] nanoseconds since 1970 */
export function unitColumns(table: Table, settings: UnitSettings, units: Units, times: BigInt64Array): UnitColumns {
  const counted = countedColumns(table, settings, units)
  const foldOf = foldsByName(
    settings,
    counted.map(({ name }) => name),
  )
  let planned: readonly string[] = []
  let computed = new Map<string, RawColumn>()

  function historyOf(names: readonly string[]): HistoryPlan {
    planned = names
    const folds = names.map(foldOf).filter((fold) => fold !== null)
    const columns = counted.map(({ name }) => ({ name, kind: 'token' as const }))
    const idleMs = settings.forgetAfter === undefined ? null : millisecondsOf(settings.forgetAfter)
    const keyBytes = stateBytes({ columns, keys: [{ name: KEY, limit: 0, idleMs }], folds })
    const limit = settings.keys ?? Math.max(1, Math.min(KEYS_MAX, Math.floor(STATE_BYTES_MAX / keyBytes) - 1))
    return parseHistoryPlan({ columns, keys: [{ name: KEY, limit, idleMs }], folds })
  }

  return {
    plan(rows) {
      const values = counted.flatMap((column) =>
        frequentValues(column, units, rows, settings.values).map((value) => `${column.name}=${value}`),
      )
      const windows = ['', ...windowsOf(settings).map(({ text }) => ` in ${text}`)]
      // Of a number of events it is known how many they are.
      const counts = settings.size === undefined ? ['events', ...values] : values
      planned = [
        ...(settings.size === undefined ? [] : ['events']),
        ...counts.flatMap((value) => windows.map((window) => `${value}${window}`)),
        ...(settings.every === undefined ? [] : counted.map(({ name }) => `new ${name}`)),
      ]
      return planned.map((source) => ({ name: source, source, encoder: { kind: 'quantile', knots: KNOTS } }))
    },
    history: historyOf,
    column(name) {
      if (foldOf(name) === null) return null
      if (!computed.has(name)) {
        const plan = historyOf(planned.includes(name) ? planned : [name])
        const recorded = {
          times,
          keys: { [KEY]: Int32Array.from(units.unitOf, (unit) => (unit < 0 ? -1 : units.keys[unit])) },
          columns: Object.fromEntries(
            counted.map(({ name: own, codes, dictionary }) => [own, { kind: 'token' as const, codes, dictionary }]),
          ),
        }
        computed = judged(plan, recorded, units)
      }
      return computed.get(name) ?? null
    },
  }
}

/** Windows longer than the unit itself; others count the same. Of units of a number of events that number is the window. */
function windowsOf({ every, size, windows }: UnitSettings): { readonly text: string; readonly spans: number }[] {
  if (every === undefined) return size === undefined ? [] : [{ text: String(size), spans: size }]
  return windows
    .map((text) => ({ text, spans: Math.round(millisecondsOf(text) / millisecondsOf(every)) }))
    .filter(({ spans }) => spans > 1)
}

/** The fold behind a column of a name, such as `events`, `name=dns in 10m` or `new name`; null = there is none. */
function foldsByName(settings: UnitSettings, columns: readonly string[]): (name: string) => Fold | null {
  const windows = windowsOf(settings)
  const ms = settings.every === undefined ? null : millisecondsOf(settings.every)
  return (name) => {
    const fold = { name, key: KEY }
    const unseen = columns.find((column) => name === `new ${column}`)
    if (unseen !== undefined && ms !== null) {
      return { ...fold, kind: 'firsts', of: unseen, ms, remembered: REMEMBERED }
    }
    const window = windows.find(({ text }) => name.endsWith(` in ${text}`))
    const what = window === undefined ? name : name.slice(0, -` in ${window.text}`.length)
    const of = columns.find((column) => what.startsWith(`${column}=`))
    if (of === undefined && what !== 'events') return null
    const value = of === undefined ? null : what.slice(of.length + 1)
    if (ms !== null) return { ...fold, kind: 'spans', of: of ?? null, value, ms, last: window?.spans ?? 1 }
    return of === undefined || value === null
      ? { ...fold, kind: 'events' }
      : { ...fold, kind: 'count', of, value, last: window?.spans ?? null }
  }
}

/** Counts of the folds when each unit is judged, as logarithms: counts span five orders of magnitude. */
function judged(
  plan: HistoryPlan,
  recorded: Parameters<typeof replayJudgements>[1],
  { count, keys, past, judgedAt, order }: Units,
): Map<string, RawColumn> {
  const turns = Uint32Array.from(past.keys()).sort((a, b) => past[a] - past[b] || a - b)
  const columns = replayJudgements(plan, recorded, order, {
    times: BigInt64Array.from(turns, (unit) => judgedAt[unit]),
    keys: { [KEY]: Int32Array.from(turns, (unit) => keys[unit]) },
    past: Uint32Array.from(turns, (unit) => past[unit]),
  })
  return new Map(
    Array.from(columns, ([name, column]): [string, RawColumn] => {
      if (column.kind !== 'number') throw new TypeError(`${name} counts nothing`)
      const values = new Float64Array(count)
      for (let turn = 0; turn < count; turn++) values[turns[turn]] = Math.log1p(column.values[turn])
      return [name, { kind: 'number', values }]
    }),
  )
}
