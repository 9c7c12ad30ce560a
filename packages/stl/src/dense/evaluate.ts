/** Programs in dense time: values where the last samples hold for ever, and bounds where they end. */
import { intervalOf } from '../offline/interval-arithmetic.ts'
import { pointwise, valueError } from '../program/pointwise.ts'
import { FIRST_TEMPORAL, OP, type Operation, type Program } from '../program/program.ts'
import type { DenseSignals } from './dense-trace.ts'
import { clipped, isBefore, type Moment, type Piece, PieceList, type Pieces, visitBoth } from './pieces.ts'
import { futureSupremum, pastSupremum } from './supremum.ts'

/**
 * The value of a program over time, where every signal keeps its last value for ever.
 *
 * @param start where constants begin: the trace, or 0 if it begins later, as in RTAMT
 * @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER
 */
export function evaluate(program: Program, { signals, start }: DenseSignals): Pieces {
  const columns: Pieces[] = []
  for (const operation of program.operations) {
    const { op, a, b, width, value } = operation
    if (op === OP.signal) columns.push(signals[width])
    else if (op === OP.constant) columns.push(constant(value, start))
    else {
      const operands = { a: columns[a], b: columns[b < 0 ? a : b] }
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
export function evaluateBounds(program: Program, { signals, start, end }: DenseSignals): BoundPieces {
  const behind = { time: end, behind: true }
  const columns: BoundPieces[] = []
  for (const operation of program.operations) {
    const { op, a, b, width, value } = operation
    if (op === OP.signal) {
      const known = clipped(signals[width], { time: end, behind: false })
      const until = (unknown: number) => [...known, { ...behind, value: unknown }]
      columns.push({ lower: until(Number.NEGATIVE_INFINITY), upper: until(Number.POSITIVE_INFINITY) })
    } else if (op === OP.constant) {
      const both = constant(value, start)
      columns.push({ lower: both, upper: both })
    } else {
      const x = columns[a]
      const y = columns[b < 0 ? a : b]
      if (op < FIRST_TEMPORAL) columns.push(boundsPieces(program, operation, { x, y }))
      else {
        const bound = (side: 'lower' | 'upper', unknown: number) =>
          temporalPieces(operation, { a: x[side], b: y[side] }, { ...behind, value: unknown })
        columns.push({
          lower: bound('lower', Number.NEGATIVE_INFINITY),
          upper: bound('upper', Number.POSITIVE_INFINITY),
        })
      }
    }
  }
  return columns[program.result]
}

function constant(value: number, start: number): Pieces {
  return [{ time: Math.min(0, start), behind: false, value }]
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
      const isOpen = { ...unknown, time: unknown.time - value }
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
