import type { Fold, FoldOf } from './fold.ts'

/** Steps that a time window is cut into. */
const WINDOW_STEPS = 16

/** Words of a slot that every key has: events so far (f64), time of the last one (i64). */
const HEADER_WORDS = 4
export const LAST_TIME = 2

/** Words before the tokens that `firsts` remembers. */
export const FIRSTS_HEADER_WORDS = 4

/** The latest values of one column: a head, then a ring of `depth` values. Folds that look at one column share it. */
export type Track = { readonly column: string; readonly depth: number; readonly at: number }

/** Counts of the latest steps of time: the newest step, then a count for each place of a ring. */
export type StepRing = {
  readonly at: number
  /** Steps that are remembered. */
  readonly size: number
  /** Sixteenths of a millisecond in a step. */
  readonly ticks: number
}

/**
 * Where the state of each fold lies in a key's slot, in words of 32 bits. A slot of zeros is a key without a past.
 *
 *   header   events f64, time of the last event i64
 *   tracks   head i32, 0 (alignment), depth x (code + 1) i32 or depth x f64
 *   count    events counted u32; with `last` also head i32 and one bit per event
 *   within   newest step f64, sixteen counts u32
 *   spans    newest span f64, a count u32 for each; folds that count the same share it
 *   firsts   newest span f64, its tokens u32, 0 (alignment), remembered x (code + 1) i32 as below
 *   new      remembered x (code + 1) i32, the latest first, 0 = none
 */
export type SlotLayout = {
  /** Even, so that every slot begins on 8 bytes. */
  readonly words: number
  readonly tracks: readonly Track[]
  /** State of a fold that is not shared. */
  readonly places: ReadonlyMap<Fold, number>
  /** Of folds that count steps of time. */
  readonly rings: ReadonlyMap<Fold, StepRing>
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
  const rings = new Map<Fold, StepRing>()
  const takeRing = (size: number, ticks: number): StepRing => ({ at: take(2 + size), size, ticks })
  for (const same of spansOfSame(folds)) {
    const ring = takeRing(Math.max(...same.map(({ last }) => last)), 16 * same[0].ms)
    for (const fold of same) rings.set(fold, ring)
  }
  for (const fold of folds) {
    if (fold.kind === 'count') places.set(fold, take(fold.last === null ? 1 : 2 + Math.ceil(fold.last / 32)))
    // A window moves in steps of a sixteenth of it.
    if (fold.kind === 'within') rings.set(fold, takeRing(WINDOW_STEPS, fold.ms))
    if (fold.kind !== 'new' && fold.kind !== 'firsts') continue
    const header = fold.kind === 'firsts' ? FIRSTS_HEADER_WORDS : 0
    const at = take(header + fold.remembered)
    places.set(fold, at)
    for (let i = 0; i < fold.remembered; i++) tokenWords.push(at + header + i)
  }
  return { words, tracks, places, rings, tokenWords }
}

/** Folds over spans, those together that count the same events in the same spans. */
function spansOfSame(folds: readonly Fold[]): FoldOf<'spans'>[][] {
  const groups = new Map<string, FoldOf<'spans'>[]>()
  for (const fold of folds) {
    if (fold.kind !== 'spans') continue
    const name = JSON.stringify([fold.of, fold.value, fold.ms])
    groups.set(name, [...(groups.get(name) ?? []), fold])
  }
  return [...groups.values()]
}
