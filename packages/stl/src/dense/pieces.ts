/**
 * Piecewise constant functions of time.
 *
 * A piece holds from where it begins to where the next one begins; the last holds for ever. It begins at a time, or just
 * behind it: what is known up to a last sample and unknown from then on changes just behind that sample.
 */

/** A moment: a time in seconds, or just behind it. */
export type Moment = { readonly time: number; readonly behind: boolean }

/** A value from a moment on. */
export type Piece = Moment & { readonly value: number }

/** Pieces in the order of time, neighbours different; before the first one the function is not defined. At least one. */
export type Pieces = readonly Piece[]

/** Whether a moment comes before another. */
export function isBefore(a: Moment, b: Moment): boolean {
  return a.time < b.time || (a.time === b.time && !a.behind && b.behind)
}

/**
 * A time moved by some seconds. 0.1 + 0.2 is 0.30000000000000004, which would be behind a sample at 0.3, and 100.1 - 100 is
 * 0.09999999999999432: a sum that is one rounding of its larger part away from a decimal with as many places as that part has
 * in 15 digits is that decimal.
 */
export function moved(time: number, seconds: number): number {
  const sum = time + seconds
  const larger = Math.max(Math.abs(time), Math.abs(seconds))
  const places = 14 - Math.floor(Math.log10(larger))
  // Not for 0, infinities, and times so large or small that no decimal is meant.
  if (!(places >= 0 && places <= 100)) return sum
  const decimal = Number(sum.toFixed(places)) + 0
  return Math.abs(decimal - sum) <= 4 * Number.EPSILON * larger ? decimal : sum
}

/** Collects pieces: equal neighbours become one, of several at one moment the last one stays. */
export class PieceList {
  readonly pieces: Piece[] = []

  add({ time, behind }: Moment, value: number): void {
    const { pieces } = this
    let last = pieces.at(-1)
    if (last !== undefined && last.time === time && last.behind === behind) {
      pieces.pop()
      last = pieces.at(-1)
    }
    if (last?.value !== value) pieces.push({ time, behind, value })
  }
}

/**
 * Visits the moments at which either of two functions changes, where both are defined.
 *
 * @param visit gets the moment and both values from there on
 */
export function visitBoth(a: Pieces, b: Pieces, visit: (moment: Moment, x: number, y: number) => void): void {
  const start = isBefore(a[0], b[0]) ? b[0] : a[0]
  let i = lastUpTo(a, start)
  let j = lastUpTo(b, start)
  visit(start, a[i].value, b[j].value)
  while (i + 1 < a.length || j + 1 < b.length) {
    const nextA = a[i + 1]
    const nextB = b[j + 1]
    const next = nextB === undefined || (nextA !== undefined && isBefore(nextA, nextB)) ? nextA : nextB
    if (nextA !== undefined && !isBefore(next, nextA)) i++
    if (nextB !== undefined && !isBefore(next, nextB)) j++
    visit(next, a[i].value, b[j].value)
  }
}

/** The function up to a moment, which it reaches; the last piece then holds for ever. */
export function clipped(pieces: Pieces, end: Moment): Pieces {
  return pieces.slice(0, lastUpTo(pieces, end) + 1)
}

/** The function from a moment on, or from where it begins. */
export function begun(pieces: Pieces, start: Moment): Pieces {
  if (!isBefore(pieces[0], start)) return pieces
  const first = lastUpTo(pieces, start)
  return [{ ...start, value: pieces[first].value }, ...pieces.slice(first + 1)]
}

/** The value at a moment, or the first one before there is one. */
export function valueAt(pieces: Pieces, moment: Moment): number {
  return pieces[lastUpTo(pieces, moment)].value
}

/** Index of the piece that holds at a moment; 0 before the first. */
function lastUpTo(pieces: Pieces, moment: Moment): number {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (isBefore(moment, pieces[middle])) high = middle - 1
    else low = middle
  }
  return low
}
