import { pointwise } from '../program/pointwise.ts'
import { OP, type OpCode } from '../program/program.ts'

/** A closed interval of numbers. */
export type NumberInterval = { lower: number; upper: number }

/**
 * Every value that a pointwise operation can take when its operands lie in intervals (Moore 1966, "Interval analysis").
 * Operands that are single numbers go through pointwise() itself, so that what is certain is exactly what it will be.
 *
 * Differs: inf - inf, 0 * inf and division by an interval around 0 widen the result; they are errors only between numbers.
 *
 * @returns false where the operation has no value
 */
export function intervalOf(
  op: OpCode,
  { x, y, out }: { x: NumberInterval; y: NumberInterval; out: NumberInterval },
): boolean {
  if (x.lower === x.upper && y.lower === y.upper) {
    out.lower = pointwise(op, x.lower, y.lower)
    out.upper = out.lower
    return !Number.isNaN(out.lower)
  }
  const [lower, upper] = ends(op, x, y)
  out.lower = Number.isNaN(lower) ? Number.NEGATIVE_INFINITY : lower
  out.upper = Number.isNaN(upper) ? Number.POSITIVE_INFINITY : upper
  return true
}

const ALL: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

function ends(op: OpCode, x: NumberInterval, y: NumberInterval): readonly [number, number] {
  switch (op) {
    case OP.negate:
      return [-x.upper, -x.lower]
    case OP.add:
      return [x.lower + y.lower, x.upper + y.upper]
    case OP.subtract:
    case OP.difference:
      return [x.lower - y.upper, x.upper - y.lower]
    case OP.distance:
      return magnitude(x.lower - y.upper, x.upper - y.lower)
    case OP.absolute:
      return magnitude(x.lower, x.upper)
    case OP.multiply:
      return hull(
        product(x.lower, y.lower),
        product(x.lower, y.upper),
        product(x.upper, y.lower),
        product(x.upper, y.upper),
      )
    case OP.divide:
      if (y.lower <= 0 && y.upper >= 0) return ALL
      return hull(x.lower / y.lower, x.lower / y.upper, x.upper / y.lower, x.upper / y.upper)
    case OP.squareRoot:
      return [Math.sqrt(Math.max(0, x.lower)), Math.sqrt(Math.max(0, x.upper))]
    case OP.power:
      return ALL
    default:
      // What is left grows with its operands.
      return [pointwise(op, x.lower, y.lower), pointwise(op, x.upper, y.upper)]
  }
}

function magnitude(lower: number, upper: number): readonly [number, number] {
  if (Number.isNaN(lower) || Number.isNaN(upper)) return [0, Number.POSITIVE_INFINITY]
  if (lower >= 0) return [lower, upper]
  return upper <= 0 ? [-upper, -lower] : [0, Math.max(-lower, upper)]
}

function product(x: number, y: number): number {
  return x === 0 || y === 0 ? 0 : x * y
}

function hull(a: number, b: number, c: number, d: number): readonly [number, number] {
  return [Math.min(a, b, c, d), Math.max(a, b, c, d)]
}
