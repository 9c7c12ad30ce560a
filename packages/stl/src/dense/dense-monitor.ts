/** A formula that looks back, watched in dense time. */
import { errorAt, StlError } from '../errors.ts'
import { openState, sealState, stateError } from '../online/saved-monitor.ts'
import { pointwise, valueError } from '../program/pointwise.ts'
import { assertTime, FIRST_TEMPORAL, looksAhead, OP, type Operation, type Program } from '../program/program.ts'
import { noNumber } from '../trace/columns.ts'
import { beginnings, seenBy } from './evaluate.ts'
import { type Moment, type Piece, PieceList, type Pieces, visitBoth } from './pieces.ts'
import { SlidingPast, STRETCHES_MAX } from './sliding-past.ts'

/** Where a value changes: [seconds, robustness]. */
type Breakpoint = [number, number]

/**
 * Computes what denseRobustness() computes, while the trace comes, for formulas without future operators: after a sample at
 * time t the robustness up to t is known. O(1) amortised per change and operation; memory for the changes in one window.
 *
 * @example
 * ```ts
 * const monitor = new DenseMonitor(compile('once[0,1] x > 3', { time: 'dense' }))
 * monitor.push(0, [4]) // [[0, 1]]
 * monitor.push(5, [2]) // []: at 5 s the window [4, 5] has the 4 in it
 * monitor.advance(6.5) // [[6, -1]]: time passes without a sample
 * const other = DenseMonitor.restore(program, monitor.save()) // goes on with the same bits
 * ```
 */
export class DenseMonitor {
  /** names of the signals, in the order of a sample */
  readonly signals: readonly string[]
  private readonly program: Program
  /** per operation its value at `now`; NaN before the first sample */
  private readonly values: Float64Array
  private windows: ReadonlyMap<number, SlidingPast>
  private sample: Float64Array
  /** seconds of the last sample; -Infinity before the first */
  private now = Number.NEGATIVE_INFINITY
  private isBroken = false

  /** @throws {StlError} DENSE_FUTURE; OPTION for a program in steps */
  constructor(program: Program) {
    assertTime(program, 'seconds')
    const ahead = program.operations.find(({ op }) => looksAhead(op))
    if (ahead !== undefined) {
      const message =
        'A monitor in dense time takes formulas that look back: once, historically, since. ' +
        'Write this one with them, or check the whole trace offline.'
      throw errorAt('DENSE_FUTURE', message, { text: program.text, span: ahead.span })
    }
    this.program = program
    this.signals = program.signals
    this.values = new Float64Array(program.operations.length)
    this.sample = new Float64Array(program.signals.length)
    this.windows = windowsOf(program)
    this.reset()
  }

  /**
   * Takes the samples at a time in; they hold from there on.
   *
   * @param time   seconds, later than all before
   * @param sample one number per signal, in the order of `signals`
   * @returns where the robustness changes up to this time, since the time before; the first sample says where it begins
   * @throws {StlError} TRACE_TIME, TRACE_VALUE, TRACE_SHAPE for a sample that is none: it is not taken in, and the next one may
   *   follow; DIVISION_BY_ZERO, NOT_A_NUMBER, MEMORY_LIMIT: the monitor must then be reset
   */
  push(time: number, sample: ArrayLike<number>): Breakpoint[] {
    this.assertGoesOn()
    if (!(time > this.now && time < Number.POSITIVE_INFINITY)) {
      const after = this.now === Number.NEGATIVE_INFINITY ? 'a finite number of seconds' : `later than ${this.now} s`
      throw new StlError('TRACE_TIME', `The time of a sample must be ${after}, received ${time}. Leave the sample out.`)
    }
    for (const [i, name] of this.signals.entries()) {
      if (sample.length <= i) {
        const message = `A sample must hold ${this.signals.length} numbers, received ${sample.length} at ${time} s.`
        throw new StlError('TRACE_SHAPE', message)
      }
      if (!(sample[i] <= Number.POSITIVE_INFINITY)) throw noNumber(name, `${time} s`)
    }
    this.sample = Float64Array.from({ length: this.signals.length }, (_, i) => sample[i])
    this.isBroken = true
    const changes = this.run(time)
    this.isBroken = false
    return changes
  }

  /**
   * Lets time pass without a sample: the signals keep their values.
   *
   * @returns and throws as push()
   */
  advance(time: number): Breakpoint[] {
    if (this.now === Number.NEGATIVE_INFINITY) {
      throw new StlError('TRACE_EMPTY', 'Time cannot pass before the first sample. Call push() first.')
    }
    return this.push(time, this.sample)
  }

  /** Forgets the trace. */
  reset(): void {
    this.now = Number.NEGATIVE_INFINITY
    this.values.fill(0)
    this.sample.fill(0)
    this.windows = windowsOf(this.program)
    this.isBroken = false
  }

