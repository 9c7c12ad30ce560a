/** Interval robustness of a formula watched sample by sample. */
import { errorAt, StlError } from '../errors.ts'
import type { NumberInterval } from '../offline/interval-arithmetic.ts'
import { type IntervalColumn, intervalColumn } from '../offline/robustness-interval.ts'
import { partOf } from '../program/part.ts'
import { assertTime, looksAhead, looksBack, OP, type Operation, type Program } from '../program/program.ts'
import { reachOf } from '../program/reach.ts'
import { Monitor } from './monitor.ts'

/** Steps that an interval monitor may keep per value. */
const KEPT_MAX = 2 ** 22

/**
 * Says at once between which values the robustness of the newest step will lie, and narrows it for the steps before as
 * samples come. What looks back only is exact and is carried on as Monitor does it; what looks ahead is computed anew from
 * as many steps as its intervals reach, so a query costs time proportional to them.
 *
 * Means over something that looks ahead are summed from another step on than offline: they can differ in the last bit.
 */
export class IntervalMonitor {
  /** names of the signals, in the order of a sample */
  readonly signals: readonly string[]
  /** steps back for which `at` still answers; beyond, nothing changes (or, with unbounded intervals, nothing is kept) */
  readonly reach: number
  private readonly ahead: Program
  private readonly exact: readonly Monitor[]
  /** per exact value: its last `kept` values, a ring */
  private readonly rings: readonly Float64Array[]
  private readonly sources: readonly Int32Array[]
  private readonly kept: number
  private count = 0
  private column: IntervalColumn | null = null

  /** @throws {StlError} UNBOUNDED_PAST, MEMORY_LIMIT */
  constructor(program: Program) {
    assertTime(program, 'steps')
    const { ahead, exact } = split(program)
    assertBoundedPast(ahead)
    const { back, forward } = reachOf(ahead)
    this.reach = forward === Number.POSITIVE_INFINITY ? 0 : forward
    this.kept = back + this.reach + 1
    if (this.kept > KEPT_MAX) {
      throw new StlError(
        'MEMORY_LIMIT',
        `The intervals reach ${this.kept} steps, but at most ${KEPT_MAX} are kept. Shorten them.`,
      )
    }
    this.signals = program.signals
    this.ahead = ahead
    this.exact = exact.map((part) => new Monitor(part))
    this.sources = exact.map((part) => Int32Array.from(part.signals, (name) => program.signals.indexOf(name)))
    this.rings = exact.map(() => new Float64Array(this.kept))
  }

  /**
   * Takes the next sample in.
   *
   * @param sample one number per signal, in the order of `signals`
   * @returns bounds of the robustness at this step
   * @throws {StlError} as Monitor.push
   */
  push(sample: ArrayLike<number>): NumberInterval {
    if (sample.length < this.signals.length) {
      throw new StlError('TRACE_SHAPE', `A sample must hold ${this.signals.length} numbers, received ${sample.length}.`)
    }
    const slot = this.count % this.kept
    for (const [i, monitor] of this.exact.entries()) {
      this.rings[i][slot] = monitor.push(Array.from(this.sources[i], (source) => sample[source]))!
    }
    this.count++
    this.column = null
    return this.at(0)
  }

  /**
   * Bounds of the robustness some steps ago.
   *
   * @param age steps back from the newest one, 0 to `reach`
   * @throws {StlError} OPTION for a step that is not kept
   */
  at(age: number): NumberInterval {
    const newest = Math.min(this.count, this.kept) - 1
    if (!Number.isInteger(age) || age < 0 || age > Math.min(this.reach, newest)) {
      const message = `age must be a whole number from 0 to ${Math.min(this.reach, newest)}, received ${age}.`
      throw new StlError('OPTION', message)
    }
    this.column ??= this.recompute()
    const { lower, upper } = this.column
    return { lower: lower[newest - age] + 0, upper: upper[newest - age] + 0 }
  }

  private recompute(): IntervalColumn {
    const length = Math.min(this.count, this.kept)
    const first = this.count <= this.kept ? 0 : this.count % this.kept
    const known = this.rings.map((ring) => {
      const values = new Float64Array(length)
      values.set(ring.subarray(first, Math.min(ring.length, first + length)))
      if (first > 0) values.set(ring.subarray(0, first), ring.length - first)
      return { lower: values, upper: values }
    })
    return intervalColumn(this.ahead, { known, length, unbounded: 'open' })
  }
}

/**
 * Cuts a program in two: the values that look back only, each a program of its own, and what is made of them, in which
 * they are the signals. What several values share is computed for each.
 */
function split(program: Program): { ahead: Program; exact: Program[] } {
  const { operations, result } = program
  const isAhead = new Uint8Array(operations.length)
  for (const [i, { op, a, b }] of operations.entries()) {
    if (looksAhead(op) || (a >= 0 && isAhead[a] === 1) || (b >= 0 && isAhead[b] === 1)) isAhead[i] = 1
  }
  const exact: Program[] = []
  const rewritten: Operation[] = []
  const place = new Map<number, number>([[-1, -1]])
  const placeOf = (index: number): number => {
    const known = place.get(index)
    if (known !== undefined) return known
    const operation = operations[index]
    const leaf =
      operation.op === OP.constant
        ? operation
        : { ...operation, op: OP.signal, a: -1, b: -1, width: exact.push(partOf(program, index)) - 1 }
    place.set(index, rewritten.push(leaf) - 1)
    return rewritten.length - 1
  }
  for (const [i, operation] of operations.entries()) {
    if (isAhead[i] === 0) continue
    const operands = { a: placeOf(operation.a), b: placeOf(operation.b) }
    place.set(i, rewritten.push({ ...operation, ...operands }) - 1)
  }
  const ahead = { ...program, operations: rewritten, result: placeOf(result), signals: exact.map((_, i) => String(i)) }
  return { ahead, exact }
}

/** @throws {StlError} UNBOUNDED_PAST for an unbounded past operator over one that looks ahead */
function assertBoundedPast({ operations, text }: Program): void {
  const unbounded = operations.find(({ op, width }) => looksBack(op) && op !== OP.delay && width === 0)
  if (unbounded === undefined) return
  const message = 'An unbounded past operator over one that looks ahead would need every step. Give it an interval.'
  throw errorAt('UNBOUNDED_PAST', message, { text, span: unbounded.span })
}
