/** A share as somebody gave it: 0.0004 is 0.04 %, without rounding and without the digits of a binary fraction. */
export function shareAsGiven(share: number): string {
  return `${Number((100 * share).toPrecision(12))}\u00A0%`
}
