import { errorAt, type StlError } from '../errors.ts'
import { OP, type OpCode, type Operation, type Program } from './program.ts'

/**
 * An operation that looks at one step only.
 *
 * @param x first operand
 * @param y second operand; ignored by operations of one
 * @returns NaN where the operation has no value, see {@link valueError}
 */
export function pointwise(op: OpCode, x: number, y: number): number {
  switch (op) {
    case OP.negate:
      return -x
    case OP.minimum:
      return x < y ? x : y
    case OP.maximum:
      return x > y ? x : y
    case OP.difference:
      return x === y ? 0 : x - y
    case OP.distance:
      return x === y ? 0 : Math.abs(x - y)
    case OP.positive:
      return x > 0 ? 1 : -1
    case OP.nonNegative:
      return x >= 0 ? 1 : -1
    case OP.indicator:
      return x > 0 ? 1 : 0
    case OP.absolute:
      return Math.abs(x)
    case OP.add:
      return x + y
    case OP.subtract:
      return x - y
    case OP.multiply:
      return x * y
    case OP.divide:
      return y === 0 ? Number.NaN : x / y
    case OP.squareRoot:
      return Math.sqrt(x)
    case OP.exponential:
      return Math.exp(x)
    default:
      return x ** y
  }
}

/**
 * The error for an operation without a value.
 *
 * @param x, y the operands there
 * @param step the step, or in dense time the second
 */
export function valueError(
  { text, time }: Program,
  { op, span }: Operation,
  { x, y, step }: { x: number; y: number; step: number },
): StlError {
  const at = { text, span }
  const when = time === 'steps' ? `step ${step}` : `${step} s`
  if (op === OP.divide && y === 0) {
    const message = `The divisor is 0 at ${when}. Rule that out, for example by max(divisor, 0.001).`
    return errorAt('DIVISION_BY_ZERO', message, at)
  }
  const two = op === OP.squareRoot ? `${x}` : `${x} and ${y}`
  const message = `This has no value at ${when}: its operands are ${two}. Keep them in the range of the operation.`
  return errorAt('NOT_A_NUMBER', message, at)
}
