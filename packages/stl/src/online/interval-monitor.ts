/** Interval robustness of a formula watched sample by sample. */
import { errorAt, StlError } from '../errors.ts'
import { intervalOf, type NumberInterval } from '../offline/interval-arithmetic.ts'
import { type IntervalColumn, intervalColumn } from '../offline/robustness-interval.ts'
import { partOf } from '../program/part.ts'
import { valueError } from '../program/pointwise.ts'
import { assertTime, looksAhead, looksBack, OP, type Operation, type Program } from '../program/program.ts'
import { reachOf } from '../program/reach.ts'
import { noNumber } from '../trace/columns.ts'
import { Monitor } from './monitor.ts'

/** Steps that an interval monitor may keep per value. */
const KEPT_MAX = 2 ** 22

/**
 * Says at once between which values the robustness of the newest step will lie, and narrows it for the steps before as
 * samples come. What looks back only is exact and is carried on as Monitor does it, O(1) amortised per operation. At the
 * newest step a window ahead has one step in it that is known, so what looks ahead is O(1) there too. Where something looks
 * back over what looks ahead, as in `H[0,9] F[0,100] x`, the steps that it looks back on are computed anew with each sample.
 * The steps before the newest are computed when they are asked for, all at once.
 *
 * @example
 * ```ts
 * const monitor = new IntervalMonitor(compile('F[0,2] x > 5'))
 * monitor.push([1]) // { lower: -4, upper: Infinity }
 * monitor.push([7]) // { lower: 2, upper: Infinity }
 * monitor.at(1) // { lower: 2, upper: Infinity }: the step before has seen the 7 too
 * ```
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
  /** per exact value: where its signals are in a sample, and its own sample */
  private readonly sources: readonly Int32Array[]
  private readonly samples: readonly Float64Array[]
  private readonly kept: number
  /** steps before the newest that its value depends on */
  private readonly back: number
  private readonly newestStep: NewestStep
  private count = 0
  private newest: NumberInterval = { lower: 0, upper: 0 }
  private column: IntervalColumn | null = null

  /** @throws {StlError} UNBOUNDED_PAST, MEMORY_LIMIT */
  constructor(program: Program) {
    assertTime(program, 'steps')
    const { ahead, exact } = split(program)
    assertBoundedPast(ahead)
    const { back, forward } = reachOf(ahead)
    this.reach = forward === Number.POSITIVE_INFINITY ? 0 : forward
    this.back = back
    this.kept = back + this.reach + 1
    if (this.kept > KEPT_MAX) {
      throw new StlError(
        'MEMORY_LIMIT',
        `The intervals reach ${this.kept} steps, but at most ${KEPT_MAX} are kept. Shorten them.`,
      )
    }
    this.signals = program.signals
    this.ahead = ahead
    this.newestStep = new NewestStep(ahead)
    this.exact = exact.map((part) => new Monitor(part))
    this.sources = exact.map((part) => Int32Array.from(part.signals, (name) => program.signals.indexOf(name)))
    this.samples = exact.map((part) => new Float64Array(part.signals.length))
    this.rings = exact.map(() => new Float64Array(this.kept))
  }

  /**
   * Takes the next sample in.
   *
   * @param sample one number per signal, in the order of `signals`
   * @returns bounds of the robustness at this step
   * @throws {StlError} TRACE_VALUE, TRACE_SHAPE for a sample that is none: it is not taken in, and the next one may follow;
   *   DIVISION_BY_ZERO, NOT_A_NUMBER for a formula without a value here: the monitor must then be reset
   */
  push(sample: ArrayLike<number>): NumberInterval {
    const { signals, count } = this
    if (sample.length < signals.length) {
      throw new StlError('TRACE_SHAPE', `A sample must hold ${signals.length} numbers, received ${sample.length}.`)
    }
    for (let i = 0; i < signals.length; i++) {
      if (!(sample[i] <= Number.POSITIVE_INFINITY)) throw noNumber(signals[i], `step ${count}`)
    }
    const slot = count % this.kept
    for (let i = 0; i < this.exact.length; i++) {
      const sources = this.sources[i]
      const part = this.samples[i]
      for (let k = 0; k < part.length; k++) part[k] = sample[sources[k]]
      this.rings[i][slot] = this.exact[i].push(part)!
    }
    this.count++
    this.column = null
    this.newest = this.back === 0 ? this.newestStep.compute(this.rings, { slot, step: count }) : this.recomputeNewest()
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
    if (age === 0) return { lower: this.newest.lower + 0, upper: this.newest.upper + 0 }
    this.column ??= this.recompute(this.kept)
    const { lower, upper } = this.column
    return { lower: lower[newest - age] + 0, upper: upper[newest - age] + 0 }
  }

  /** Forgets the trace. */
  reset(): void {
    this.count = 0
    this.column = null
    for (const monitor of this.exact) monitor.reset()
  }

  private recomputeNewest(): NumberInterval {
    const { lower, upper } = this.recompute(this.back + 1)
    return { lower: lower[lower.length - 1], upper: upper[upper.length - 1] }
  }

  /** The last steps, at most `most` of them, as if the trace began with the first. */
  private recompute(most: number): IntervalColumn {
    const length = Math.min(this.count, most)
    const first = (this.count - length) % this.kept
    const known = this.rings.map((ring) => {
      const values = new Float64Array(length)
      const untilEnd = ring.subarray(first, Math.min(ring.length, first + length))
      values.set(untilEnd)
      values.set(ring.subarray(0, length - untilEnd.length), untilEnd.length)
      return { lower: values, upper: values }
    })
    return intervalColumn(this.ahead, { known, length, unbounded: 'open' })
  }
}

