/** Collects operations; equal ones are kept once, and what the result does not need is dropped. */
import type { Span } from '../errors.ts'
import type { Profile } from '../profile.ts'
import { partOf } from './part.ts'
import { OP, type OpCode, type Operation, type Program, type TimeDomain } from './program.ts'
import type { Clock } from './steps.ts'

/** What an operation needs besides its code; what is left out does not matter to it. */
export type Operands = {
  readonly a?: number
  readonly b?: number
  readonly width?: number
  readonly value?: number
  readonly span: Span
}

export class ProgramBuilder {
  readonly profile: Profile
  readonly clock: Clock
  readonly time: TimeDomain
  private readonly operations: Operation[] = []
  private readonly known = new Map<string, number>()
  private readonly signals = new Map<string, number>()

  constructor({ profile, clock, time }: { profile: Profile; clock: Clock; time: TimeDomain }) {
    this.profile = profile
    this.clock = clock
    this.time = time
  }

  /** @returns the index of the operation */
  emit(op: OpCode, { a = -1, b = -1, width = 0, value = 0, span }: Operands): number {
    const key = `${op} ${a} ${b} ${width} ${value}`
    const before = this.known.get(key)
    if (before !== undefined) return before
    const index = this.operations.push({ op, a, b, width, value, span }) - 1
    this.known.set(key, index)
    return index
  }

  constant(value: number, span: Span): number {
    return this.emit(OP.constant, { value, span })
  }

  signal(name: string, span: Span): number {
    if (!this.signals.has(name)) this.signals.set(name, this.signals.size)
    return this.emit(OP.signal, { width: this.signals.get(name)!, span })
  }

  negate(a: number, span: Span): number {
    const { op, a: inner } = this.operations[a]
    return op === OP.negate ? inner : this.emit(OP.negate, { a, span })
  }

  /** The program whose value is that of `result`. */
  finish(result: number): Program {
    const { operations, signals, profile, clock, time } = this
    return partOf({ text: clock.text, operations, signals: [...signals.keys()], profile, time }, result)
  }
}
