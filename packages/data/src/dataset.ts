/** A set of events ready for learning: N rows in file order, encoded by a feature pipeline. */
export type Dataset = {
  /** The adapter's name, e.g. 'darpa-tc'. */
  readonly name: string
  /** N. */
  readonly rowCount: number
  /** [N, D] encoded numbers, finite, within [-3, 3]. */
  readonly dense: Float32Array
  /** [N, C] index inside its own column's vocabulary; 0 = unknown. */
  readonly categorical: Uint16Array
  /** D names. */
  readonly denseNames: readonly string[]
  /** C columns; vocabularySize includes the unknown. */
  readonly categoricalColumns: readonly { readonly name: string; readonly vocabularySize: number }[]
  /** [N] 1 = threat, 0 = benign. */
  readonly labels: Uint8Array
  /** [N] index into classNames. */
  readonly classes: Uint8Array
  /** What the label is made of, e.g. 'benign', 'EXECUTE', 'MMAP protection 5'. */
  readonly classNames: readonly string[]
  readonly splits: { readonly train: Split; readonly validation: Split; readonly test: Split }
  /** [N] exact P(threat | everything observable so far) where the generator knows it, else null. */
  readonly posterior: Float32Array | null
  /** What an action changes besides its reward; null where the data say nothing of it. */
  readonly consequences: Consequences | null
  /** The order of the events of all streams, where streams share analysts (layout `site`), else null. */
  readonly timeline: SiteTimeline | null
  /** Events a day of the recording in the span of each part (events-per-day.ts); null where times are not known. */
  readonly eventsPerDay: { readonly validation: number; readonly test: number } | null
  /** 32 bytes, SHA-256 over matrices, labels, classes, names, vocabularies, posterior, consequences, timeline, splits and events a day. */
  readonly fingerprint: Uint8Array
}

/** When and where the rows happened. */
export type SiteTimeline = {
  /** [N] rank of each row in time: a permutation of 0 .. N-1 */
  readonly ranks: Uint32Array
  /** [N] number of the site of each row; a site has its own analysts */
  readonly sites: Uint32Array
  /** [N] phase of the attack that a threat belongs to, from 1 in their order, 0 = none; null where nobody says their order */
  readonly phases: Uint8Array | null
}

/** What the environment `respond` reckons with besides the label of each row. */
export type Consequences = {
  /** [N] how much likelier a row is in a stream that is a threat than in a benign one, above 0; null = nobody knows. */
  readonly ratios: Float32Array | null
  /** Probability per event that a benign stream becomes a threat; 0 where a ratio already is the odds of its row. */
  readonly hazard: number
  /** [N] by what the damage of a row is multiplied, at least 0; null = 1 everywhere. */
  readonly damage: Float32Array | null
  /** [N] the part of that multiplier that is known before anybody acts: how critical the host is; absent = nobody knows any. */
  readonly criticality?: Float32Array
}

/** Names of inputs by what they tell of. */
export type PresentNames = {
  /** Those that tell of the event alone, not of what was before it */
  readonly inputs: readonly string[]
  /** The category that is the same for all events of a stream and tells what kind it is; null = all are of one */
  readonly kind: string | null
  /** Those that are the same for all events of a stream, its kind left out */
  readonly constants: readonly string[]
}

/** One part of a split. Rows are sorted by stream, then time. */
export type Split = {
  /** [n] row numbers of the dataset. */
  readonly rows: Uint32Array
  /** [streams + 1] offsets into rows: stream s is rows[streamStarts[s] .. streamStarts[s + 1]). */
  readonly streamStarts: Uint32Array
}

/** How rows are divided into train, validation and test (70 / 15 / 15). */
export type SplitKind = 'stratified' | 'temporal' | 'by-stream'

/** A kind with its seed, or parts that the data give. */
export type Division =
  | { readonly kind: SplitKind; readonly seed: number }
  | {
      readonly kind: 'given'
      /** [N] 0 train, 1 validation, 2 test, 3 none of them. */
      readonly parts: Uint8Array
      /** Share of the train rows that become validation, drawn label by label and class by class. */
      readonly validation: number
      readonly seed: number
    }
