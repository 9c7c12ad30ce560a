/**
 * From a program to one that runs step by step.
 *
 * An operation whose window reaches w steps ahead is known w steps later: it has a delay. At step t every register holds
 * the value of its operation at step t - delay; where operands of one operation differ in delay, the earlier is held back.
 *
 * The code is flat so that it can run elsewhere too, one state per lane: CODE_STRIDE integers and one number each.
 *
 *   | op | a | b | register | width | state | first step | delay |        value
 */
import { errorAt } from '../errors.ts'
import { maximumStateSize } from '../kernels/sliding-maximum.ts'
import { meanStateSize } from '../kernels/sliding-mean.ts'
import { sinceStateSize } from '../kernels/sliding-since.ts'
import { assertTime, FIRST_TEMPORAL, OP, type OpCode, type Operation, type Program } from '../program/program.ts'

/** Integers of an instruction, and which is which. */
export const CODE_STRIDE = 8
export const FIELD = { op: 0, a: 1, b: 2, register: 3, width: 4, state: 5, first: 6, delay: 7 } as const

/** Numbers of state that a monitor may have: 512 MiB. */
export const STATE_SIZE_MAX = 2 ** 26
/** Steps that a monitor may look ahead: as many are to be run when the trace ends. */
const HORIZON_MAX = 2 ** 24

/** A program that runs step by step. Registers 0 to S - 1 are the sample, constants have theirs filled beforehand. */
export type Schedule = {
  /** [instructions, CODE_STRIDE] */
  readonly code: Int32Array
  /** [instructions] fill of delays and advances */
  readonly values: Float64Array
  /** registers at the beginning; constants are in them */
  readonly registers: Float64Array
  /** numbers of state */
  readonly stateSize: number
  /** register of the result */
  readonly result: number
  /** steps between a sample and the value for it */
  readonly horizon: number
  /** what each instruction came from, for errors */
  readonly sources: readonly Operation[]
}

/** Where a value is, and how many steps late; a constant is never late. */
type Located = { readonly register: number; readonly delay: number; readonly isConstant: boolean }

/**
 * Plans the steps of a program.
 *
 * @throws {StlError} UNBOUNDED_FUTURE, MEMORY_LIMIT
 */
export function schedule(program: Program): Schedule {
  assertTime(program, 'steps')
  const plan = new Plan(program)
  const located: Located[] = []
  for (const operation of program.operations) located.push(plan.place(operation, located))
  return plan.finish(located[program.result])
}

class Plan {
  private readonly program: Program
  private readonly code: number[] = []
  private readonly values: number[] = []
  private readonly sources: Operation[] = []
  private readonly constants: { register: number; value: number }[] = []
  private readonly held = new Map<string, number>()
  private registerCount: number
  private stateSize = 0

  constructor(program: Program) {
    this.program = program
    this.registerCount = program.signals.length
  }

  place(operation: Operation, located: readonly Located[]): Located {
    const { op, width, value } = operation
    if (op === OP.signal) return { register: width, delay: 0, isConstant: false }
    if (op === OP.constant) {
      const register = this.registerCount++
      this.constants.push({ register, value })
      return { register, delay: 0, isConstant: true }
    }
    const a = located[operation.a]
    const b = operation.b < 0 ? a : located[operation.b]
    const ready = Math.max(a.delay, b.delay)
    const operands = { a: this.holdBack(a, ready, operation), b: this.holdBack(b, ready, operation) }
    const delay = ready + this.reachAhead(operation)
    const isConstant = a.isConstant && b.isConstant && op < FIRST_TEMPORAL
    const register = this.instruct(operation, { ...operands, first: ready, delay })
    return { register, delay, isConstant }
  }

  finish({ register, delay }: Located): Schedule {
    const registers = new Float64Array(this.registerCount)
    for (const constant of this.constants) registers[constant.register] = constant.value
    return {
      code: Int32Array.from(this.code),
      values: Float64Array.from(this.values),
      registers,
      stateSize: this.stateSize,
      result: register,
      horizon: delay,
      sources: this.sources,
    }
  }

  /** The register in which a value comes `ready - delay` steps later. */
  private holdBack({ register, delay, isConstant }: Located, ready: number, operation: Operation): number {
    const wait = ready - delay
    if (wait === 0 || isConstant) return register
    const key = `${register} ${wait}`
    const before = this.held.get(key)
    if (before !== undefined) return before
    const source = { ...operation, op: OP.delay, width: wait, value: 0 }
    const held = this.instruct(source, { a: register, b: register, first: delay, delay: ready })
    this.held.set(key, held)
    return held
  }

  private instruct(
    operation: Operation,
    { a, b, first, delay }: { a: number; b: number; first: number; delay: number },
  ): number {
    const register = this.registerCount++
    const { op, width, value } = operation
    this.code.push(op, a, b, register, width, this.stateSize, first, delay)
    this.values.push(value)
    this.sources.push(operation)
    this.stateSize += stateSizeOf(op, width)
    if (this.stateSize <= STATE_SIZE_MAX && delay <= HORIZON_MAX) return register
    const limit =
      delay > HORIZON_MAX
        ? `The formula up to here looks ${delay} steps ahead, but a monitor at most ${HORIZON_MAX}.`
        : `The windows up to here need more than the ${STATE_SIZE_MAX} numbers that a monitor may keep.`
    const message = `${limit} Shorten the intervals, sample less often, or check the whole trace offline.`
    throw errorAt('MEMORY_LIMIT', message, { text: this.program.text, span: operation.span })
  }

  private reachAhead({ op, width, span }: Operation): number {
    if (op === OP.advance) return width
    if (op !== OP.futureMaximum && op !== OP.futureMinimum && op !== OP.until) return 0
    if (width > 0) return width - 1
    const message =
      'Online a future operator needs an end, or its value would never be known, received one without. ' +
      'Give it an interval such as [0,100], use a past operator, or check the whole trace offline.'
    throw errorAt('UNBOUNDED_FUTURE', message, { text: this.program.text, span })
  }
}

function stateSizeOf(op: OpCode, width: number): number {
  switch (op) {
    case OP.delay:
      return 1 + width
    case OP.pastMaximum:
    case OP.pastMinimum:
    case OP.futureMaximum:
    case OP.futureMinimum:
      return maximumStateSize(width)
    case OP.since:
    case OP.until:
      return sinceStateSize(width)
    case OP.mean:
      return meanStateSize(width)
    default:
      return 0
  }
}
