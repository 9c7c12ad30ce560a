/**
 * Monitors of Signal Temporal Logic: ../src/online/step.ts over the block that ../src/online/monitor-bank.ts writes. Values
 * are equal to those of the TypeScript Monitor bit for bit; a property test holds both together.
 *
 * Nothing is allocated: registers and state lie where the caller says, so that one module serves any number of owners.
 */
import { pushMaximum, resetMaximum } from './sliding-maximum'
import { pushMean } from './sliding-mean'
import { pushSince, resetSince, SINCE, UNTIL } from './sliding-since'

/** The header of a block; offsets are bytes from its beginning. */
@unmanaged
export class MonitorBank {
  instructionCount: i32
  registerCount: i32
  monitorCount: i32
  constantsAt: usize
  fillsAt: usize
  codeAt: usize
  resultsAt: usize
}

/** One instruction: CODE_STRIDE words. */
@unmanaged
class Instruction {
  op: i32
  a: i32
  b: i32
  register: i32
  /** steps, 0 = without end */
  width: i32
  /** first number of its state */
  state: i32
  /** step at which its operands are there */
  first: u32
  delay: u32
}

/** Operations, as ../src/program/program.ts numbers them. */
const NEGATE = 2
const ABSOLUTE = 3
const SQUARE_ROOT = 4
const EXPONENTIAL = 5
const ADD = 6
const SUBTRACT = 7
const MULTIPLY = 8
const DIVIDE = 9
// 10, a power, is what is none of these.
const MINIMUM = 11
const MAXIMUM = 12
const DIFFERENCE = 13
const DISTANCE = 14
const POSITIVE = 15
const NON_NEGATIVE = 16
const INDICATOR = 17
const DELAY = 18
const ADVANCE = 19
const PAST_MAXIMUM = 20
const PAST_MINIMUM = 21
const FUTURE_MAXIMUM = 22
const FUTURE_MINIMUM = 23
const SINCE_OPERATION = 24
const UNTIL_OPERATION = 25
const MEAN = 26

/** JavaScript's own, because those of AssemblyScript differ in the last bit. */
@external("env", "exp")
declare function exponential(x: f64): f64
@external("env", "pow")
declare function power(x: f64, y: f64): f64

@inline
function instructionAt(bank: MonitorBank, index: i32): Instruction {
  return changetype<Instruction>(changetype<usize>(bank) + bank.codeAt + ((<usize>index) << 5))
}
@inline
function fillOf(bank: MonitorBank, index: i32): f64 {
  return load<f64>(changetype<usize>(bank) + bank.fillsAt + ((<usize>index) << 3))
}
@inline
function cell(array: usize, index: i32): usize {
  return array + ((<usize>index) << 3)
}

/** Puts the constants into registers that other work may have used. */
export function loadConstants(bank: MonitorBank, registers: usize): void {
  memory.copy(registers, changetype<usize>(bank) + bank.constantsAt, (<usize>bank.registerCount) << 3)
}

/** Makes a state, f64 [stateSize], in which no step has been seen. */
export function resetMonitors(bank: MonitorBank, state: usize): void {
  for (let i = 0; i < bank.instructionCount; i++) {
    const instruction = instructionAt(bank, i)
    const op = instruction.op
    const at = cell(state, instruction.state)
    const width = instruction.width
    if (op == DELAY) {
      store<f64>(at, 0)
      for (let k = 1; k <= width; k++) store<f64>(cell(at, k), fillOf(bank, i))
    } else if (op >= PAST_MAXIMUM && op <= FUTURE_MINIMUM) resetMaximum(at, width)
    else if (op == SINCE_OPERATION || op == UNTIL_OPERATION) resetSince(at, width)
    else if (op == MEAN) memory.fill(at, 0, (<usize>(3 + width)) << 3)
  }
}

/**
 * Takes the next sample in.
 *
 * @param registers f64 [registerCount]: the sample first, constants in their places
 * @param step      steps before this one; beyond the largest horizon the number does not matter
 * @returns -1, or the instruction whose value is no number; the state must then be reset
 */
export function pushSample(bank: MonitorBank, registers: usize, state: usize, step: u32): i32 {
  const count = bank.instructionCount
  for (let i = 0; i < count; i++) {
    const instruction = instructionAt(bank, i)
    if (step < instruction.first) continue
    const a = load<f64>(cell(registers, instruction.a))
    const b = load<f64>(cell(registers, instruction.b))
    const op = instruction.op
    const value = op < DELAY ? pointwise(op, a, b) : overTime(instruction, state, a, b)
    if (isNaN(value)) return i
    store<f64>(cell(registers, instruction.register), value)
  }
  return -1
}

/** Whether a monitor has a value at this step. */
export function hasValue(bank: MonitorBank, monitor: i32, step: u32): bool {
  return step >= load<u32>(resultOf(bank, monitor), 4)
}

/** The value after `pushSample`, for the step `horizon` steps ago. */
export function monitorValue(bank: MonitorBank, monitor: i32, registers: usize): f64 {
  return load<f64>(cell(registers, load<i32>(resultOf(bank, monitor)))) + 0
}

@inline
function resultOf(bank: MonitorBank, monitor: i32): usize {
  return changetype<usize>(bank) + bank.resultsAt + ((<usize>monitor) << 3)
}

@inline
function pointwise(op: i32, x: f64, y: f64): f64 {
  switch (op) {
    case NEGATE:
      return -x
    case ABSOLUTE:
      return Math.abs(x)
    case SQUARE_ROOT:
      return Math.sqrt(x)
    case EXPONENTIAL:
      return exponential(x)
    case ADD:
      return x + y
    case SUBTRACT:
      return x - y
    case MULTIPLY:
      return x * y
    case DIVIDE:
      return y == 0 ? NaN : x / y
    case MINIMUM:
      return x < y ? x : y
    case MAXIMUM:
      return x > y ? x : y
    case DIFFERENCE:
      return x == y ? 0 : x - y
    case DISTANCE:
      return x == y ? 0 : Math.abs(x - y)
    case POSITIVE:
      return x > 0 ? 1 : -1
    case NON_NEGATIVE:
      return x >= 0 ? 1 : -1
    case INDICATOR:
      return x > 0 ? 1 : 0
    default:
      return power(x, y)
  }
}

function overTime(instruction: Instruction, state: usize, a: f64, b: f64): f64 {
  const at = cell(state, instruction.state)
  const width = instruction.width
  switch (instruction.op) {
    case DELAY:
      return exchange(at, width, a)
    case ADVANCE:
      return a
    case PAST_MAXIMUM:
    case FUTURE_MAXIMUM:
      return pushMaximum(at, width, a)
    case PAST_MINIMUM:
    case FUTURE_MINIMUM:
      return -pushMaximum(at, width, -a)
    case SINCE_OPERATION:
      return pushSince(at, width, SINCE, a, b)
    case UNTIL_OPERATION:
      return pushSince(at, width, UNTIL, a, b)
    default:
      return pushMean(at, width, a)
  }
}

/** Puts a value into a ring and takes out the one from `width` steps ago. State: | position | width values | */
function exchange(at: usize, width: i32, value: f64): f64 {
  const position = <i32>load<f64>(at)
  const place = cell(at, 1 + position)
  const old = load<f64>(place)
  store<f64>(place, value)
  store<f64>(at, position + 1 == width ? 0 : <f64>(position + 1))
  return old
}
