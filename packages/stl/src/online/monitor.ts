/** A formula watched sample by sample. */
import { StlError } from '../errors.ts'
import { valueError } from '../program/pointwise.ts'
import type { Program } from '../program/program.ts'
import { noNumber } from '../trace/columns.ts'
import { CODE_STRIDE, FIELD, type Schedule, schedule } from './schedule.ts'
import { resetState, runStep } from './step.ts'

/**
 * Computes what robustness() computes, in memory that does not grow with the trace: the value at step t is known when step
 * t + horizon has come. O(1) amortised per sample and operation, whatever the intervals.
 *
 * ```ts
 * const monitor = new Monitor(compile('x > 0 -> F[0,2] y > 0', { signals: ['x', 'y'] }))
 * for (const sample of samples) {
 *   const value = monitor.push(sample) // null until monitor.horizon samples have come
 * }
 * const last = monitor.finish() // the values at the last monitor.horizon steps
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
   * @throws {StlError} TRACE_VALUE, TRACE_SHAPE, DIVISION_BY_ZERO, NOT_A_NUMBER; the monitor must then be reset
   */
  push(sample: ArrayLike<number>): number | null {
    const { moment, memory, plan, signals } = this
    if (moment.length !== Number.POSITIVE_INFINITY) throw finished()
    for (let i = 0; i < signals.length; i++) {
      const value = sample[i]
      // NaN and undefined are the values that differ from themselves as numbers.
      if (!(value <= Number.POSITIVE_INFINITY)) throw this.badSample(sample, i)
      memory.registers[i] = value
    }
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
    if (moment.length !== Number.POSITIVE_INFINITY) throw finished()
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
    this.memory.registers.set(this.plan.registers)
    resetState(this.plan, this.memory.state)
  }

  private badSample(sample: ArrayLike<number>, signal: number): StlError {
    const { step } = this.moment
    if (signal < sample.length) return noNumber(this.signals[signal], step)
    const wanted = `${this.signals.length} (${this.signals.join(', ')})`
    return new StlError(
      'TRACE_SHAPE',
      `A sample must hold ${wanted}, received ${sample.length} numbers at step ${step}.`,
    )
  }

  private stoppedAt(instruction: number): StlError {
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
