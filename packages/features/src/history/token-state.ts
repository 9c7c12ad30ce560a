import type { FoldOf } from './fold.ts'
import { FIRSTS_HEADER_WORDS } from './slot-layout.ts'
import { stepOf } from './step-state.ts'
import { placeOf, type Step, type Surroundings, tokensOf } from './surroundings.ts'

export function remembering(fold: FoldOf<'new'>, around: Surroundings): Step {
  const { slab } = around
  const at = placeOf(fold, around)
  const { codes } = tokensOf(fold.of, null, around)
  return (base, row) => {
    if (codes[row] >= 0) remember(slab.i32, base + at, fold.remembered, codes[row] + 1)
  }
}

export function readingNew(fold: FoldOf<'new'>, out: Float64Array, around: Surroundings): Step {
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

export function countingFirsts(fold: FoldOf<'firsts'>, around: Surroundings): Step {
  const { slab, clock } = around
  const at = placeOf(fold, around)
  const { codes } = tokensOf(fold.of, null, around)
  return (base, row) => {
    if (codes[row] < 0) return
    const { i32, u32, f64 } = slab
    const isNew = remember(i32, base + at + FIRSTS_HEADER_WORDS, fold.remembered, codes[row] + 1)
    if (!isNew) return
    const span = stepOf(clock, 16 * fold.ms)
    if (f64[(base + at) >> 1] !== span) u32[base + at + 2] = 0
    f64[(base + at) >> 1] = span
    u32[base + at + 2]++
  }
}

export function readingFirsts(fold: FoldOf<'firsts'>, out: Float64Array, around: Surroundings): Step {
  const { slab, clock } = around
  const at = placeOf(fold, around)
  return (base, row) => {
    const isOfSpan = slab.f64[(base + at) >> 1] === stepOf(clock, 16 * fold.ms)
    out[row] = isOfSpan ? slab.u32[base + at + 2] : 0
  }
}

/** Puts a token before the others of a list, in place of itself or of the one seen longest ago. @returns whether it was new */
function remember(i32: Int32Array, first: number, remembered: number, mark: number): boolean {
  const last = first + remembered - 1
  let place = first
  while (place < last && i32[place] !== mark && i32[place] !== 0) place++
  const isNew = i32[place] !== mark
  i32.copyWithin(first + 1, first, place)
  i32[first] = mark
  return isNew
}
