import type { Fold, FoldOf } from './fold.ts'
import type { Slab } from './slab.ts'
import { type SlotLayout, type Track, WINDOW_STEPS } from './slot-layout.ts'

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
type Step = (base: number, row: number) => void

/** What a key's folds work on. */
type Surroundings = {
  readonly slab: Slab
  readonly layout: SlotLayout
  readonly clock: Clock
  column(name: string): EventColumn
}

/** Steps that take an event into a key's state; the header is not theirs. */
export function absorbers(folds: readonly Fold[], around: Surroundings): Step[] {
  const own = folds.flatMap((fold): Step[] => {
    if (fold.kind === 'count')
      return [fold.last === null ? counting(fold, around) : countingLast(fold, fold.last, around)]
    if (fold.kind === 'within') return [countingTime(fold, around)]
    return fold.kind === 'new' ? [remembering(fold, around)] : []
  })
  return [...around.layout.tracks.map((track) => tracking(track, around)), ...own]
}

/** The step that writes a fold's feature of an event into `out`, from the state of earlier events. */
export function reader(fold: Fold, out: FeatureColumn, around: Surroundings): Step {
  if (out.kind === 'token') return readingToken(fold as FoldOf<'previous'>, out.codes, around)
  const { slab, clock } = around
  const { values } = out
  switch (fold.kind) {
    case 'previous':
      return readingNumber(fold, values, around)
    case 'gap':
      return (_, row) => {
        values[row] = clock.sinceNs / 1e6
      }
    case 'events':
      return (base, row) => {
        values[row] = slab.f64[base >> 1]
      }
    case 'count': {
      const at = placeOf(fold, around)
      return (base, row) => {
        values[row] = slab.u32[base + at]
      }
    }
    case 'within':
      return readingTime(fold, values, around)
    case 'new':
      return readingNew(fold, values, around)
  }
}

function tracking({ column: name, depth, at }: Track, { slab, column }: Surroundings): Step {
  const ring = at + 2
  const values = column(name)
  const advance = (base: number) => {
    const { i32 } = slab
    const next = i32[base + at] + 1 === depth ? 0 : i32[base + at] + 1
    i32[base + at] = next
    return next
  }
  if (values.kind === 'token') {
    const { codes } = values
    return (base, row) => {
      const place = advance(base)
      slab.i32[base + ring + place] = codes[row] + 1
    }
  }
  const numbers = values.values
  return (base, row) => {
    const place = advance(base)
    slab.f64[((base + ring) >> 1) + place] = numbers[row]
  }
}

/** Where in its ring a fold finds its value. */
function ringPlace({ back, of }: FoldOf<'previous'>, { slab, layout }: Surroundings) {
  const { at, depth } = layout.tracks.find((track) => track.column === of) as Track
  const place = (base: number) => {
    const index = slab.i32[base + at] - (back - 1)
    return index < 0 ? index + depth : index
  }
  return { ring: at + 2, place }
}

function readingToken(fold: FoldOf<'previous'>, out: Int32Array, around: Surroundings): Step {
  const { slab } = around
  const { ring, place } = ringPlace(fold, around)
  return (base, row) => {
    out[row] = slab.i32[base + ring + place(base)] - 1
  }
}

function readingNumber(fold: FoldOf<'previous'>, out: Float64Array, around: Surroundings): Step {
  const { slab } = around
  const { ring, place } = ringPlace(fold, around)
  return (base, row) => {
    const { f64 } = slab
    out[row] = f64[base >> 1] < fold.back ? Number.NaN : f64[((base + ring) >> 1) + place(base)]
  }
}

function counting(fold: FoldOf<'count'>, around: Surroundings): Step {
  const { slab } = around
  const at = placeOf(fold, around)
  const { codes, code } = tokensOf(fold.of, fold.value, around)
  return (base, row) => {
    if (codes[row] === code) slab.u32[base + at]++
  }
}

