import { featureError } from '../errors.ts'
import type { RawColumn } from '../raw-column.ts'
import { createEvaluator, type EventRows } from './evaluator.ts'
import { TOKEN_LENGTH_MAX } from './fold.ts'
import type { SlotIndex } from './key-table.ts'
import type { HistoryPlan } from './plan.ts'
import type { EventColumn, FeatureColumn } from './surroundings.ts'

/** A recording: N events, each a row. */
export type RecordedEvents = {
  /** [N] nanoseconds since 1970 */
  readonly times: BigInt64Array
  /** [N] per key of the plan: code of the event's key, numbered from 0, -1 = it has none */
  readonly keys: Readonly<Record<string, Int32Array>>
  /** [N] per column of the plan */
  readonly columns: Readonly<Record<string, RawColumn>>
}

/** The way of a replay through the rows. */
export type ReplayOrder = {
  /** Rows in the order in which they happened. Rows that are not named have no features and are nobody's past. */
  readonly order: Uint32Array
  /**
   * [N] Rows that follow each other in the order and have the same number are one instant: each sees what was before all of
   * them. null = every row is an instant of its own.
   */
  readonly instants: Int32Array | null
}

/**
 * Replays a recording through the folds of a plan: what each event's features would have been when it happened.
 *
 * @example
 * ```ts
 * const features = replayHistory(plan, { times, keys: { host }, columns: { signature } }, { order, instants: null })
 * features.get('gap_ms') // { kind: 'number', values: Float64Array [N] }
 * ```
 *
 * @returns one column [N] per fold, by its name, in the plan's order; missing where an event has no key
 * @throws {VigilError} HISTORY_MISMATCH where the recording lacks a key or a column of the plan, or has one of another kind
 */
export function replayHistory(
  plan: HistoryPlan,
  events: RecordedEvents,
  { order, instants }: ReplayOrder,
): Map<string, RawColumn> {
  const evaluator = createEvaluator<number>(plan, recordedRows(plan, events), events.times.length)
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    if (instants !== null) while (end < order.length && instants[order[end]] === instants[order[start]]) end++
    for (let i = start; i < end; i++) evaluator.read(order[i])
    for (let i = start; i < end; i++) evaluator.absorb(order[i])
    start = end
  }
  return named(plan, events, evaluator.features)
}

/** Moments at which the past is looked at although nothing happens. */
export type Judgements = {
  /** [judgements] nanoseconds since 1970, ascending */
  readonly times: BigInt64Array
  /** [judgements] per key of the plan: code of the key whose past is looked at, numbered as those of the events, -1 = nobody's */
  readonly keys: Readonly<Record<string, Int32Array>>
  /** [judgements] how many events of the order are past, ascending */
  readonly past: Uint32Array
}

/**
 * Replays a recording and looks at the past at some moments, as `read` of a live history does between events: what the
 * features of an event without values would have been then.
 *
 * @example
 * ```ts
 * // Of the events of host 3 in the minute that ends with the last of them.
 * replayJudgements(plan, events, order, { times: BigInt64Array.of(lastTime), keys: { host: Int32Array.of(3) }, past })
 * ```
 *
 * @param order events in the order in which they happened
 * @returns per fold of the plan, by name, a column [judgements]
 * @throws {VigilError} HISTORY_MISMATCH where the events lack a key or a column of the plan
 */
export function replayJudgements(
  plan: HistoryPlan,
  events: RecordedEvents,
  order: Uint32Array,
  { times, keys, past }: Judgements,
): Map<string, RawColumn> {
  const count = times.length
  const rows = recordedRows(plan, {
    times: joined(times, events.times, BigInt64Array),
    keys: Object.fromEntries(
      plan.keys.map(({ name }) => [name, joined(keys[name], codesOf(events.keys, name), Int32Array)]),
    ),
    columns: Object.fromEntries(
      Object.entries(events.columns).map(([name, column]) => [name, afterMissing(count, column)]),
    ),
  })
  const evaluator = createEvaluator<number>(plan, rows, count)
  let next = 0
  for (let judgement = 0; judgement < count; judgement++) {
    while (next < past[judgement]) evaluator.absorb(count + order[next++])
    evaluator.read(judgement)
  }
  return named(plan, events, evaluator.features)
}

function joined<A extends Int32Array | Float64Array | BigInt64Array>(a: A, b: A, create: new (length: number) => A): A {
  const both = new create(a.length + b.length)
  both.set(a as never)
  both.set(b as never, a.length)
  return both
}

function afterMissing(count: number, column: RawColumn): RawColumn {
  return column.kind === 'token'
    ? { ...column, codes: joined(new Int32Array(count).fill(-1), column.codes, Int32Array) }
    : { kind: 'number', values: joined(new Float64Array(count).fill(Number.NaN), column.values, Float64Array) }
}

function recordedRows(plan: HistoryPlan, events: RecordedEvents): EventRows<number> {
  const columns = new Map(plan.columns.map(({ name, kind }) => [name, eventColumn(name, kind, events)]))
  for (const { name } of plan.keys) codesOf(events.keys, name)
  return {
    times: events.times,
    keysOf: (name) => {
      const codes = events.keys[name]
      return (row) => (codes[row] < 0 ? null : codes[row])
    },
    indexOf: (name) => codeIndex(events.keys[name]),
    column: (name) => columns.get(name) as EventColumn,
  }
}

function codesOf(keys: RecordedEvents['keys'], name: string): Int32Array {
  if (Object.hasOwn(keys, name)) return keys[name]
  throw mismatch(`the key '${name}'`)
}

/** Features by the names of their folds, tokens with the dictionary of the column that they are of. */
function named(plan: HistoryPlan, events: RecordedEvents, features: readonly FeatureColumn[]): Map<string, RawColumn> {
  return new Map(
    plan.folds.map(({ name }, i): [string, RawColumn] => {
      const feature = features[i]
      if (feature.kind === 'number') return [name, feature]
      const { dictionary } = events.columns[feature.of] as RawColumn & { kind: 'token' }
      return [name, { kind: 'token', codes: feature.codes, dictionary }]
    }),
  )
}

/** Slots by code; 0 is no slot. */
function codeIndex(codes: Int32Array): SlotIndex<number> {
  let codeCount = 0
  for (const code of codes) codeCount = Math.max(codeCount, code + 1)
  const slots = new Int32Array(codeCount)
  return {
    get: (code) => (slots[code] === 0 ? undefined : slots[code]),
    set: (code, slot) => {
      slots[code] = slot
    },
    delete: (code) => {
      slots[code] = 0
    },
  }
}

/** Code that no event has. */
const NOBODY = -2

function eventColumn(name: string, kind: RawColumn['kind'], { columns }: RecordedEvents): EventColumn {
  const column = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (column?.kind !== kind) throw mismatch(`the column '${name}' of ${kind === 'token' ? 'tokens' : 'numbers'}`)
  if (column.kind === 'number') return column
  const { dictionary } = column
  const isLong = dictionary.map((token) => token.length > TOKEN_LENGTH_MAX)
  const codes = isLong.includes(true) ? column.codes.map((code) => (isLong[code] ? -1 : code)) : column.codes
  return {
    kind: 'token',
    codes,
    codeOf: (token) => {
      const code = dictionary.indexOf(token)
      return code < 0 ? NOBODY : code
    },
  }
}

function mismatch(needed: string) {
  return featureError(
    'HISTORY_MISMATCH',
    `Plan of history: needs ${needed} in the events, received events without it. Use a plan that was made for these events.`,
  )
}
