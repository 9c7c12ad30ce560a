import type { ColumnPlan, FeatureProfile } from '@vigil/features'
import { generateEvents } from '../synthetic/generate.ts'
import { hostColumn, watchFamilies } from '../synthetic/host-columns.ts'
import { hostModel } from '../synthetic/host-model.ts'
import type { Adapter } from './adapter.ts'
import { count, GENERATED_READING, quantile, requireColumn, requireRows, standard, token } from './generated.ts'

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
  open: async ({ seed, ...request }, progress) => {
    const rowCount = requireRows('synthetic', request)
    progress(`generating ${rowCount} events`)
    const model = hostModel()
    const events = generateEvents(() => model, seed, rowCount)
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
      reading: GENERATED_READING,
      plan: (profile) => PLANS[profile]!,
      history: () => null,
      column: async (name) => requireColumn('synthetic', name, hostColumn(events, name)),
      close: () => undefined,
    }
  },
}

/** Also the greater part of those of `campaign`. */
export const behaviour: readonly ColumnPlan[] = [
  ...['size', 'gap_ms'].map(quantile),
  token('activity'),
  ...LOOKBACK.map((steps) => token(`activity_${steps}`)),
  ...watchFamilies.map((family) => count(`recent_${family}`, 8)),
  ...WATCH_WINDOWS.map((events) => count(`watched_${events}`, 8)),
  count('since_watched', 16),
]

const PLANS: Partial<Record<FeatureProfile, readonly ColumnPlan[]>> = {
  seed7: ['sequence', 'src_port', 'dst_port', 'ip_protocol', 'size', 'process_pid', 'process_ppid'].map(standard),
  behaviour,
  full: [
    ...['sequence', 'src_port', 'dst_port', 'ip_protocol', 'process_pid', 'process_ppid'].map(quantile),
    ...behaviour,
    token('object_kind'),
    ...LONGER_LOOKBACK.map((steps) => token(`activity_${steps}`)),
  ],
}
