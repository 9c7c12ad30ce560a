import { type ColumnPlan, featureError } from '@vigil/features'
import { dataError } from '../errors.ts'
import { generateEvents } from '../synthetic/generate.ts'
import { hostColumn, watchFamilies } from '../synthetic/host-columns.ts'
import { hostModel } from '../synthetic/host-model.ts'
import type { Adapter, FeatureProfile } from './adapter.ts'

const DEFAULT_ROWS = 60_000
const MINIMUM_ROWS = 1_000
const MAXIMUM_ROWS = 5_000_000

/** Previous activities of the process that `behaviour` looks back at, and those that `full` adds. */
const LOOKBACK = [1, 2, 3, 4]
const LONGER_LOOKBACK = [5, 6, 7, 8]

/** Windows, in events of the process, over which watched activities are counted together. */
const WATCH_WINDOWS = [2, 4, 8, 16]

/**
 * Host event streams made by a hidden Markov model of daemons, users and attacks. The hidden stage is the label, so the
 * exact probability of a threat given everything seen so far is known for every event (Dataset.posterior). A stream is
 * one process; rows are in time order.
 */
export const synthetic: Adapter = {
  name: 'synthetic',
  open: async ({ path, seed, rows }, progress) => {
    if (path !== null) {
      throw dataError(
        'REQUEST_INVALID',
        `path: synthetic data are generated and need none, received ${path}. Choose the dataset that the path holds.`,
      )
    }
    const rowCount = requireRows(rows)
    progress(`generating ${rowCount} events`)
    const model = hostModel()
    const events = generateEvents(model, seed, rowCount)
    return {
      rowCount,
      labels: events.classes.map((index) => (index > 0 ? 1 : 0)),
      classes: events.classes,
      classNames: model.classNames,
      streams: events.streams,
      timeRank: Uint32Array.from({ length: rowCount }, (_, row) => row),
      times: null,
      posterior: events.posterior,
      division: null,
      notes: [],
      plan: (features) => PROFILES[features],
      history: null,
      column: async (name) => {
        const column = hostColumn(events, name)
        if (column !== null) return column
        throw featureError(
          'PIPELINE_MISMATCH',
          `Feature pipeline: needs columns of synthetic data, received '${name}', which they have not. Use the pipeline that was saved with the run.`,
        )
      },
      close: () => undefined,
    }
  },
}

const quantile = (source: string): ColumnPlan => ({ name: source, source, encoder: { kind: 'quantile', knots: 33 } })
const standard = (source: string): ColumnPlan => ({ name: source, source, encoder: { kind: 'standard' } })
const count = (source: string, cap: number): ColumnPlan => ({
  name: `${source}_count`,
  source,
  encoder: { kind: 'count', cap },
})
const token = (source: string): ColumnPlan => ({
  name: source,
  source,
  encoder: { kind: 'vocabulary', size: 63, minimumRows: 5 },
})

const behaviour: readonly ColumnPlan[] = [
  ...['size', 'gap_ms'].map(quantile),
  token('activity'),
  ...LOOKBACK.map((steps) => token(`activity_${steps}`)),
  ...watchFamilies.map((family) => count(`recent_${family}`, 8)),
  ...WATCH_WINDOWS.map((events) => count(`watched_${events}`, 8)),
  count('since_watched', 16),
]

const PROFILES: Record<FeatureProfile, readonly ColumnPlan[]> = {
  seed7: ['sequence', 'src_port', 'dst_port', 'ip_protocol', 'size', 'process_pid', 'process_ppid'].map(standard),
  behaviour,
  full: [
    ...['sequence', 'src_port', 'dst_port', 'ip_protocol', 'process_pid', 'process_ppid'].map(quantile),
    ...behaviour,
    token('object_kind'),
    ...LONGER_LOOKBACK.map((steps) => token(`activity_${steps}`)),
  ],
}

function requireRows(rows: number | null): number {
  const rowCount = rows ?? DEFAULT_ROWS
  if (Number.isSafeInteger(rowCount) && rowCount >= MINIMUM_ROWS && rowCount <= MAXIMUM_ROWS) return rowCount
  throw dataError(
    rowCount > MAXIMUM_ROWS ? 'ROWS_TOO_MANY' : 'REQUEST_INVALID',
    `rows: needs an integer from ${MINIMUM_ROWS} to ${MAXIMUM_ROWS}, received ${rows}. Choose e.g. ${DEFAULT_ROWS}.`,
  )
}
