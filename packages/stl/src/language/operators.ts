/** From a flat row of operands and operators to a tree, by precedence. */
import { errorAt, type Span } from '../errors.ts'
import type {
  BinaryOperator,
  Formula,
  Interval,
  TemporalBinaryOperator,
  TemporalOperator,
  UnaryOperator,
} from './formula.ts'

/** An operator as it was written, with its interval. */
export type PrefixItem = {
  readonly kind: 'prefix'
  readonly operator: UnaryOperator | TemporalOperator
  readonly interval: Interval | null
  readonly span: Span
}
export type InfixItem = {
  readonly kind: 'infix'
  readonly operator: BinaryOperator | TemporalBinaryOperator
  readonly interval: Interval | null
  readonly span: Span
}
/** One part of a formula without parentheses: prefixes, then an operand, then an infix, and so on. */
export type Item = PrefixItem | InfixItem | { readonly kind: 'operand'; readonly formula: Formula }

/**
 * How tightly operators bind, the tightest first: RTAMT's grammar. A prefix takes in everything to its right that binds
 * tighter: "always a <= b" is always (a <= b), "not a and b" is (not a) and b.
 */
const LEVELS: readonly (readonly (PrefixItem | InfixItem)['operator'][])[] = [
  ['negate'],
  ['*', '/'],
  ['+', '-'],
  ['<', '<=', '>', '>=', '==', '!=='],
  ['not'],
  ['always', 'eventually', 'historically', 'once'],
  ['prev', 'next', 's_prev', 's_next'],
  ['until', 'unless', 'release', 'since'],
  ['and'],
  ['or'],
  ['implies'],
  ['iff'],
  ['xor'],
]

/** How tightly an operator binds: a larger number binds tighter. */
export const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  LEVELS.flatMap((level, i) => level.map((operator): [string, number] => [operator, LEVELS.length - i])),
)

const COMPARISONS: ReadonlySet<string> = new Set(LEVELS[3])
const TEMPORAL_PREFIXES: ReadonlySet<string> = new Set(LEVELS[5])
const TEMPORAL_INFIXES: ReadonlySet<string> = new Set(LEVELS[7])

/**
 * The tree of a row (Dijkstra 1961, the shunting-yard algorithm). Everything associates to the left, but for implies
 * where the profile says otherwise.
 *
 * @throws {StlError} CHAINED_COMPARISON
 */
export function treeOf(
  items: readonly Item[],
  { text, impliesAssociates }: { text: string; impliesAssociates: 'left' | 'right' },
): Formula {
  const operands: Formula[] = []
  const waiting: (PrefixItem | InfixItem)[] = []
  const reduce = () => {
    const item = waiting.pop()!
    const right = operands.pop()!
    operands.push(item.kind === 'prefix' ? applyPrefix(item, right) : applyInfix(item, operands.pop()!, right))
  }
  for (const item of items) {
    if (item.kind === 'operand') {
      operands.push(item.formula)
      continue
    }
    if (item.kind === 'infix') {
      const level = PRECEDENCE.get(item.operator)!
      const toTheRight = item.operator === 'implies' && impliesAssociates === 'right'
      while (waiting.length > 0) {
        const top = waiting[waiting.length - 1]
        const topLevel = PRECEDENCE.get(top.operator)!
        if (topLevel < level || (topLevel === level && toTheRight)) break
        if (topLevel === level && COMPARISONS.has(item.operator)) throw chained(text, item.span)
        reduce()
      }
    }
    waiting.push(item)
  }
  while (waiting.length > 0) reduce()
  return operands[0]
}

function applyPrefix({ operator, interval, span }: PrefixItem, operand: Formula): Formula {
  const whole = { start: span.start, end: operand.span.end }
  return TEMPORAL_PREFIXES.has(operator)
    ? { kind: 'temporal', operator: operator as TemporalOperator, interval, operand, span: whole }
    : { kind: 'unary', operator: operator as UnaryOperator, operand, span: whole }
}

function applyInfix({ operator, interval }: InfixItem, left: Formula, right: Formula): Formula {
  const span = { start: left.span.start, end: right.span.end }
  return TEMPORAL_INFIXES.has(operator)
    ? { kind: 'temporal-binary', operator: operator as TemporalBinaryOperator, interval, left, right, span }
    : { kind: 'binary', operator: operator as BinaryOperator, left, right, span }
}

function chained(text: string, span: Span) {
  return errorAt(
    'CHAINED_COMPARISON',
    'A comparison cannot be compared again: write "a < b and b < c" for "a < b < c", or put parentheses.',
    { text, span },
  )
}
