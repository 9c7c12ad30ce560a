/**
 * Monitors that read the same samples, put together as one schedule and one block of bytes: what
 * ../../assembly/monitor-bank.ts runs, once per sample and owner, with all memory of an owner in one array.
 *
 * The block, little-endian; offsets are bytes from its beginning, multiples of 8:
 *
 *   | instructions | registers | monitors | constants at | fills at | code at | results at | 0 |       u32 [8]
 *   | constants f64 [registers] | fills f64 [instructions] | code i32 [instructions, CODE_STRIDE] | result, horizon i32 [monitors, 2] |
 */
import { StlError } from '../errors.ts'
import type { Operation, Program } from '../program/program.ts'
import { CODE_STRIDE, FIELD, type Schedule, STATE_SIZE_MAX, schedule } from './schedule.ts'

/** Words before the tables of a block. */
const HEADER_WORDS = 8

/** Monitors that run side by side. */
export type MonitorBank = {
  /** names of the signals; sample i stands in register i */
  readonly signals: readonly string[]
  /** per monitor: steps between a sample and the value for it */
  readonly horizons: readonly number[]
  /** f64 that a run needs while it computes; constants are put into them before the first step */
  readonly registerCount: number
  /** f64 of state per owner */
  readonly stateSize: number
  /** the block, a multiple of 8 bytes; read only */
  readonly bytes: Uint8Array
  /** [instructions, CODE_STRIDE] as in a Schedule, over the registers and the state of the bank */
  readonly code: Int32Array
  /** [instructions] the monitor that an instruction belongs to, and what it came from */
  readonly sources: readonly { readonly monitor: number; readonly operation: Operation }[]
}

/**
 * Puts monitors together.
 *
 * @param programs at least one
 * @throws {StlError} UNBOUNDED_FUTURE, MEMORY_LIMIT
 */
export function monitorBank(programs: readonly Program[]): MonitorBank {
  const plans = programs.map(schedule)
  const signals = [...new Set(programs.flatMap((program) => program.signals))]
  let registerCount = signals.length
  let stateSize = 0
  const code: number[] = []
  const fills: number[] = []
  const constants: number[] = new Array(registerCount).fill(0)
  const results: number[] = []
  const sources: { monitor: number; operation: Operation }[] = []
  for (const [monitor, plan] of plans.entries()) {
    const own = programs[monitor].signals
    // A register of the program: a signal's, which all share, or its own, behind those of the monitors before.
    const base = registerCount - own.length
    const place = (register: number) => (register < own.length ? signals.indexOf(own[register]) : base + register)
    for (const word of relocated(plan.code, { place, stateBase: stateSize })) code.push(word)
    for (const fill of plan.values) fills.push(fill)
    for (const constant of plan.registers.subarray(own.length)) constants.push(constant)
    for (const operation of plan.sources) sources.push({ monitor, operation })
    results.push(place(plan.result), plan.horizon)
    registerCount += plan.registers.length - own.length
    stateSize += plan.stateSize
  }
  if (stateSize > STATE_SIZE_MAX) {
    const message = `The formulas together need ${stateSize} numbers of state, but at most ${STATE_SIZE_MAX} are kept. Shorten their intervals.`
    throw new StlError('MEMORY_LIMIT', message)
  }
  return {
    signals,
    horizons: plans.map(({ horizon }) => horizon),
    registerCount,
    stateSize,
    bytes: blockOf({ constants, fills, code, results }),
    code: Int32Array.from(code),
    sources,
  }
}

function relocated(
  code: Schedule['code'],
  { place, stateBase }: { place: (register: number) => number; stateBase: number },
): Int32Array {
  const moved = code.slice()
  for (let at = 0; at < moved.length; at += CODE_STRIDE) {
    for (const field of [FIELD.a, FIELD.b, FIELD.register]) moved[at + field] = place(moved[at + field])
    moved[at + FIELD.state] += stateBase
  }
  return moved
}

type Tables = Readonly<Record<'constants' | 'fills' | 'code' | 'results', readonly number[]>>

function blockOf({ constants, fills, code, results }: Tables): Uint8Array {
  const constantsAt = 4 * HEADER_WORDS
  const fillsAt = constantsAt + 8 * constants.length
  const codeAt = fillsAt + 8 * fills.length
  const resultsAt = codeAt + 4 * code.length
  const block = new ArrayBuffer(resultsAt + 4 * results.length)
  const header = [fills.length, constants.length, results.length / 2, constantsAt, fillsAt, codeAt, resultsAt]
  new Uint32Array(block, 0, HEADER_WORDS).set(header)
  new Float64Array(block, constantsAt, constants.length).set(constants)
  new Float64Array(block, fillsAt, fills.length).set(fills)
  new Int32Array(block, codeAt, code.length).set(code)
  new Int32Array(block, resultsAt, results.length).set(results)
  return new Uint8Array(block)
}
