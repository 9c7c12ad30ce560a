/** The largest value in a window into the past, piece by piece: supremum.ts for a function that is still coming. */
import { StlError } from '../errors.ts'
import { type Moment, moved, type Piece } from './pieces.ts'

/** A value, and from and until (Infinity: not known yet) when the window sees it, in seconds. */
type Stretch = { readonly from: number; until: number; readonly value: number }

/** Stretches that a window may hold. */
export const STRETCHES_MAX = 2 ** 20

/**
 * Sees pieces as they come; memory grows with the changes in one window, or not at all for windows without an end.
 */
export class SlidingPast {
  private readonly from: number
  private readonly to: number
  /** to come into the window, in the order of time */
  private pending: Stretch[] = []
  /** in the window: values fall, ends rise */
  private active: Stretch[] = []

  /** @param interval seconds; the window at t is [t - to, t - from] */
  constructor({ from, to }: { from: number; to: number }) {
    this.from = from
    this.to = to
  }

  /**
   * Takes in what is new of the function, and says where the largest value changes.
   *
   * @param pieces in the order of time, up to `now`
   * @param change gets the moments up to `now` at which the value may change, -Infinity for an empty window
   * @throws {StlError} MEMORY_LIMIT
   */
  push(pieces: readonly Piece[], now: number, change: (moment: Moment, value: number) => void): void {
    for (const { time, value } of pieces) {
      const last = this.pending.at(-1) ?? this.active.at(-1)
      if (last !== undefined && this.to !== Number.POSITIVE_INFINITY) last.until = moved(time, this.to)
      this.pending.push({ from: moved(time, this.from), until: Number.POSITIVE_INFINITY, value })
    }
    if (this.pending.length + this.active.length > STRETCHES_MAX) {
      const message = `A window has more than the ${STRETCHES_MAX} changes that a monitor may keep. Shorten the intervals.`
      throw new StlError('MEMORY_LIMIT', message)
    }
    let begun = 0
    let ended = 0
    for (;;) {
      const time = Math.min(
        begun < this.pending.length ? this.pending[begun].from : Number.POSITIVE_INFINITY,
        ended < this.active.length ? this.active[ended].until : Number.POSITIVE_INFINITY,
      )
      if (time > now) break
      while (ended < this.active.length && this.active[ended].until <= time) ended++
      for (; begun < this.pending.length && this.pending[begun].from <= time; begun++)
        this.begin(this.pending[begun], ended)
      change({ time, behind: false }, ended < this.active.length ? this.active[ended].value : Number.NEGATIVE_INFINITY)
    }
    this.pending.splice(0, begun)
    this.active.splice(0, ended)
  }

  /** The stretches, those in the window first, three numbers each: from, until, value. */
  numbers(): number[] {
    const all = [...this.active, ...this.pending]
    return [this.active.length, this.pending.length, ...all.flatMap(({ from, until, value }) => [from, until, value])]
  }

  /**
   * Takes over saved stretches.
   *
   * @param next gives the saved numbers one by one
   * @returns what is wrong, in words that follow "It"; null where nothing is
   */
  restore(next: () => number): string | null {
    const [active, pending] = [next(), next()]
    const isCount = (count: number) => Number.isInteger(count) && count >= 0 && count <= STRETCHES_MAX
    if (!isCount(active) || !isCount(pending)) return `holds ${active} and ${pending} changes in a window`
    const all: Stretch[] = []
    for (let i = 0; i < active + pending; i++) {
      const stretch = { from: next(), until: next(), value: next() }
      const before = all.at(-1)
      const isFirstPending = i === active
      const isInOrder =
        before === undefined || (before.from <= stretch.from && (isFirstPending || before.until <= stretch.until))
      if (Number.isNaN(stretch.value) || !(stretch.until >= stretch.from) || !isInOrder)
        return 'holds changes out of order'
      all.push(stretch)
    }
    this.active = all.slice(0, active)
    this.pending = all.slice(active)
    return null
  }

  /** A value that is not larger and leaves earlier can never be the largest again; without an end none leaves. */
  private begin(stretch: Stretch, ended: number): void {
    const { active } = this
    while (active.length > ended && active[active.length - 1].value <= stretch.value) active.pop()
    const isHidden = this.to === Number.POSITIVE_INFINITY && active.length > ended
    if (!isHidden) active.push(stretch)
  }
}
