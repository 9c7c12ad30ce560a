import {
  type ColumnPlan,
  type HistoryPlan,
  inNanoseconds,
  parseHistoryPlan,
  type RawColumn,
  replayHistory,
} from '@vigil/features'
import type { ReadColumn } from '../reading/column-builder.ts'
import type { Table } from '../reading/table-builder.ts'
import { tokensOf } from './labels.ts'
import { type Description, millisecondsOf } from './schema.ts'

/** The one key of a description's history. */
const STREAM = 'stream'

const KNOTS = 65

/** What is remembered of a stream: the folds, and the inputs that they become. */
export type DescribedHistory = {
  readonly plan: HistoryPlan
  readonly inputs: readonly ColumnPlan[]
}

/**
 * The folds that a description asks for; null = none. `proto[-1]` is the value of `proto` one event before.
 *
 * @param columns columns of the events as they are inputs
 * @throws {VigilError} HISTORY_INVALID where the state of so many streams would need too much memory
 */
export function historyOf(
  { history, stream, time }: Description,
  columns: ReadonlyMap<string, ReadColumn>,
): DescribedHistory | null {
  if (history === undefined || stream.length === 0) return null
  const isNumber = (name: string) => columns.get(name)?.column.kind === 'number'
  const folds: HistoryPlan['folds'] = []
  const inputs: ColumnPlan[] = []
  for (const of of history.of) {
    for (let back = 1; back <= history.events; back++) {
      const name = `${of}[-${back}]`
      folds.push({ name, key: STREAM, kind: 'previous', of, back })
      inputs.push({
        name,
        source: name,
        encoder: isNumber(of) ? { kind: 'quantile', knots: KNOTS } : { kind: 'vocabulary', size: 63, minimumRows: 5 },
      })
    }
  }
  if (history.gaps && time !== undefined) {
    folds.push({ name: 'stream gap_ms', key: STREAM, kind: 'gap' })
    inputs.push({ name: 'stream gap_ms', source: 'stream gap_ms', encoder: { kind: 'quantile', knots: KNOTS } })
  }
  if (history.counts) {
    folds.push({ name: 'stream events', key: STREAM, kind: 'events' })
    inputs.push({ name: 'stream events', source: 'stream events', encoder: { kind: 'quantile', knots: KNOTS } })
  }
  const plan = parseHistoryPlan({
    columns: history.of.map((name) => ({ name, kind: isNumber(name) ? 'number' : 'token' })),
    keys: [
      {
        name: STREAM,
        limit: history.streams,
        idleMs: history.forgetAfter === undefined ? null : millisecondsOf(history.forgetAfter),
      },
    ],
    folds,
  })
  return { plan, inputs }
}

/**
 * Replays the events through the folds.
 *
 * @param streams  [N] stream of each event
 * @param order    events in the order of time
 * @param times    [N] milliseconds since 1970; null = the description names no time
 */
export function replayed(
  { plan }: DescribedHistory,
  {
    table,
    columns,
    streams,
    order,
    times,
  }: {
    readonly table: Table
    readonly columns: ReadonlyMap<string, ReadColumn>
    readonly streams: Int32Array
    readonly order: Uint32Array
    readonly times: Float64Array | null
  },
): Map<string, RawColumn> {
  const recorded = Object.fromEntries(
    plan.columns.map(({ name }) => [name, columns.get(name)?.column ?? tokensOf(table, name)]),
  )
  return replayHistory(
    plan,
    { times: nanoseconds(times, order.length), keys: { [STREAM]: streams }, columns: recorded },
    { order, instants: null },
  )
}

/** Milliseconds as whole nanoseconds, zeros without. */
export function nanoseconds(times: Float64Array | null, count: number): BigInt64Array {
  const all = new BigInt64Array(count)
  if (times === null) return all
  for (let row = 0; row < count; row++) all[row] = inNanoseconds(times[row])
  return all
}
