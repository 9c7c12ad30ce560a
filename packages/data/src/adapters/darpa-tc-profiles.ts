import type { ColumnPlan, FeatureProfile } from '@vigil/features'
import { CALLER_KINDS, OBJECT_KINDS } from './darpa-tc-history.ts'

const KNOTS = 65

const quantile = (source: string): ColumnPlan => ({ name: source, source, encoder: { kind: 'quantile', knots: KNOTS } })
const standard = (source: string): ColumnPlan => ({ name: source, source, encoder: { kind: 'standard' } })
const count = (source: string, cap: number): ColumnPlan => ({
  name: `${source}_count`,
  source,
  encoder: { kind: 'count', cap },
})
const token = (source: string, size: number): ColumnPlan => ({
  name: source,
  source,
  encoder: { kind: 'vocabulary', size, minimumRows: 20 },
})
const values = (source: string): ColumnPlan => ({
  name: `${source}_value`,
  source,
  encoder: { kind: 'values', size: 24, minimumRows: 200 },
})

/** The inputs of the first system, as plain standardised numbers. Four of them are constant in the recording. */
const seed7 = ['sequence', 'src_port', 'dst_port', 'ip_protocol', 'file_size', 'process_pid', 'process_ppid'].map(
  standard,
)

/** What is known before the call, apart from the fields that define the label: who calls, on what, after what. */
const behaviour: readonly ColumnPlan[] = [
  ...['caller_events', 'caller_gap_ms', 'object_events', 'object_gap_ms'].map(quantile),
  token('record_type', 31),
  token('object_kind', 31),
  ...CALLER_KINDS.map((name) => token(name, 24)),
  values('caller_previous_size'),
  count('recent_mappings', 16),
  count('recent_protections', 16),
  count('caller_events', 31),
  ...OBJECT_KINDS.map((name) => token(name, 24)),
  count('object_mappings', 6),
]

/** Everything: the label's own fields too, the call's result, and the numbers that name rather than describe. */
const full: readonly ColumnPlan[] = [
  ...[
    'sequence',
    'thread_id',
    'process_pid',
    'process_ppid',
    'memory_address',
    'src_port',
    'dst_port',
    'ip_protocol',
    'file_size',
  ].map(quantile),
  ...behaviour,
  values('file_size'),
  token('source', 7),
  token('event_type', 63),
  token('protection', 15),
  token('path_head', 31),
]

export const darpaTcProfiles: Partial<Record<FeatureProfile, readonly ColumnPlan[]>> = { seed7, behaviour, full }
