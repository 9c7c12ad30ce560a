/**
 * Negation normal form of a program: negations wander to the leaves.
 *
 * A smooth value below the robustness of "not p" is minus one above that of p, and one above min(p, q) is a smooth minimum that
 * errs upwards. So instead of rewriting the program, each operation is told from which sides it is wanted: `lower` where
 * an even number of negations is above it, `upper` where it is odd.
 */
import { errorAt, type Program } from '@vigil/stl'
import { OP, type OpCode, type Operation } from '@vigil/stl/program'
import type { Side } from './soft-extremes.ts'

/** How an operation is to be evaluated. */
export type Wanted = {
  /** no smooth approximation in it: one value is both sides */
  readonly isExact: boolean
  readonly lower: boolean
  readonly upper: boolean
}

/** Operations that are smooth themselves; of smooth operands they need no approximation. */
const SMOOTH: ReadonlySet<OpCode> = new Set<OpCode>([
  OP.constant,
  OP.signal,
  OP.negate,
  OP.squareRoot,
  OP.exponential,
  OP.add,
  OP.subtract,
  OP.multiply,
  OP.divide,
  OP.power,
  OP.difference,
  OP.delay,
  OP.advance,
  OP.mean,
])

/** Operations whose bounds need both bounds of both operands. */
const BOTH: ReadonlySet<OpCode> = new Set<OpCode>([OP.absolute, OP.distance, OP.multiply, OP.divide, OP.power])

/** Of a binary 0/1 signal, "1 where it is above 0" is the signal. @returns its operation, or -1 */
export function countedSignal(
  { operations, signals }: Program,
  { op, a }: Operation,
  binarySignals: ReadonlySet<string>,
): number {
  if (op !== OP.indicator || operations[a].op !== OP.positive) return -1
  const leaf = operations[operations[a].a]
  return leaf.op === OP.signal && binarySignals.has(signals[leaf.width]) ? operations[a].a : -1
}

/** For each operation, from which sides it is wanted so that the result can be bounded from below. */
export function negationNormalForm(program: Program, binarySignals: ReadonlySet<string>): Wanted[] {
  const { operations, result } = program
  const isExact: boolean[] = []
  for (const operation of operations) {
    const { op, a, b } = operation
    const smooth = SMOOTH.has(op) || countedSignal(program, operation, binarySignals) >= 0
    isExact.push(smooth && (a < 0 || isCounted(operation) || isExact[a]) && (b < 0 || isExact[b]))
  }
  const wanted = operations.map(() => ({ lower: false, upper: false }))
  wanted[result].lower = true
  for (let i = result; i >= 0; i--) {
    const { a, b } = operations[i]
    const counted = countedSignal(program, operations[i], binarySignals)
    for (const side of ['lower', 'upper'] as const) {
      if (!wanted[i][side]) continue
      if (counted >= 0) wanted[counted][side] = true
      else {
        if (a >= 0) want(wanted[a], sideOfFirst(operations[i], side))
        if (b >= 0) want(wanted[b], sideOfSecond(operations[i], side))
      }
    }
  }
  return wanted.map((sides, i) => ({ ...sides, isExact: isExact[i] }))

  function isCounted(operation: Operation): boolean {
    return countedSignal(program, operation, binarySignals) >= 0
  }
}

/** @throws {StlError} NOT_SMOOTH for a power of which an operand is approximated: its bounds would not be the power's */
export function assertSmooth(program: Program, binarySignals: ReadonlySet<string>): void {
  const wanted = negationNormalForm(program, binarySignals)
  const power = program.operations.find(
    ({ op }, i) => op === OP.power && !wanted[i].isExact && (wanted[i].lower || wanted[i].upper),
  )
  if (power === undefined) return
  const message =
    'pow has no smooth bound where an operand is a minimum, maximum, absolute value, rate or formula. ' +
    'Write a product for a whole exponent, or leave the specification out of direct gradients.'
  throw errorAt('NOT_SMOOTH', message, { text: program.text, span: power.span })
}

/** The other side. */
export function opposite(side: Side): Side {
  return side === 'lower' ? 'upper' : 'lower'
}

function sideOfFirst({ op }: Operation, side: Side): Side | 'both' {
  if (BOTH.has(op)) return 'both'
  return op === OP.negate ? opposite(side) : side
}

function sideOfSecond({ op }: Operation, side: Side): Side | 'both' {
  if (BOTH.has(op)) return 'both'
  return op === OP.subtract || op === OP.difference ? opposite(side) : side
}

function want(sides: Record<Side, boolean>, side: Side | 'both'): void {
  if (side !== 'upper') sides.lower = true
  if (side !== 'lower') sides.upper = true
}
