/** What may be called, and with how many arguments. */
import { nearestName } from '@vigil/command-line'
import { errorAt, type Span } from '../errors.ts'
import type { BinaryFunction, Bound, Formula, StatisticOperator, UnaryFunction } from './formula.ts'

const UNARY: ReadonlySet<string> = new Set<UnaryFunction>(['abs', 'sqrt', 'exp', 'rise', 'fall'])
const BINARY: ReadonlySet<string> = new Set<BinaryFunction>(['min', 'max', 'pow'])
const STATISTICS: ReadonlySet<string> = new Set<StatisticOperator>(['mean', 'rate'])
const ALL = [...UNARY, ...BINARY, ...STATISTICS]

/** A call as it was written. */
type Call = { readonly name: string; readonly operands: readonly Formula[]; readonly window: Bound | null }

/**
 * The formula of a call; min and max of more than two arguments are taken two at a time.
 *
 * @throws {StlError} UNKNOWN_FUNCTION, ARGUMENTS, WINDOW
 */
export function callOf(
  { name, operands, window }: Call,
  { text, nameSpan, span }: { text: string; nameSpan: Span; span: Span },
): Formula {
  const at = { text, span: nameSpan }
  if (!ALL.includes(name)) {
    const nearest = nearestName(name, ALL)
    const remedy = nearest === null ? `The functions are ${ALL.join(', ')}` : `Did you mean ${nearest}`
    throw errorAt('UNKNOWN_FUNCTION', `"${name}" is no function. ${remedy}${nearest === null ? '.' : '?'}`, at)
  }
  const isStatistic = STATISTICS.has(name)
  if (isStatistic && window === null) {
    throw errorAt('WINDOW', `${name} needs a window: ${name}(signal)[100] is over the last 100 steps.`, { text, span })
  }
  if (!isStatistic && window !== null) {
    throw errorAt('WINDOW', `${name} takes no window. Only mean and rate do.`, { text, span: window.span })
  }
  const atLeast = BINARY.has(name) ? 2 : 1
  const atMost = name === 'min' || name === 'max' ? Number.POSITIVE_INFINITY : atLeast
  if (operands.length < atLeast || operands.length > atMost) {
    const wanted = atMost > atLeast ? `${atLeast} arguments or more` : atLeast === 1 ? '1 argument' : '2 arguments'
    throw errorAt('ARGUMENTS', `${name} takes ${wanted}, found ${operands.length}.`, at)
  }
  const [first] = operands
  if (isStatistic) {
    return { kind: 'statistic', operator: name as StatisticOperator, operand: first, window: window!, span }
  }
  if (UNARY.has(name)) return { kind: 'unary', operator: name as UnaryFunction, operand: first, span }
  const operator = name as BinaryFunction
  return operands.slice(1).reduce((left, right) => ({ kind: 'binary', operator, left, right, span }), first)
}
