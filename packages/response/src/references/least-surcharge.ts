import { setImmediate } from 'node:timers/promises'

/** Surcharges on an alert are doubled from the first to the last, then the gap is halved so many times. */
const FIRST = 0.25
const LAST = 64
const HALVINGS = 4

/** A surcharge, and what comes of it. */
export type LeastSurcharge<Value> = {
  readonly surcharge: number
  readonly value: Value
  readonly isEnough: boolean
  /**
   * What comes of the largest surcharge tried that is less, and not enough; null where 0 is enough. Between the two lies what only
   * a mixture of both reaches: no surcharge has it.
   */
  readonly below: Value | null
}

/** At most so many are tried. */
export const SURCHARGES_MAX = 2 + Math.log2(LAST / FIRST) + HALVINGS

/**
 * The least surcharge that is enough, of those that bisection tries: a Lagrange multiplier, with which the cheapest policy keeps a
 * budget. The largest where none is enough.
 *
 * @param attempt what comes of a surcharge, and whether it is enough; asked once for each, with the number of those before, each after what waits
 * @example
 * await leastSurcharge((surcharge) => ({ value: alertsAt(surcharge), isEnough: alertsAt(surcharge) <= 20 }))
 */
export async function leastSurcharge<Value>(
  attempt: (surcharge: number, tried: number) => { readonly value: Value; readonly isEnough: boolean },
): Promise<LeastSurcharge<Value>> {
  let tried = 0
  const at = async (surcharge: number) => {
    await setImmediate() // signals and timers
    return { surcharge, ...attempt(surcharge, tried++) }
  }
  let best = await at(0)
  if (best.isEnough) return { ...best, below: null }
  let low = best
  for (let surcharge = FIRST; !best.isEnough && surcharge <= LAST; surcharge *= 2) {
    low = best
    best = await at(surcharge)
  }
  for (let halving = 0; best.isEnough && halving < HALVINGS; halving++) {
    const between = await at((low.surcharge + best.surcharge) / 2)
    if (between.isEnough) best = between
    else low = between
  }
  return { ...best, below: low.value }
}