  /**
   * The state as bytes; the layout is in ../online/saved-monitor.ts.
   *
   * @throws {StlError} OPTION after an error that needs a reset
   */
  save(): Uint8Array {
    this.assertGoesOn()
    const numbers = [this.now, ...this.sample, ...this.values]
    for (const window of this.windows.values()) for (const number of window.numbers()) numbers.push(number)
    return sealState(this.program, Float64Array.from(numbers))
  }

  /**
   * A monitor that goes on where another was saved.
   *
   * @param program the program of that monitor, compiled from the same formula in the same way
   * @throws {StlError} MONITOR_STATE for bytes that are not such a state; DENSE_FUTURE
   */
  static restore(program: Program, bytes: Uint8Array): DenseMonitor {
    const monitor = new DenseMonitor(program)
    const fixed = 1 + monitor.sample.length + monitor.values.length
    const numbers = openState(program, bytes, fixed + monitor.windows.size * (2 + 3 * STRETCHES_MAX))
    let at = 0
    const next = () => numbers[at++] ?? Number.NaN
    monitor.now = next()
    for (const array of [monitor.sample, monitor.values]) for (let i = 0; i < array.length; i++) array[i] = next()
    if (!(monitor.now < Number.POSITIVE_INFINITY) || numbers.subarray(0, fixed).some(Number.isNaN)) {
      throw stateError('It holds NaN, or no time.')
    }
    for (const window of monitor.windows.values()) {
      const fault = window.restore(next)
      if (fault !== null) throw stateError(`It ${fault}.`)
    }
    if (at !== numbers.length) throw stateError(`It has ${numbers.length} numbers, where ${at} belong to it.`)
    return monitor
  }

  /** Brings every operation to a time. */
  private run(time: number): Breakpoint[] {
    const { operations, result } = this.program
    const isFirst = this.now === Number.NEGATIVE_INFINITY
    const begins = isFirst ? beginnings(this.program, { earliest: time, first: () => ({ time, behind: false }) }) : null
    const columns: Pieces[] = []
    for (const [index, operation] of operations.entries()) {
      const out = new PieceList()
      if (!isFirst) out.add({ time: this.now, behind: false }, this.values[index])
      const seen = (operand: number) =>
        begins === null ? columns[operand] : seenBy(operation.op, columns[operand], begins[operand])
      this.extend(operation, { index, seen, out, time })
      columns.push(out.pieces)
      this.values[index] = out.pieces[out.pieces.length - 1].value
    }
    this.now = time
    const fresh = isFirst ? columns[result] : columns[result].slice(1)
    return fresh.map((piece): Breakpoint => [piece.time, piece.value + 0])
  }

  /** Adds to what an operation was at the time before what it is up to a time. */
  private extend(
    operation: Operation,
    { index, seen, out, time }: { index: number; seen: (operand: number) => Pieces; out: PieceList; time: number },
  ): void {
    const { op, width, value } = operation
    const isFirst = out.pieces.length === 0
    if (op === OP.signal || op === OP.constant) {
      if (op === OP.signal) out.add({ time, behind: false }, this.sample[width])
      else if (isFirst) out.add({ time: Math.min(0, time), behind: false }, value)
      return
    }
    const a = seen(operation.a)
    const b = seen(operation.b < 0 ? operation.a : operation.b)
    if (op < FIRST_TEMPORAL) {
      visitBoth(a, b, (moment, x, y) => {
        const result = pointwise(op, x, y)
        if (Number.isNaN(result)) throw valueError(this.program, operation, { x, y, step: moment.time })
        out.add(moment, result)
      })
    } else if (op === OP.onceWithin) {
      // As denseRobustness() has it: before the window has reached the signal there is nothing, from 0 on.
      const start = value === 0 ? a[0] : { time: Math.min(0, a[0].time), behind: false }
      if (isFirst) out.add(start, Number.NEGATIVE_INFINITY)
      const fresh: readonly Piece[] = isFirst ? a : a.slice(1)
      this.windows.get(index)!.push(fresh, time, (moment: Moment, most) => out.add(moment, most))
    } else {
      let held = isFirst ? Number.NEGATIVE_INFINITY : this.values[index]
      visitBoth(a, b, (moment, left, right) => {
        held = Math.min(left, Math.max(right, held))
        out.add(moment, held)
      })
    }
  }

  private assertGoesOn(): void {
    if (!this.isBroken) return
    const message = 'The formula had no value before, so the monitor cannot go on. Call reset() first.'
    throw new StlError('OPTION', message)
  }
}

function windowsOf({ operations }: Program): ReadonlyMap<number, SlidingPast> {
  const windows = new Map<number, SlidingPast>()
  for (const [index, { op, value, width }] of operations.entries()) {
    if (op === OP.onceWithin) windows.set(index, new SlidingPast({ from: value, to: width }))
  }
  return windows
}
