import type { Fold } from './fold.ts'

/** Steps that a time window is cut into. */
export const WINDOW_STEPS = 16

/** Words of a slot that every key has: events so far (f64), time of the last one (i64). */
const HEADER_WORDS = 4
export const LAST_TIME = 2

/** The latest values of one column: a head, then a ring of `depth` values. Folds that look at one column share it. */
export type Track = { readonly column: string; readonly depth: number; readonly at: number }

/**
 * Where the state of each fold lies in a key's slot, in words of 32 bits. A slot of zeros is a key without a past.
 *
 *   header   events f64, time of the last event i64
 *   tracks   head i32, 0 (alignment), depth x (code + 1) i32 or depth x f64
 *   count    events counted u32; with `last` also head i32 and one bit per event
 *   within   newest step f64, sixteen counts u32
 *   new      remembered x (code + 1) i32, the latest first, 0 = none
 */
export type SlotLayout = {
  /** Even, so that every slot begins on 8 bytes. */
  readonly words: number
  readonly tracks: readonly Track[]
  /** State of a fold that is not shared. */
  readonly places: ReadonlyMap<Fold, number>
  /** Words that hold code + 1 of a token. */
  readonly tokenWords: readonly number[]
}

/** @param isNumber whether a column holds numbers */
export function slotLayout(folds: readonly Fold[], isNumber: (column: string) => boolean): SlotLayout {
  const places = new Map<Fold, number>()
  const tokenWords: number[] = []
  let words = HEADER_WORDS
  const take = (count: number) => {
    const at = words
    words += count + (count % 2)
    return at
  }

  const depths = new Map<string, number>()
  for (const fold of folds) {
    if (fold.kind === 'previous') depths.set(fold.of, Math.max(depths.get(fold.of) ?? 0, fold.back))
  }
  const tracks = Array.from(depths, ([column, depth]): Track => {
    const at = take(2 + (isNumber(column) ? 2 * depth : depth))
    if (!isNumber(column)) for (let i = 0; i < depth; i++) tokenWords.push(at + 2 + i)
    return { column, depth, at }
  })
  for (const fold of folds) {
    if (fold.kind === 'count') places.set(fold, take(fold.last === null ? 1 : 2 + Math.ceil(fold.last / 32)))
    if (fold.kind === 'within') places.set(fold, take(2 + WINDOW_STEPS))
    if (fold.kind === 'new') {
      const at = take(fold.remembered)
      places.set(fold, at)
      for (let i = 0; i < fold.remembered; i++) tokenWords.push(at + i)
    }
  }
  return { words, tracks, places, tokenWords }
}
