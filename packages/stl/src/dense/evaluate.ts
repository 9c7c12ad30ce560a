/** Programs in dense time: values where the last samples hold for ever, and bounds where they end. */
import { intervalOf } from '../offline/interval-arithmetic.ts'
import { pointwise, valueError } from '../program/pointwise.ts'
import { FIRST_TEMPORAL, looksBack, OP, type OpCode, type Operation, type Program } from '../program/program.ts'
import type { DenseSignals } from './dense-trace.ts'
import {
  begun,
  clipped,
  isBefore,
  type Moment,
  moved,
  type Piece,
  PieceList,
  type Pieces,
  visitBoth,
} from './pieces.ts'
import { futureSupremum, pastSupremum } from './supremum.ts'

/**
 * The value of a program over time, where every signal keeps its last value for ever.
 *
 * @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER
 */
export function evaluate(program: Program, { signals, earliest }: DenseSignals): Pieces {
  const columns: Pieces[] = []
  const begins = beginnings(program, { earliest, first: (signal) => signals[signal][0] })
  for (const operation of program.operations) {
    const { op, a, b, width, value } = operation
    if (op === OP.signal) columns.push(signals[width])
    else if (op === OP.constant) columns.push(constant(value, earliest))
    else {
      const seen = (index: number) => seenBy(op, columns[index], begins[index])
      const operands = { a: seen(a), b: seen(b < 0 ? a : b) }
      columns.push(
        op < FIRST_TEMPORAL ? pointwisePieces(program, operation, operands) : temporalPieces(operation, operands, null),
      )
    }
  }
  return columns[program.result]
}

/** Lower and upper bounds over time. */
export type BoundPieces = { readonly lower: Pieces; readonly upper: Pieces }

/**
 * Bounds of the value of a program, whatever the signals do behind the end; as in robustnessInterval(), where operators
 * without an end are about the trace that there is.
 *
 * @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER
 */
export function evaluateBounds(program: Program, { signals, earliest, end }: DenseSignals): BoundPieces {
  const behind = { time: end, behind: true }
  const columns: BoundPieces[] = []
  const begins = beginnings(program, { earliest, first: (signal) => signals[signal][0] })
  for (const operation of program.operations) {
    const { op, a, b, width, value } = operation
    if (op === OP.signal) {
      const known = clipped(signals[width], { time: end, behind: false })
      const until = (unknown: number) => [...known, { ...behind, value: unknown }]
      columns.push({ lower: until(Number.NEGATIVE_INFINITY), upper: until(Number.POSITIVE_INFINITY) })
    } else if (op === OP.constant) {
      const both = constant(value, earliest)
      columns.push({ lower: both, upper: both })
    } else {
      const second = b < 0 ? a : b
      if (op < FIRST_TEMPORAL) columns.push(boundsPieces(program, operation, { x: columns[a], y: columns[second] }))
      else {
        const bound = (side: 'lower' | 'upper', unknown: number) => {
          const seen = (index: number) => seenBy(op, columns[index][side], begins[index])
          return temporalPieces(operation, { a: seen(a), b: seen(second) }, { ...behind, value: unknown })
        }
        columns.push({
          lower: bound('lower', Number.NEGATIVE_INFINITY),
          upper: bound('upper', Number.POSITIVE_INFINITY),
        })
      }
    }
  }
  return columns[program.result]
}

/**
 * Where each operation begins for one that looks back on it: where all the signals have begun that it reads. What RTAMT's
 * lists have before that (the future of a signal that is still to come, an empty past from 0 on) is no past of the trace,
 * and the value must not depend on where time is counted from.
 *
 * @param earliest seconds at which constants begin: with the first signal
 * @param first    where a signal begins
 */
export function beginnings(
  { operations }: Program,
  { earliest, first }: { earliest: number; first: (signal: number) => Moment },
): Moment[] {
  const begins: Moment[] = []
  for (const { op, a, b, width } of operations) {
    if (op === OP.signal) begins.push(first(width))
    else if (op === OP.constant) begins.push({ time: earliest, behind: false })
    else {
      const [x, y] = [begins[a], begins[b < 0 ? a : b]]
      begins.push(isBefore(x, y) ? y : x)
    }
  }
  return begins
}

/** What an operation sees of an operand, see {@link beginnings}. */
export function seenBy(op: OpCode, operand: Pieces, begin: Moment): Pieces {
  return looksBack(op) ? begun(operand, begin) : operand
}

