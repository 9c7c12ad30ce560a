import type { Fold, FoldOf } from './fold.ts'
import type { Track } from './slot-layout.ts'
import { countingSteps, readingSteps } from './step-state.ts'
import { type FeatureColumn, placeOf, type Step, type Surroundings, tokensOf } from './surroundings.ts'
import { countingFirsts, readingFirsts, readingNew, remembering } from './token-state.ts'

/** Steps that take an event into a key's state; the header is not theirs. */
export function absorbers(folds: readonly Fold[], around: Surroundings): Step[] {
  const own = folds.flatMap((fold): Step[] => {
    if (fold.kind === 'count')
      return [fold.last === null ? counting(fold, around) : countingLast(fold, fold.last, around)]
    if (fold.kind === 'firsts') return [countingFirsts(fold, around)]
    return fold.kind === 'new' ? [remembering(fold, around)] : []
  })
  return [
    ...around.layout.tracks.map((track) => tracking(track, around)),
    ...countingSteps(around.layout.rings, around),
    ...own,
  ]
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
    case 'spans':
      return readingSteps(fold, values, around)
    case 'firsts':
      return readingFirsts(fold, values, around)
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
