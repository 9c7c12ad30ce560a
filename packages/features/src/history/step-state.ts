import type { Fold, FoldOf } from './fold.ts'
import type { StepRing } from './slot-layout.ts'
import { type Clock, type Step, type Surroundings, tokensOf } from './surroundings.ts'

/** Folds that count events by steps of time. */
type StepFold = FoldOf<'within'> | FoldOf<'spans'>

/** Steps that take an event into the rings that count it: one for all events, and one for each column that tells which. */
export function countingSteps(rings: ReadonlyMap<Fold, StepRing>, around: Surroundings): Step[] {
  const folds = new Map([...rings].map(([fold, ring]) => [ring, fold as StepFold]))
  const byColumn = Map.groupBy(folds, ([, { of }]) => of)
  return Array.from(byColumn, ([of, entries]): Step => {
    if (of === null) {
      const all = entries.map(([ring]) => ring)
      return (base) => {
        for (const ring of all) countStep(ring, base, around)
      }
    }
    const { codes } = tokensOf(of, null, around)
    const ofCode = Map.groupBy(entries, ([, { value }]) => tokensOf(of, value, around).code)
    const ringsOf = new Map(Array.from(ofCode, ([code, own]) => [code, own.map(([ring]) => ring)]))
    return (base, row) => {
      const own = ringsOf.get(codes[row])
      if (own !== undefined) for (const ring of own) countStep(ring, base, around)
    }
  })
}

function countStep({ at, size, ticks }: StepRing, base: number, { slab, clock }: Surroundings): void {
  const { u32, f64 } = slab
  const step = stepOf(clock, ticks)
  const counts = base + at + 2
  const passed = step - f64[(base + at) >> 1]
  if (passed !== 0) {
    // A newest step after the clock is the 0 of a slot without events, whose counts are 0.
    const stale = passed > 0 && passed < size ? passed : size
    for (let i = 0; i < stale; i++) u32[counts + placeIn(size, step - i)] = 0
    f64[(base + at) >> 1] = step
  }
  u32[counts + placeIn(size, step)]++
}

export function readingSteps(fold: StepFold, out: Float64Array, { slab, clock, layout }: Surroundings): Step {
  const { at, size, ticks } = layout.rings.get(fold) as StepRing
  const last = fold.kind === 'spans' ? fold.last : size
  return (base, row) => {
    const { u32, f64 } = slab
    const step = stepOf(clock, ticks)
    const passed = step - f64[(base + at) >> 1]
    let count = 0
    for (let i = passed; i >= 0 && i < last; i++) count += u32[base + at + 2 + placeIn(size, step - i)]
    out[row] = count
  }
}

/**
 * Number of the step that a time lies in. A tick is a sixteenth of a millisecond, 62,500 ns, and every division here is of
 * whole numbers within 2^53, so the floor is exact.
 *
 * @param ticks ticks of a step
 */
export function stepOf({ high, low }: Clock, ticks: number): number {
  const quotient = Math.floor(high / 62_500)
  const rest = (high - quotient * 62_500) * 2 ** 32 + low
  return Math.floor((quotient * 2 ** 32 + Math.floor(rest / 62_500)) / ticks)
}

function placeIn(size: number, step: number): number {
  return step - size * Math.floor(step / size)
}
