import {
  createEventReader,
  createHistory,
  denseValue,
  type FeaturePipeline,
  type FittedColumn,
  isDense,
  type KeptHistory,
  numberIndex,
  type RawEvent,
  type ReadEvent,
  tokenIndex,
} from '@vigil/features'

/** Where the inputs of events go, row after row. */
type InputRows = {
  /** [rows, denseStride], the dense inputs first in each row */
  readonly dense: Float32Array
  readonly denseStride: number
  /** [rows, C] */
  readonly categorical: Uint16Array
}

/** From raw events to a network's inputs, with the past of all events so far. */
export type EventInputs = {
  /** @throws {VigilError} EVENT_INVALID */
  read(event: RawEvent): ReadEvent
  /** Whose event it is; null = nobody's. @throws {VigilError} EVENT_INVALID */
  streamOf(event: RawEvent): string | null
  /** Names of the columns that are read of an event. */
  readonly columns: readonly string[]
  /** Columns that no event so far has had. */
  unseen(): string[]
  /** Writes an event's inputs into a row; then the event is part of the past. */
  write(event: ReadEvent, rows: InputRows, row: number): void
  /** Makes an event part of the past that nobody decides on. */
  remember(event: ReadEvent): void
  /** Time of the latest event that was read, milliseconds since 1970. */
  latest: number
  /** What is known of all events so far. */
  save(): KeptInputs
  /** Takes what others of the pipeline have saved. @throws {VigilError} HISTORY_KEPT */
  restore(kept: KeptInputs): void
}

/** The past of all events. */
export type KeptInputs = {
  /** time of the latest event, milliseconds since 1970 */
  readonly latest: number
  /** null without history */
  readonly history: KeptHistory | null
}

type Value = string | number | null

/** @throws {VigilError} READING_MISSING where the pipeline does not tell how raw events are read */
export function createEventInputs(pipeline: FeaturePipeline): EventInputs {
  const reader = createEventReader(pipeline)
  const history = pipeline.history === null ? null : createHistory(pipeline.history)
  const folds = pipeline.history?.folds.map(({ name }) => name) ?? []
  // An input is made of a feature of the past, or of a value of the event.
  const placed = pipeline.columns.map((column) => ({
    ...{ fold: folds.indexOf(column.source), source: column.source },
    ...{ isDense: isDense(column), encode: encoderOf(column) },
  }))
  const dense = placed.filter((input) => input.isDense)
  const categorical = placed.filter((input) => !input.isDense)
  return {
    read: reader.read,
    streamOf: reader.streamOf,
    columns: reader.columns,
    unseen: reader.unseen,
    get latest() {
      return reader.latest
    },
    set latest(latest) {
      reader.latest = latest
    },
    write(event, rows, row) {
      const features = history?.read(event) ?? []
      const { values } = event
      for (let i = 0; i < dense.length; i++) {
        const { fold, source, encode } = dense[i]
        rows.dense[row * rows.denseStride + i] = encode(fold >= 0 ? features[fold] : values[source])
      }
      for (let i = 0; i < categorical.length; i++) {
        const { fold, source, encode } = categorical[i]
        rows.categorical[row * categorical.length + i] = encode(fold >= 0 ? features[fold] : values[source])
      }
      history?.absorb(event)
    },
    remember: (event) => history?.absorb(event),
    save: () => ({ latest: reader.latest, history: history?.save() ?? null }),
    restore(kept) {
      reader.latest = kept.latest
      if (kept.history !== null) history?.restore(kept.history)
    },
  }
}

/** The rule from a value to an input; a missing one is 0, the middle or the unknown. */
function encoderOf(column: FittedColumn): (value: Value) => number {
  if (column.kind === 'vocabulary') {
    const indexOf = tokenIndex(column)
    return (value) => (typeof value === 'string' ? indexOf(value) : 0)
  }
  const encode = isDense(column) ? denseValue(column) : numberIndex(column)
  return (value) => (typeof value === 'number' && !Number.isNaN(value) ? encode(value) : 0)
}
