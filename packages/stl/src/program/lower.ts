/**
 * What each part of a formula means, in operations: the semantics of the language, once.
 *
 * Robustness and truth differ only where numbers become truth (comparisons, and terms that stand as formulas); the
 * operators above are the same minima and maxima in both, as in Donze and Maler 2010, "Robust satisfaction of temporal
 * logic over real-valued signals".
 */

import type { Span } from '../errors.ts'
import type { BinaryOperator, Formula, TemporalBinaryOperator } from '../language/formula.ts'
import type { ProgramBuilder } from './builder.ts'
import { lowerDenseTemporal, lowerDenseTemporalBinary, notDense } from './lower-dense.ts'
import { OP, type OpCode } from './program.ts'
import { type StepInterval, stepsOf, windowSteps } from './steps.ts'

const TRUE = Number.POSITIVE_INFINITY
const FALSE = Number.NEGATIVE_INFINITY

type Node<Kind extends Formula['kind']> = Extract<Formula, { kind: Kind }>

const ARITHMETIC: Readonly<Partial<Record<BinaryOperator, OpCode>>> = {
  '+': OP.add,
  '-': OP.subtract,
  '*': OP.multiply,
  '/': OP.divide,
  pow: OP.power,
  min: OP.minimum,
  max: OP.maximum,
}
const FUNCTIONS: Readonly<Record<string, OpCode>> = {
  negate: OP.negate,
  abs: OP.absolute,
  sqrt: OP.squareRoot,
  exp: OP.exponential,
}
const LOGIC: ReadonlySet<string> = new Set<BinaryOperator>(['and', 'or', 'implies', 'iff', 'xor'])

/** Whether a node whose own truth is asked for (or not) asks its operands for theirs. */
export function asksForTruth(formula: Formula, asTruth: boolean): boolean {
  if (formula.kind === 'statistic') return formula.operator === 'rate'
  if (formula.kind === 'binary') return asTruth && LOGIC.has(formula.operator)
  if (formula.kind === 'unary') return asTruth && !Object.hasOwn(FUNCTIONS, formula.operator)
  return asTruth
}

/**
 * Lowers a node that is no name.
 *
 * @param operands operations of its operands, as {@link asksForTruth} says
 * @param asTruth  whether the node's truth (1 or -1) is asked for, or its number
 */
export function lowerNode(
  builder: ProgramBuilder,
  formula: Exclude<Formula, { kind: 'name' }>,
  { operands: [a, b], asTruth }: { operands: readonly number[]; asTruth: boolean },
): number {
  const { span } = formula
  const asFormula = (number: number) => (asTruth ? builder.emit(OP.positive, { a: number, span }) : number)
  switch (formula.kind) {
    case 'number':
      return asFormula(builder.constant(formula.value, span))
    case 'boolean':
      return builder.constant(formula.value ? TRUE : FALSE, span)
    case 'statistic': {
      if (builder.time === 'seconds') throw notDense(builder, formula.operator, span)
      const width = windowSteps(formula.window, builder.clock)
      const counted = formula.operator === 'rate' ? builder.emit(OP.indicator, { a, span }) : a
      return asFormula(builder.emit(OP.mean, { a: counted, width, span }))
    }
    case 'unary':
      if (Object.hasOwn(FUNCTIONS, formula.operator)) {
        return asFormula(builder.emit(FUNCTIONS[formula.operator], { a, span }))
      }
      return lowerLogicUnary(builder, formula, a)
    case 'temporal':
      return lowerTemporal(builder, formula, a)
    case 'temporal-binary':
      return lowerTemporalBinary(builder, formula, { left: a, right: b })
    case 'binary': {
      const arithmetic = ARITHMETIC[formula.operator]
      if (arithmetic !== undefined) return asFormula(builder.emit(arithmetic, { a, b, span }))
      if (LOGIC.has(formula.operator)) return lowerLogic(builder, formula, { left: a, right: b, asTruth })
      return lowerComparison(builder, formula, { left: a, right: b, asTruth })
    }
  }
}

function lowerLogicUnary(builder: ProgramBuilder, { operator, span }: Node<'unary'>, a: number): number {
  if (builder.time === 'seconds' && operator !== 'not') throw notDense(builder, operator, span)
  const delayed = (value: number) => builder.emit(OP.delay, { a, width: 1, value, span })
  switch (operator) {
    case 'next':
      return builder.emit(OP.advance, { a, width: 1, value: TRUE, span })
    case 's_next':
      return builder.emit(OP.advance, { a, width: 1, value: FALSE, span })
    case 'prev':
      return delayed(TRUE)
    case 's_prev':
      return delayed(FALSE)
    case 'rise':
      // True now and not before; at step 0 nothing was true before.
      return builder.emit(OP.minimum, { a, b: builder.negate(delayed(FALSE), span), span })
    case 'fall':
      return builder.emit(OP.minimum, { a: builder.negate(a, span), b: delayed(TRUE), span })
    default:
      return builder.negate(a, span)
  }
}

function lowerLogic(
  builder: ProgramBuilder,
  { operator, span }: Node<'binary'>,
  { left, right, asTruth }: { left: number; right: number; asTruth: boolean },
): number {
  const and = (a: number, b: number) => builder.emit(OP.minimum, { a, b, span })
  const or = (a: number, b: number) => builder.emit(OP.maximum, { a, b, span })
  const not = (a: number) => builder.negate(a, span)
  const asDistance = builder.profile.equivalence === 'distance' && !asTruth
  switch (operator) {
    case 'and':
      return and(left, right)
    case 'or':
      return or(left, right)
    case 'implies':
      return or(not(left), right)
    case 'xor':
      if (asDistance) return builder.emit(OP.distance, { a: left, b: right, span })
      return or(and(left, not(right)), and(not(left), right))
    default:
      if (asDistance) return not(builder.emit(OP.distance, { a: left, b: right, span }))
      return and(or(not(left), right), or(left, not(right)))
  }
}

