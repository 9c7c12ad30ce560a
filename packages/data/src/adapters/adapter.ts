import type { ColumnPlan, EventReading, FeatureProfile, HistoryPlan, RawColumn } from '@vigil/features'
import type { Consequences, Dataset, Division, PresentNames, SiteTimeline } from '../dataset.ts'

/** How the events are found or made. */
type AdapterRequest = {
  /** File or folder; null for a generator. */
  readonly path: string | null
  /** Seed of a generator; not used for files. */
  readonly seed: number
  /** Number of events to generate, null = the generator's default; not used for files. */
  readonly rows: number | null
}

/** Events as an adapter hands them over: labels and order now, feature columns on demand, one at a time. */
export type RawEvents = {
  readonly rowCount: number
  /** [N] 1 = threat. */
  readonly labels: Uint8Array
  /** [N] index into classNames. */
  readonly classes: Uint8Array
  /** 'benign' first. */
  readonly classNames: readonly string[]
  /** [N] 1 = nobody knows the label of the row: it is in no part. Left out = all are known. */
  readonly unknown?: Uint8Array
  /** [N] stream of each row, numbered from 0. */
  readonly streams: Uint32Array
  /** [N] what by-stream keeps in one part: the number of the first of some streams. Left out = each stream by itself. */
  readonly groups?: Uint32Array
  /** [N] rank of each row in time over the whole set: a permutation of 0 .. N-1. */
  readonly timeRank: Uint32Array
  /** [N] site of each row, numbered from 0. Left out = all happened at one. */
  readonly sites?: Uint32Array
  /** [N] phase of the attack that a row belongs to, from 1 in their order, 0 = none. Left out = nobody says their order. */
  readonly phases?: Uint8Array
  /** Whether nobody knows when streams happened beside each other. Left out = the ranks tell. */
  readonly isUnordered?: boolean
  /** How the streams of each part happened beside each other, where that is made up. Left out = the ranks tell. */
  timeline?(splits: Dataset['splits']): SiteTimeline
  /** [N] milliseconds since 1970, null where a count per day would mean nothing. */
  readonly times: Float64Array | null
  /** [N] exact posterior, or null where nobody knows it. */
  readonly posterior: Float32Array | null
  /** Consequences beside the inputs of a profile; left out = the data say nothing of them. */
  consequences?(features: FeatureProfile): Consequences
  /** Which inputs tell of the event alone, by name, and which the kind of its stream. Left out = the data do not say so. */
  readonly present?: PresentNames
  /** Whether something acted on the events while they were recorded. Left out = nobody knows, or they are generated. */
  readonly capturedUnder?: 'passive' | 'ids' | 'ips' | 'unknown'
  /** How the data themselves say that they are divided, null = they do not. */
  readonly division: Division | null
  /** What a person should know of how they were read. */
  readonly notes: readonly string[]
  /**
   * The inputs of a profile, in the order in which they are encoded.
   *
   * @param rows the training rows, where the data decide
   * @param note called with a sentence for each column that becomes no input
   */
  plan(features: FeatureProfile, rows: Uint32Array, note?: (text: string) => void): readonly ColumnPlan[]
  /** The plan of history that the columns of the past among these come from; null = there are none. */
  history(sources: readonly string[]): HistoryPlan | null
  /** How events of this kind are read where they come live. Left out = these data do not say so. */
  readonly reading?: EventReading
  /** A column as it stands in the files, for events that come one by one. Left out = as `column` gives it. */
  rawColumn?(name: string): RawColumn
  /** Reads one raw column; name is a ColumnPlan's source. */
  column(name: string): Promise<RawColumn>
  /** Frees what the adapter holds (database, files). Call once, whether or not loading worked. */
  close(): void
}

/** One kind of data. A further kind is one more file in this folder and one more line in load-dataset.ts. */
export type Adapter = {
  readonly name: string
  /** @throws {VigilError} when there is nothing to read or what is there is wrong */
  open(request: AdapterRequest, progress: (message: string) => void): Promise<RawEvents>
}
