/** Random lanes of signals, for property tests. */
import fc from 'fast-check'

/** Signals x, y and z of some lanes, lane by lane. */
export type Lanes = {
  readonly length: number
  /** [E] steps of each lane */
  readonly lengths: Int32Array
  readonly lanes: readonly Readonly<Record<'x' | 'y' | 'z', readonly number[]>>[]
}

/**
 * Lanes of up to 9 steps with ties (multiples of 1/4), or without (a fraction besides, other in each sample), so that nothing is at
 * a kink.
 */
export function arbitraryLanes({ count, ties }: { count: number; ties: boolean }): fc.Arbitrary<Lanes> {
  let sampleCount = 0
  const sample = fc
    .integer({ min: -12, max: 12 })
    .map((quarters) => quarters / 4 + (ties ? 0 : 0.02 + 0.2 * ((++sampleCount * 0.6180339887) % 1)))
  return fc.integer({ min: 1, max: 9 }).chain((length) => {
    const signal = fc.array(sample, { minLength: length, maxLength: length })
    const lane = fc.record({ x: signal, y: signal, z: signal })
    return fc.record({
      length: fc.constant(length),
      lengths: fc
        .array(fc.integer({ min: 1, max: length }), { minLength: count, maxLength: count })
        .map((lengths) => Int32Array.from(lengths)),
      lanes: fc.array(lane, { minLength: count, maxLength: count }),
    })
  })
}

/** A signal's samples as rows [T, E]. */
export function rowsOf({ length, lanes }: Lanes, name: 'x' | 'y' | 'z'): Float32Array {
  return Float32Array.from({ length: length * lanes.length }, (_, i) => {
    return lanes[i % lanes.length][name][Math.floor(i / lanes.length)]
  })
}

/** One lane, cut to its steps. */
export function laneOf({ lanes, lengths }: Lanes, lane: number): Record<'x' | 'y' | 'z', number[]> {
  const cut = (name: 'x' | 'y' | 'z') => lanes[lane][name].slice(0, lengths[lane])
  return { x: cut('x'), y: cut('y'), z: cut('z') }
}
