/**
 * The largest value in a window that slides over a piecewise constant function.
 *
 * Each piece is in the window for a stretch of time. Stretches begin and end in the order of the pieces, so the largest of
 * those that are under way comes from a monotone queue (Lemire 2006, as in ../kernels/sliding-maximum.ts), one event per
 * beginning or end: O(1) amortised per piece, whatever the window.
 */
import { isBefore, type Moment, moved, type Piece, PieceList, type Pieces } from './pieces.ts'

/** A value and the stretch of time in which a window sees it; `until` is no longer in it, null is for ever. */
type Stretch = { readonly from: Moment; readonly until: Moment | null; readonly value: number }

/** What lies behind the last piece: its value for ever, or nothing from a moment on. */
export type End = Moment | null

/**
 * The largest value in [t + from, t + to] at each t. Where the window begins before the function, the later part counts.
 *
 * @param interval seconds, from <= to; `to` Infinity is without end
 * @param end      without one the last value holds for ever
 */
export function futureSupremum(pieces: Pieces, { from, to }: { from: number; to: number }, end: End): Pieces {
  const stretches = pieces.map((piece, i): Stretch => {
    const next = pieces[i + 1] ?? end
    return {
      from: { time: moved(piece.time, -to), behind: piece.behind },
      until: next === null ? null : { time: moved(next.time, -from), behind: next.behind },
      value: piece.value,
    }
  })
  const [first] = pieces
  // The function is not defined before 0 by looking ahead alone, nor without an end before it begins: as in RTAMT.
  const start = to === Number.POSITIVE_INFINITY ? first.time : Math.max(Math.min(0, first.time), stretches[0].from.time)
  return supremum(stretches, { time: start, behind: first.behind && start === first.time })
}

/**
 * The largest value in [t - to, t - from] at each t; -Infinity where the window lies before the function.
 *
 * @param interval seconds, from <= to; `to` Infinity is without end
 */
export function pastSupremum(pieces: Pieces, { from, to }: { from: number; to: number }): Pieces {
  const stretches = pieces.map((piece: Piece, i): Stretch => {
    const next = pieces[i + 1]
    const hasEnd = next !== undefined && to !== Number.POSITIVE_INFINITY
    return {
      from: { time: moved(piece.time, from), behind: piece.behind },
      until: hasEnd ? { time: moved(next.time, to), behind: next.behind } : null,
      value: piece.value,
    }
  })
  const [first] = pieces
  const start = from === 0 ? first : { time: Math.min(0, first.time), behind: false }
  return supremum(stretches, start)
}

/** The largest value of the stretches under way, -Infinity where there is none. */
function supremum(stretches: readonly Stretch[], start: Moment): Pieces {
  const out = new PieceList()
  out.add(start, Number.NEGATIVE_INFINITY)
  const queue: Stretch[] = []
  let head = 0
  let next = 0
  for (;;) {
    const beginning = stretches[next]?.from
    const ending = head < queue.length ? queue[head].until : null
    if (beginning === undefined && ending === null) break
    const moment = beginning === undefined || (ending !== null && isBefore(ending, beginning)) ? ending! : beginning
    while (head < queue.length && hasEnded(queue[head], moment)) head++
    for (; next < stretches.length && !isBefore(moment, stretches[next].from); next++) {
      // A value that is not larger and leaves earlier can never be the largest again.
      while (queue.length > head && queue[queue.length - 1].value <= stretches[next].value) queue.pop()
      if (!hasEnded(stretches[next], moment)) queue.push(stretches[next])
    }
    const value = head < queue.length ? queue[head].value : Number.NEGATIVE_INFINITY
    out.add(isBefore(moment, start) ? start : moment, value)
  }
  return out.pieces
}

function hasEnded({ until }: Stretch, moment: Moment): boolean {
  return until !== null && !isBefore(moment, until)
}
