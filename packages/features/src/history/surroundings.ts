import type { Fold } from './fold.ts'
import type { Slab } from './slab.ts'
import type { SlotLayout } from './slot-layout.ts'

/** Values of a column, by row. The live evaluator has one row. */
export type EventColumn =
  | {
      readonly kind: 'token'
      /** -1 = missing */
      readonly codes: Int32Array
      /** Code of a token that a plan names; one that no event can have where the column does not know it. */
      codeOf(token: string): number
    }
  | { readonly kind: 'number'; readonly values: Float64Array }

/** Where a feature goes, by row: codes of the column's own tokens, -1 = missing, or numbers, NaN = missing. */
export type FeatureColumn =
  | { readonly kind: 'token'; readonly codes: Int32Array; readonly of: string }
  | { readonly kind: 'number'; readonly values: Float64Array }

/** The time of the event at hand, for one key: never before the key's last event. */
export type Clock = {
  /** Nanoseconds since the key's last event, NaN where it has none. */
  sinceNs: number
  /** Nanoseconds since 1970, as 2^32 high + low, low within [0, 2^32). */
  high: number
  low: number
}

/** Reads or changes the state in the slot that begins at word `base`, for the event in `row`. */
export type Step = (base: number, row: number) => void

/** What a key's folds work on. */
export type Surroundings = {
  readonly slab: Slab
  readonly layout: SlotLayout
  readonly clock: Clock
  column(name: string): EventColumn
}

export function placeOf(fold: Fold, { layout }: Surroundings): number {
  return layout.places.get(fold) as number
}

/** A parsed plan lets these folds look at tokens alone. */
export function tokensOf(name: string, value: string | null, { column }: Surroundings) {
  const tokens = column(name)
  if (tokens.kind !== 'token') throw new TypeError(`column ${name} holds numbers, a fold needs tokens`)
  return { codes: tokens.codes, code: value === null ? -1 : tokens.codeOf(value) }
}