function countingLast(fold: FoldOf<'count'>, last: number, around: Surroundings): Step {
  const { slab } = around
  const at = placeOf(fold, around)
  const { codes, code } = tokensOf(fold.of, fold.value, around)
  return (base, row) => {
    const { i32 } = slab
    const head = i32[base + at + 1] + 1 === last ? 0 : i32[base + at + 1] + 1
    i32[base + at + 1] = head
    const word = base + at + 2 + (head >> 5)
    const bit = 1 << (head & 31)
    if ((i32[word] & bit) !== 0) i32[base + at]--
    if (codes[row] === code) {
      i32[base + at]++
      i32[word] |= bit
    } else i32[word] &= ~bit
  }
}

function countingTime(fold: FoldOf<'within'>, around: Surroundings): Step {
  const { slab, clock } = around
  const at = placeOf(fold, around)
  const tokens = fold.of === null || fold.value === null ? null : tokensOf(fold.of, fold.value, around)
  return (base, row) => {
    if (tokens !== null && tokens.codes[row] !== tokens.code) return
    const { u32, f64 } = slab
    const step = windowStep(clock, fold.ms)
    const counts = base + at + 2
    const passed = step - f64[(base + at) >> 1]
    if (passed !== 0) {
      // A newest step after the clock is the 0 of a slot without events, whose counts are 0.
      const stale = passed > 0 && passed < WINDOW_STEPS ? passed : WINDOW_STEPS
      for (let i = 0; i < stale; i++) u32[counts + stepPlace(step - i)] = 0
      f64[(base + at) >> 1] = step
    }
    u32[counts + stepPlace(step)]++
  }
}

function readingTime(fold: FoldOf<'within'>, out: Float64Array, around: Surroundings): Step {
  const { slab, clock } = around
  const at = placeOf(fold, around)
  return (base, row) => {
    const { u32, f64 } = slab
    const step = windowStep(clock, fold.ms)
    const passed = step - f64[(base + at) >> 1]
    let count = 0
    for (let i = passed; i >= 0 && i < WINDOW_STEPS; i++) count += u32[base + at + 2 + stepPlace(step - i)]
    out[row] = count
  }
}

/**
 * Number of the step of ms / 16 that a time lies in. ms / 16 is a whole number of ticks of 62,500 ns, and every division here
 * is of whole numbers within 2^53, so the floor is exact.
 */
function windowStep({ high, low }: Clock, ms: number): number {
  const quotient = Math.floor(high / 62_500)
  const rest = (high - quotient * 62_500) * 2 ** 32 + low
  return Math.floor((quotient * 2 ** 32 + Math.floor(rest / 62_500)) / ms)
}

function stepPlace(step: number): number {
  return step - WINDOW_STEPS * Math.floor(step / WINDOW_STEPS)
}

function remembering(fold: FoldOf<'new'>, around: Surroundings): Step {
  const { slab } = around
  const at = placeOf(fold, around)
  const { codes } = tokensOf(fold.of, null, around)
  return (base, row) => {
    if (codes[row] < 0) return
    const { i32 } = slab
    const first = base + at
    const mark = codes[row] + 1
    let place = first
    // Up to the token itself, the first free place, or the one seen longest ago.
    while (place < first + fold.remembered - 1 && i32[place] !== mark && i32[place] !== 0) place++
    i32.copyWithin(first + 1, first, place)
    i32[first] = mark
  }
}

function readingNew(fold: FoldOf<'new'>, out: Float64Array, around: Surroundings): Step {
  const { slab } = around
  const at = placeOf(fold, around)
  const { codes } = tokensOf(fold.of, null, around)
  return (base, row) => {
    const { i32 } = slab
    const mark = codes[row] + 1
    const end = base + at + fold.remembered
    let place = base + at
    while (place < end && i32[place] !== mark && i32[place] !== 0) place++
    out[row] = mark === 0 ? Number.NaN : place < end && i32[place] === mark ? 0 : 1
  }
}

function placeOf(fold: Fold, { layout }: Surroundings): number {
  return layout.places.get(fold) as number
}

/** A parsed plan lets these folds look at tokens alone. */
function tokensOf(name: string, value: string | null, { column }: Surroundings) {
  const tokens = column(name)
  if (tokens.kind !== 'token') throw new TypeError(`column ${name} holds numbers, a fold needs tokens`)
  return { codes: tokens.codes, code: value === null ? -1 : tokens.codeOf(value) }
}
