/** The syntax tree of a specification. Spans are offsets into the text that was parsed. */
import type { Span } from '../errors.ts'

/** Operators before one operand. s_next and s_prev are the strong forms: false where there is no next or previous step. */
export type UnaryOperator = 'negate' | 'not' | 'next' | 's_next' | 'prev' | 's_prev'
/** Functions of one argument. rise and fall hold where the argument becomes true, or false. */
export type UnaryFunction = 'abs' | 'sqrt' | 'exp' | 'rise' | 'fall'
/** Temporal operators before one operand: always G, eventually F, historically H, once O. */
export type TemporalOperator = 'always' | 'eventually' | 'historically' | 'once'
/** Arithmetic, comparisons, logic, and functions of two arguments. */
export type BinaryOperator =
  | ArithmeticOperator
  | ComparisonOperator
  | 'and'
  | 'or'
  | 'implies'
  | 'iff'
  | 'xor'
  | BinaryFunction
type ArithmeticOperator = '+' | '-' | '*' | '/'
type ComparisonOperator = '<' | '<=' | '>' | '>=' | '==' | '!=='
export type BinaryFunction = 'min' | 'max' | 'pow'
/** Temporal operators between two operands: until U, unless W, release R, since S. */
export type TemporalBinaryOperator = 'until' | 'unless' | 'release' | 'since'
/** mean of a value, or rate (share of the steps) of something being true, over a sliding window. */
export type StatisticOperator = 'mean' | 'rate'

/** Units of time; steps do not depend on the sampling period. */
export type Unit = 'steps' | 's' | 'ms' | 'us' | 'ns'

/** One end of an interval: a number or the name of a constant, in a unit; without one, in the other end's, or in the profile's. */
export type Bound = { readonly value: number | string; readonly unit: Unit | null; readonly span: Span }

/** A closed interval of time; `to` null is without end. */
export type Interval = { readonly from: Bound; readonly to: Bound | null; readonly span: Span }

/** A formula or a term: the language gives every expression a number, and calls it true above 0. */
export type Formula =
  | { readonly kind: 'number'; readonly value: number; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  /** a signal, a constant or a definition; `name[100]` is the signal called "name[100]" */
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | {
      readonly kind: 'unary'
      readonly operator: UnaryOperator | UnaryFunction
      readonly operand: Formula
      readonly span: Span
    }
  | {
      readonly kind: 'temporal'
      readonly operator: TemporalOperator
      readonly interval: Interval | null
      readonly operand: Formula
      readonly span: Span
    }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Formula
      readonly right: Formula
      readonly span: Span
    }
  | {
      readonly kind: 'temporal-binary'
      readonly operator: TemporalBinaryOperator
      readonly interval: Interval | null
      readonly left: Formula
      readonly right: Formula
      readonly span: Span
    }
  | {
      readonly kind: 'statistic'
      readonly operator: StatisticOperator
      readonly operand: Formula
      readonly window: Bound
      readonly span: Span
    }

/** `name = formula`; what follows may use the name. */
export type Definition = { readonly name: string; readonly formula: Formula; readonly span: Span }

/** A whole text: definitions, and the formula that it is about (the last one, which may have a name too). */
export type Specification = {
  readonly text: string
  readonly definitions: readonly Definition[]
  readonly formula: Formula
  /** the name of the last formula, as in "out = ..."; null without */
  readonly name: string | null
  /** where that name stands; null without */
  readonly nameSpan: Span | null
}

/** The parts of a formula, in the order in which they are written. */
function operandsOf(formula: Formula): readonly Formula[] {
  switch (formula.kind) {
    case 'number':
    case 'boolean':
    case 'name':
      return []
    case 'binary':
    case 'temporal-binary':
      return [formula.left, formula.right]
    default:
      return [formula.operand]
  }
}

/** How a formula is folded; `Context` goes down the tree, `Result` comes up. */
type Fold<Context, Result> = {
  readonly context: Context
  /** what the operands of a node get, given what the node got */
  readonly pass: (formula: Formula, context: Context) => Context
  /** what becomes of a node, given what became of its operands, in their order */
  readonly combine: (formula: Formula, operands: readonly Result[], context: Context) => Result
}

/**
 * Folds a formula from its leaves up. Trees may be deeper than the stack (10,000 times "not"), so nothing here recurses.
 */
export function foldFormula<Context, Result>(root: Formula, { context, pass, combine }: Fold<Context, Result>): Result {
  const pending = [{ formula: root, context, opened: false }]
  const results: Result[] = []
  while (pending.length > 0) {
    const top = pending[pending.length - 1]
    const operands = operandsOf(top.formula)
    if (top.opened || operands.length === 0) {
      pending.pop()
      const made = results.splice(results.length - operands.length, operands.length)
      results.push(combine(top.formula, made, top.context))
    } else {
      top.opened = true
      const passed = pass(top.formula, top.context)
      for (let i = operands.length - 1; i >= 0; i--) {
        pending.push({ formula: operands[i], context: passed, opened: false })
      }
    }
  }
  return results[0]
}