/** A constant begins before any signal does, and at 0, as in RTAMT. */
function constant(value: number, earliest: number): Pieces {
  return [{ time: Math.min(0, earliest), behind: false, value }]
}

function pointwisePieces(program: Program, operation: Operation, { a, b }: { a: Pieces; b: Pieces }): Pieces {
  const out = new PieceList()
  visitBoth(a, b, (moment, x, y) => {
    const value = pointwise(operation.op, x, y)
    if (Number.isNaN(value)) throw valueError(program, operation, { x, y, step: moment.time })
    out.add(moment, value)
  })
  return out.pieces
}

function boundsPieces(
  program: Program,
  operation: Operation,
  { x, y }: { x: BoundPieces; y: BoundPieces },
): BoundPieces {
  const lower = new PieceList()
  const upper = new PieceList()
  const out = { lower: 0, upper: 0 }
  const both = ({ lower, upper }: BoundPieces) => {
    const pairs: (Moment & { lower: number; upper: number })[] = []
    visitBoth(lower, upper, ({ time, behind }, low, high) => pairs.push({ time, behind, lower: low, upper: high }))
    return pairs
  }
  visitPairs(both(x), both(y), (moment, x, y) => {
    if (!intervalOf(operation.op, { x, y, out })) {
      throw valueError(program, operation, { x: x.lower, y: y.lower, step: moment.time })
    }
    lower.add(moment, out.lower)
    upper.add(moment, out.upper)
  })
  return { lower: lower.pieces, upper: upper.pieces }
}

type Pair = Moment & { readonly lower: number; readonly upper: number }

function visitPairs(x: readonly Pair[], y: readonly Pair[], visit: (moment: Moment, x: Pair, y: Pair) => void): void {
  const indices = (pairs: readonly Pair[]): Pieces => pairs.map(({ time, behind }, value) => ({ time, behind, value }))
  visitBoth(indices(x), indices(y), (moment, i, j) => visit(moment, x[i], y[j]))
}

/**
 * An operation over time.
 *
 * @param unknown what is said of times behind the end by operators without one; null where the last values hold for ever
 */
function temporalPieces(
  { op, width, value }: Operation,
  { a, b }: { a: Pieces; b: Pieces },
  unknown: Piece | null,
): Pieces {
  const interval = { from: value, to: width }
  switch (op) {
    case OP.onceWithin:
      return pastSupremum(a, interval)
    case OP.eventuallyWithin: {
      if (unknown === null || width !== Number.POSITIVE_INFINITY) return futureSupremum(a, interval, null)
      const known = futureSupremum(clipped(a, { time: unknown.time, behind: false }), interval, unknown)
      const isOpen = { ...unknown, time: moved(unknown.time, -value) }
      return withTail(known, isOpen)
    }
    case OP.denseSince:
      return sincePieces(a, b)
    default: {
      if (unknown === null || width !== Number.POSITIVE_INFINITY) return untilPieces(a, b)
      const last = { time: unknown.time, behind: false }
      return withTail(untilPieces(clipped(a, last), clipped(b, last)), unknown)
    }
  }
}

function withTail(pieces: Pieces, tail: Piece): Pieces {
  const out = new PieceList()
  for (const piece of pieces) if (isBefore(piece, tail)) out.add(piece, piece.value)
  out.add(tail, tail.value)
  return out.pieces
}

/** max over s <= t of min(b at s, a in [s, t]): within a piece, min(a, max(b, what it was before)). */
function sincePieces(a: Pieces, b: Pieces): Pieces {
  const out = new PieceList()
  let value = Number.NEGATIVE_INFINITY
  visitBoth(a, b, (moment, left, right) => {
    value = Math.min(left, Math.max(right, value))
    out.add(moment, value)
  })
  return out.pieces
}

/** The same against time. */
function untilPieces(a: Pieces, b: Pieces): Pieces {
  const steps: { moment: Moment; left: number; right: number }[] = []
  visitBoth(a, b, (moment, left, right) => steps.push({ moment, left, right }))
  const values = new Float64Array(steps.length)
  let value = Number.NEGATIVE_INFINITY
  for (let i = steps.length - 1; i >= 0; i--) {
    value = Math.min(steps[i].left, Math.max(steps[i].right, value))
    values[i] = value
  }
  const out = new PieceList()
  for (const [i, { moment }] of steps.entries()) out.add(moment, values[i])
  return out.pieces
}
