/** Encoded inputs of events, row-major. */
export type EventInputs = {
  /** [N, denseCount] */
  readonly dense: Float32Array
  readonly denseCount: number
  /** [N, categoricalCount] */
  readonly categorical: Uint16Array
  readonly categoricalCount: number
}

/** An input that the model reads, as a symbol. */
export type SymbolColumn =
  | {
      readonly kind: 'number'
      readonly column: number
      /** ascending; symbol = how many lie at or below the value */
      readonly thresholds: readonly number[]
    }
  | { readonly kind: 'category'; readonly column: number; readonly symbolCount: number }

/**
 * A hidden Markov model of streams under attack (Rabiner 1989). What labels tell of training streams is known there: the phase of an
 * event, 0 = no threat so far, 2k - 1 = the event is a threat of class k, 2k = it is none, and the last threat was of class k.
 * What an event shows depends on the phase and, where it is no threat, on the mode of ordinary work, which nobody knows;
 * modes are the same before an attack and between its threats. Events show their symbols independently, given phase and mode.
 */
export type StreamModel = {
  readonly denseCount: number
  readonly categoricalCount: number
  /** Column of the category that tells what kind of stream it is, the same for all its events; null = all are of one kind */
  readonly kindColumn: number | null
  readonly symbols: readonly SymbolColumn[]
  /** Classes of threats */
  readonly classCount: number
  /** Modes of ordinary work */
  readonly modeCount: number
  /** Probability that a stream without a threat so far has one with its next event */
  readonly hazard: number
  /** [phases] P(phase of the first event) */
  readonly begins: readonly number[]
  /** [phases, phases] P(next phase | phase) */
  readonly phases: readonly number[]
  /** [kinds] place in `kinds` by category of the kind's column; what is beyond has the first place */
  readonly kindOf: readonly number[]
  readonly kinds: readonly StreamKind[]
}

/** What streams of one kind are like. */
export type StreamKind = {
  /** [modes] P(mode of the first event) */
  readonly starts: readonly number[]
  /** [modes] P(mode | the event before was a threat) */
  readonly returns: readonly number[]
  /** [modes, modes] P(next mode | mode) */
  readonly moves: readonly number[]
  /** Of each symbol column [modes + classes, symbols]: P(symbol | mode), then P(symbol | threat of class k) */
  readonly tables: readonly (readonly number[])[]
}

/** Symbols of a column. */
export function symbolCountOf(column: SymbolColumn): number {
  return column.kind === 'number' ? column.thresholds.length + 1 : column.symbolCount
}