const NOTHING: NumberInterval = { lower: 0, upper: 0 }

/** What robustnessInterval() says of the last step, where nothing looks back: every operation needs that step alone. */
class NewestStep {
  private readonly program: Program
  private readonly values: readonly NumberInterval[]
  /** one object for all calls of intervalOf() */
  private readonly operands = { x: NOTHING, y: NOTHING, out: NOTHING }

  constructor(program: Program) {
    this.program = program
    this.values = program.operations.map(({ value }) => ({ lower: value, upper: value }))
  }

  /**
   * @param rings per signal its values
   * @param slot  where the newest one is
   * @returns bounds that the next call overwrites
   */
  compute(rings: readonly Float64Array[], { slot, step }: { slot: number; step: number }): NumberInterval {
    const { program, values, operands } = this
    const { operations } = program
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i]
      const { op, width } = operation
      const out = values[i]
      const a = values[operation.a]
      const b = values[operation.b < 0 ? operation.a : operation.b]
      if (op === OP.signal) {
        out.lower = rings[width][slot]
        out.upper = out.lower
      } else if (op === OP.advance) {
        out.lower = Number.NEGATIVE_INFINITY
        out.upper = Number.POSITIVE_INFINITY
      } else if (op === OP.until) {
        // The right side may hold at a step to come, if the left one does now.
        out.lower = b.lower
        out.upper = width === 1 ? b.upper : Math.max(b.upper, a.upper)
      } else if (op === OP.futureMaximum || op === OP.futureMinimum) {
        out.lower = op === OP.futureMinimum ? Number.NEGATIVE_INFINITY : a.lower
        out.upper = op === OP.futureMaximum ? Number.POSITIVE_INFINITY : a.upper
      } else if (looksBack(op)) {
        // A window of one step, since nothing looks further back.
        const only = op === OP.since ? b : a
        out.lower = only.lower
        out.upper = only.upper
      } else if (op !== OP.constant) {
        operands.x = a
        operands.y = b
        operands.out = out
        if (!intervalOf(op, operands)) throw valueError(program, operation, { x: a.lower, y: b.lower, step })
      }
    }
    return values[program.result]
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
