/** A specification as text again: one spelling for every operator, parentheses where precedence or a reader wants them. */
import { type Bound, type Formula, foldFormula, type Interval, type Specification } from './formula.ts'
import { PRECEDENCE } from './operators.ts'
import { isWord } from './tokens.ts'

/**
 * The text of a specification; parse(print(s)) is s again but for the spans, under every profile.
 *
 * @example
 * ```ts
 * print(parse('calm = load<0.9; G (alarm>0 -> F[0,5] calm)'))
 * // 'calm = load < 0.9; always(alarm > 0 implies eventually[0, 5](calm))'
 * ```
 *
 * @returns one line, definitions first, for example "calm = x < 0.5; always[0, 5](calm)"
 */
export function print({ definitions, formula, name }: Pick<Specification, 'definitions' | 'formula' | 'name'>): string {
  const parts = definitions.map((definition) => `${definition.name} = ${printFormula(definition.formula)}`)
  parts.push(`${name === null ? '' : `${name} = `}${printFormula(formula)}`)
  return parts.join('; ')
}

/** The text of a formula. */
export function printFormula(formula: Formula): string {
  return foldFormula<null, string>(formula, { context: null, pass: () => null, combine: printNode })
}

function printNode(formula: Formula, operands: readonly string[]): string {
  switch (formula.kind) {
    case 'number':
      return String(formula.value)
    case 'boolean':
      return String(formula.value)
    case 'name':
      return printName(formula.name)
    case 'statistic':
      return `${formula.operator}(${operands[0]})[${printBound(formula.window)}]`
    case 'temporal':
      return `${formula.operator}${printInterval(formula.interval)}(${operands[0]})`
    case 'temporal-binary': {
      const [left, right] = sidesOf(formula, operands)
      return `${left} ${formula.operator}${printInterval(formula.interval)} ${right}`
    }
    case 'binary': {
      if (!PRECEDENCE.has(formula.operator)) return `${formula.operator}(${operands.join(', ')})`
      const [left, right] = sidesOf(formula, operands)
      return `${left} ${formula.operator} ${right}`
    }
    case 'unary': {
      const { operator, operand } = formula
      if (!PRECEDENCE.has(operator)) return `${operator}(${operands[0]})`
      const inner = isAtom(operand) ? operands[0] : `(${operands[0]})`
      return operator === 'negate' ? `-${inner}` : `${operator} ${inner}`
    }
  }
}

/** Both operands, in parentheses unless they bind tighter; equal operators may stand to the left. */
function sidesOf(formula: Extract<Formula, { left: Formula }>, [left, right]: readonly string[]): [string, string] {
  const own = PRECEDENCE.get(formula.operator)!
  const leftBinds = bindingOf(formula.left)
  // Only these chain without a reader (or a profile) taking them for something else.
  const chains = ['+', '-', '*', '/', 'and', 'or'].includes(formula.operator)
  const leftStands = leftBinds > own || (leftBinds === own && chains)
  return [leftStands ? left : `(${left})`, bindingOf(formula.right) > own ? right : `(${right})`]
}

/** How tightly a printed formula holds together; a prefix takes in what follows, so it counts as loose as its operator. */
function bindingOf(formula: Formula): number {
  if (isAtom(formula)) return Number.POSITIVE_INFINITY
  return 'operator' in formula ? PRECEDENCE.get(formula.operator)! : 0
}

/** Whether nothing around a printed formula can change how it is read. */
function isAtom(formula: Formula): boolean {
  if (formula.kind === 'number' || formula.kind === 'boolean' || formula.kind === 'name') return true
  return formula.kind === 'statistic' || !PRECEDENCE.has(formula.operator)
}

const PLAIN_NAME = /^[A-Za-z_$][\w$.]*(\[\d+\])?$/

function printName(name: string): string {
  return PLAIN_NAME.test(name) && !isWord(name) ? name : `"${name}"`
}

function printInterval(interval: Interval | null): string {
  if (interval === null) return ''
  return `[${printBound(interval.from)}, ${interval.to === null ? 'inf' : printBound(interval.to)}]`
}

function printBound({ value, unit }: Bound): string {
  return unit === null ? String(value) : `${value} ${unit}`
}
