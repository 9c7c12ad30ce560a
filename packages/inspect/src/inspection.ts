import type { ClassRows } from './checks/label.ts'
import type { PartFacts, StreamFacts, TimeFacts } from './checks/rows.ts'
import type { InspectFinding } from './finding.ts'
import type { Duplicates } from './probes/duplicates.ts'
import type { Role } from './subject.ts'

/** One column of the events, for people. */
type ColumnReport = {
  readonly name: string
  readonly kind: 'number' | 'text'
  readonly role: Role
  /** Different values in the rows looked at. */
  readonly distinct: number
  readonly missingShare: number
  /** How well the column alone tells the label, on rows that did not choose; null = not measured. */
  readonly alone: { readonly balancedAccuracy: number; readonly f1: number } | null
}

/** What was found in events. */
export type Inspection = {
  /** The data or the description, as given. */
  readonly source: string
  /** Whether the description is a draft that was made here. */
  readonly isDraft: boolean
  readonly rows: number
  /** Rows that were looked at for values and leaks. */
  readonly rowsLookedAt: number
  readonly files: readonly { readonly path: string; readonly rows: number }[]
  /** null = no label is known. */
  readonly threats: number | null
  readonly classes: readonly ClassRows[]
  readonly columns: readonly ColumnReport[]
  readonly time: TimeFacts | null
  readonly streams: StreamFacts | null
  readonly split: { readonly kind: string; readonly parts: readonly PartFacts[] } | null
  readonly duplicates: Duplicates | null
  /** Share of threats in each of 60 equal stretches of the rows; null = no label is known. */
  readonly threatShares: readonly number[] | null
  readonly notes: readonly string[]
  readonly findings: readonly InspectFinding[]
  /** The description as text; null where one was given. */
  readonly draft: string | null
}
