/** What can be found in events before anybody learns from them, as stable words that programs compare; docs/inspect.md explains each. */
export const INSPECT_CODES = [
  // The label
  'LABEL_UNKNOWN',
  'CLASS_BALANCE',
  'RARE_CLASSES',
  // Leaks
  'LEAK_COLUMN',
  'LEAK_TREE',
  'LEAK_NAME',
  'LABEL_IS_RULE',
  'ORDER_LEAK',
  // Columns
  'IDENTIFIER',
  'CONSTANT',
  'MISSING',
  // Rows
  'DUPLICATES',
  'TIME',
  'STREAMS',
  'SPLIT',
] as const

/** @see INSPECT_CODES */
type InspectCode = (typeof INSPECT_CODES)[number]

/**
 * `problem`: figures of a team that learns from these events as they are cannot be believed. `note`: worth knowing. `fact`: what
 * the events are. In the order in which they are told.
 */
export const INSPECT_SEVERITIES = ['problem', 'note', 'fact'] as const

/** Something that was found in events. */
export type InspectFinding = {
  readonly code: InspectCode
  readonly severity: (typeof INSPECT_SEVERITIES)[number]
  /** The columns that it is about; none where it is about rows. */
  readonly columns: readonly string[]
  /** What was found, in one short sentence without a full stop. */
  readonly title: string
  /** The figures. */
  readonly evidence: string
  /** What it means; empty for a fact. */
  readonly cause: string
  /** What to do; empty for a fact. */
  readonly remedy: string
}