/** Robustness ignores whether a comparison is strict; truth does not. */
function lowerComparison(
  builder: ProgramBuilder,
  { operator, span }: Node<'binary'>,
  { left, right, asTruth }: { left: number; right: number; asTruth: boolean },
): number {
  const difference = (a: number, b: number) => builder.emit(OP.difference, { a, b, span })
  const distance = () => builder.emit(OP.distance, { a: left, b: right, span })
  const margin =
    operator === '<' || operator === '<='
      ? difference(right, left)
      : operator === '>' || operator === '>='
        ? difference(left, right)
        : operator === '=='
          ? builder.negate(distance(), span)
          : distance()
  if (!asTruth) return margin
  const isStrict = operator === '<' || operator === '>' || operator === '!=='
  return builder.emit(isStrict ? OP.positive : OP.nonNegative, { a: margin, span })
}

function lowerTemporal(builder: ProgramBuilder, formula: Node<'temporal'>, a: number): number {
  if (builder.time === 'seconds') return lowerDenseTemporal(builder, formula, a)
  const { operator, interval, span } = formula
  const steps = stepsOf(interval, builder.clock)
  switch (operator) {
    case 'always':
      return ahead(builder, window(builder, OP.futureMinimum, { a, steps, span }), { steps, value: TRUE, span })
    case 'eventually':
      return ahead(builder, window(builder, OP.futureMaximum, { a, steps, span }), { steps, value: FALSE, span })
    case 'historically':
      return window(builder, OP.pastMinimum, { a: back(builder, a, { steps, value: TRUE, span }), steps, span })
    case 'once':
      return window(builder, OP.pastMaximum, { a: back(builder, a, { steps, value: FALSE, span }), steps, span })
  }
}

type Sides = { readonly left: number; readonly right: number }
type Timed = { readonly steps: StepInterval; readonly span: Span }

function lowerTemporalBinary(
  builder: ProgramBuilder,
  formula: Node<'temporal-binary'>,
  { left, right }: Sides,
): number {
  if (builder.time === 'seconds') return lowerDenseTemporalBinary(builder, formula, { left, right })
  const { operator, interval, span } = formula
  const timed = { steps: stepsOf(interval, builder.clock), span }
  const not = (a: number) => builder.negate(a, span)
  const operation: Record<TemporalBinaryOperator, () => number> = {
    until: () => until(builder, { left, right }, timed),
    since: () => since(builder, { left, right }, timed),
    // The dual of until.
    release: () => not(until(builder, { left: not(left), right: not(right) }, timed)),
    // RTAMT: always[0, b] left or left until[a, b] right.
    unless: () => {
      const steps = { from: 0, to: timed.steps.to }
      const always = window(builder, OP.futureMinimum, { a: left, steps, span })
      return builder.emit(OP.maximum, { a: always, b: until(builder, { left, right }, timed), span })
    },
  }
  return operation[operator]()
}

/**
 * left U[a, b] right = min(left over the next a steps, (left U[0, b - a] right) a steps on): the left side holds before the
 * step at which the right side does, so the window can be moved.
 */
function until(builder: ProgramBuilder, { left, right: given }: Sides, { steps, span }: Timed): number {
  const { from } = steps
  const right = heldRight(builder, { left, right: given }, span)
  const moved = { steps, value: FALSE, span }
  const core = builder.emit(OP.until, { a: left, b: right, width: widthOf(steps), span })
  if (from === 0) return core
  const before = window(builder, OP.futureMinimum, { a: left, steps: { from: 0, to: from - 1 }, span })
  return builder.emit(OP.minimum, { a: before, b: ahead(builder, core, moved), span })
}

/** The mirror image of {@link until}. */
function since(builder: ProgramBuilder, { left, right: given }: Sides, { steps, span }: Timed): number {
  const { from } = steps
  const right = heldRight(builder, { left, right: given }, span)
  const core = builder.emit(OP.since, { a: left, b: right, width: widthOf(steps), span })
  if (from === 0) return core
  const after = window(builder, OP.pastMinimum, { a: left, steps: { from: 0, to: from - 1 }, span })
  return builder.emit(OP.minimum, { a: after, b: back(builder, core, { steps, value: FALSE, span }), span })
}

function heldRight(builder: ProgramBuilder, { left, right }: Sides, span: Span): number {
  return builder.profile.leftHoldsWithRight ? builder.emit(OP.minimum, { a: left, b: right, span }) : right
}

/** An extreme over a window as long as the interval, wherever it lies. */
function window(builder: ProgramBuilder, op: OpCode, { a, steps, span }: Timed & { a: number }): number {
  const width = widthOf(steps)
  return width === 1 ? a : builder.emit(op, { a, width, span })
}

/** Moves a value forward in time to where the interval begins; `value` stands where there is nothing. */
function ahead(builder: ProgramBuilder, a: number, { steps, value, span }: Timed & { value: number }): number {
  return steps.from === 0 ? a : builder.emit(OP.advance, { a, width: steps.from, value, span })
}

/** Moves a value back in time to where the interval begins; `value` stands where there is nothing. */
function back(builder: ProgramBuilder, a: number, { steps, value, span }: Timed & { value: number }): number {
  return steps.from === 0 ? a : builder.emit(OP.delay, { a, width: steps.from, value, span })
}

/** Steps in an interval; 0 is without end. */
function widthOf({ from, to }: StepInterval): number {
  return to === Number.POSITIVE_INFINITY ? 0 : to - from + 1
}
