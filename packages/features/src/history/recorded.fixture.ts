import type { RawColumn } from '../raw-column.ts'
import type { LiveEvent } from './live-history.ts'
import { createHistory } from './live-history.ts'
import type { HistoryPlan } from './plan.ts'
import { type RecordedEvents, replayHistory, replayJudgements } from './replay-history.ts'

type Feature = string | number | null

/** Features of events as a recording has them, in the events' order. */
export function recordedFeatures(plan: HistoryPlan, instants: readonly (readonly LiveEvent[])[]): Feature[][] {
  const events = instants.flat()
  const features = replayHistory(plan, recordingOf(plan, events), {
    order: Uint32Array.from(events.keys()),
    instants: Int32Array.from(instants.flatMap((instant, i) => instant.map(() => i))),
  })
  return rowsOf(features, events.length)
}

/** The past of some keys at moments between the events of a recording. */
export function judgedFeatures(
  plan: HistoryPlan,
  events: readonly LiveEvent[],
  moments: readonly { readonly event: LiveEvent; readonly past: number }[],
): Feature[][] {
  // Both in one, so that a key has one code.
  const all = recordingOf(plan, [...moments.map(({ event }) => event), ...events])
  const count = moments.length
  const keys = Object.entries(all.keys)
  const columns = Object.entries(all.columns)
  const features = replayJudgements(
    plan,
    {
      times: all.times.slice(count),
      keys: Object.fromEntries(keys.map(([name, codes]) => [name, codes.slice(count)])),
      columns: Object.fromEntries(
        columns.map(([name, column]): [string, RawColumn] => [
          name,
          column.kind === 'token'
            ? { ...column, codes: column.codes.slice(count) }
            : { ...column, values: column.values.slice(count) },
        ]),
      ),
    },
    Uint32Array.from(events.keys()),
    {
      times: all.times.slice(0, count),
      keys: Object.fromEntries(keys.map(([name, codes]) => [name, codes.slice(0, count)])),
      past: Uint32Array.from(moments, ({ past }) => past),
    },
  )
  return rowsOf(features, count)
}

function recordingOf(plan: HistoryPlan, events: readonly LiveEvent[]): RecordedEvents {
  return {
    times: BigInt64Array.from(events, ({ time }) => time),
    keys: Object.fromEntries(
      plan.keys.map(({ name }) => [name, tokenColumn(events.map(({ keys }) => keys[name] ?? null)).codes]),
    ),
    columns: Object.fromEntries(
      plan.columns.map(({ name, kind }): [string, RawColumn] => {
        const values = events.map((event) => event.values[name] ?? null)
        if (kind === 'token') return [name, tokenColumn(values as (string | null)[])]
        return [name, { kind, values: Float64Array.from(values, (value) => (value as number | null) ?? Number.NaN) }]
      }),
    ),
  }
}

function rowsOf(features: ReadonlyMap<string, RawColumn>, count: number): Feature[][] {
  return Array.from({ length: count }, (_, row) => Array.from(features.values(), (column) => valueAt(column, row)))
}

/** Features of events as they happen one by one. */
export function liveFeatures(plan: HistoryPlan, instants: readonly (readonly LiveEvent[])[]): Feature[][] {
  const history = createHistory(plan)
  return instants.flatMap((instant) => {
    const features = instant.map((event) => history.read(event))
    for (const event of instant) history.absorb(event)
    return features
  })
}

function tokenColumn(values: readonly (string | null)[]) {
  const dictionary = [...new Set(values.filter((value) => value !== null))].toReversed()
  const codes = Int32Array.from(values, (value) => (value === null ? -1 : dictionary.indexOf(value)))
  return { kind: 'token' as const, codes, dictionary }
}

function valueAt(column: RawColumn, row: number): Feature {
  if (column.kind === 'number') return column.values[row]
  return column.codes[row] < 0 ? null : column.dictionary[column.codes[row]]
}
