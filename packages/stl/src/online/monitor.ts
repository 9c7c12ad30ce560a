/** A formula watched sample by sample. */
import { StlError } from '../errors.ts'
import { valueError } from '../program/pointwise.ts'
import type { Program } from '../program/program.ts'
import { noNumber } from '../trace/columns.ts'
import { openState, sealState, stateError } from './saved-monitor.ts'
import { faultOfState } from './saved-state.ts'
import { CODE_STRIDE, FIELD, type Schedule, schedule } from './schedule.ts'
import { resetState, runStep } from './step.ts'

/**
 * Computes what robustness() computes, in memory that does not grow with the trace: the value at step t is known when step
 * t + horizon has come. O(1) amortised per sample and operation, whatever the intervals.
 *
 * @example
 * ```ts
 * const monitor = new Monitor(compile('x > 0 -> F[0,2] y > 0', { signals: ['x', 'y'] }))
 * for (const sample of samples) {
 *   const value = monitor.push(sample) // null until monitor.horizon samples have come
 * }
 * const last = monitor.finish() // the values at the last monitor.horizon steps
 * ```
 *
 * A monitor can be saved at any step, and goes on elsewhere with the same bits:
 *
 * @example
 * ```ts
 * const other = Monitor.restore(program, monitor.save())
 * ```
 */
export class Monitor {
  /** names of the signals, in the order of a sample */
  readonly signals: readonly string[]
  /** steps between a sample and the value for it; 0 for formulas that do not look ahead */
  readonly horizon: number
  private readonly program: Program
  private readonly plan: Schedule
  private readonly memory: { readonly registers: Float64Array; readonly state: Float64Array }
  private readonly moment: { step: number; length: number; padded: boolean }
  /** after an error in the middle of a step: parts of the state are a step ahead of others */
  private isBroken = false

  /** @throws {StlError} UNBOUNDED_FUTURE, MEMORY_LIMIT */
  constructor(program: Program) {
    this.program = program
    this.plan = schedule(program)
    this.signals = program.signals
    this.horizon = this.plan.horizon
    this.memory = { registers: this.plan.registers.slice(), state: new Float64Array(this.plan.stateSize) }
    this.moment = { step: 0, length: Number.POSITIVE_INFINITY, padded: program.profile.traceEnd === 'last' }
    resetState(this.plan, this.memory.state)
  }

  /**
   * Takes the next sample in.
   *
   * @param sample one number per signal, in the order of `signals`; more are ignored
   * @returns the value at the step `horizon` steps ago; null while there is none
   * @throws {StlError} TRACE_VALUE, TRACE_SHAPE for a sample that is none: it is not taken in, and the next one may follow;
   *   DIVISION_BY_ZERO, NOT_A_NUMBER for a formula without a value here: the monitor must then be reset
   */
  push(sample: ArrayLike<number>): number | null {
    const { moment, memory, plan, signals } = this
    this.assertGoesOn()
    // NaN and undefined are no smaller than infinity. All are looked at before the first is taken in.
    for (let i = 0; i < signals.length; i++) {
      if (!(sample[i] <= Number.POSITIVE_INFINITY)) throw this.badSample(sample, i)
    }
    for (let i = 0; i < signals.length; i++) memory.registers[i] = sample[i]
    const stopped = runStep(plan, memory, moment)
    if (stopped >= 0) throw this.stoppedAt(stopped)
    return moment.step++ < this.horizon ? null : memory.registers[plan.result] + 0
  }

  /**
   * Says that the trace has ended.
   *
   * @returns the values that were still to come: at the last `horizon` steps, or at all if there were fewer
   * @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER
   */
  finish(): Float64Array {
    const { moment, memory, plan, horizon } = this
    this.assertGoesOn()
    moment.length = moment.step
    const values = new Float64Array(Math.min(horizon, moment.length))
    // Between the end and the first value there may be steps without one, when the trace is shorter than the horizon.
    let count = 0
    for (const end = moment.length + horizon; moment.step < end; moment.step++) {
      const stopped = runStep(plan, memory, moment)
      if (stopped >= 0) throw this.stoppedAt(stopped)
      if (moment.step >= horizon) values[count++] = memory.registers[plan.result] + 0
    }
    return values
  }

  /** Forgets the trace. */
  reset(): void {
    this.moment.step = 0
    this.moment.length = Number.POSITIVE_INFINITY
    this.isBroken = false
    this.memory.registers.set(this.plan.registers)
    resetState(this.plan, this.memory.state)
  }

  /**
   * The state as bytes: as many as the windows need, whatever the length of the trace. The layout is in saved-monitor.ts.
   *
   * @throws {StlError} OPTION behind the end of the trace, or after an error that needs a reset
   */
  save(): Uint8Array {
    this.assertGoesOn()
    const { registers, state } = this.memory
    const numbers = new Float64Array(1 + registers.length + state.length)
    numbers[0] = this.moment.step
    numbers.set(registers, 1)
    numbers.set(state, 1 + registers.length)
    return sealState(this.program, numbers)
  }

  /**
   * A monitor that goes on where another was saved.
   *
   * @param program the program of that monitor, compiled from the same formula in the same way
   * @throws {StlError} MONITOR_STATE for bytes that are not such a state; UNBOUNDED_FUTURE, MEMORY_LIMIT
   */
  static restore(program: Program, bytes: Uint8Array): Monitor {
    const monitor = new Monitor(program)
    const { registers, state } = monitor.memory
    const numbers = openState(program, bytes, 1 + registers.length + state.length)
    const [step] = numbers
    if (numbers.length !== 1 + registers.length + state.length || !Number.isSafeInteger(step) || step < 0) {
      throw stateError('It has another number of steps or of values.')
    }
    registers.set(numbers.subarray(1, 1 + registers.length))
    state.set(numbers.subarray(1 + registers.length))
    const fault = registers.some(Number.isNaN) ? 'holds NaN in a register' : faultOfState(monitor.plan.code, state)
    if (fault !== null) throw stateError(`It ${fault}.`)
    monitor.moment.step = step
    return monitor
  }

  private assertGoesOn(): void {
    if (this.moment.length !== Number.POSITIVE_INFINITY) throw finished()
    if (!this.isBroken) return
    throw new StlError(
      'OPTION',
      'The formula had no value at the last step, so the monitor cannot go on. Call reset() first.',
    )
  }

  private badSample(sample: ArrayLike<number>, signal: number): StlError {
    const { step } = this.moment
    if (signal < sample.length) return noNumber(this.signals[signal], `step ${step}`)
    const wanted = `${this.signals.length} (${this.signals.join(', ')})`
    return new StlError(
      'TRACE_SHAPE',
      `A sample must hold ${wanted}, received ${sample.length} numbers at step ${step}.`,
    )
  }

  private stoppedAt(instruction: number): StlError {
    this.isBroken = true
    const { code, sources } = this.plan
    const at = instruction * CODE_STRIDE
    const { registers } = this.memory
    const operation = sources[instruction]
    return valueError(this.program, operation, {
      x: registers[code[at + FIELD.a]],
      y: operation.b < 0 ? operation.width : registers[code[at + FIELD.b]],
      step: this.moment.step - code[at + FIELD.delay],
    })
  }
}

function finished(): StlError {
  return new StlError('OPTION', 'A monitor takes nothing more behind the end of its trace. Call reset() first.')
}
