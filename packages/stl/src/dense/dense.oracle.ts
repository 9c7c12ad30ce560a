/**
 * The dense-time semantics once more, straight from the definitions in docs/stl.md: slow, and for tests only. A function that
 * is constant between moments of change takes its values in a closed window at the window's beginning and at the changes in it.
 */
import type { Formula, Interval } from '../language/formula.ts'
import type { Semantics } from '../program/compile.ts'
import type { DenseTrace } from './dense-trace.ts'

const INF = Number.POSITIVE_INFINITY
const least = (values: number[]) => values.reduce((x, y) => Math.min(x, y), INF)
const most = (values: number[]) => values.reduce((x, y) => Math.max(x, y), -INF)

/** One trace whose signals all begin at `start`; formulas in profile rtamt, bounds in seconds. */
export class DenseOracle {
  private readonly changes = new Map<Formula, number[]>()
  private readonly known = new Map<string, number>()
  private readonly ids = new Map<Formula, number>()
  private readonly trace: DenseTrace
  private readonly start: number
  private readonly semantics: Semantics

  constructor(trace: DenseTrace, { start, semantics }: { start: number; semantics: Semantics }) {
    this.trace = trace
    this.start = start
    this.semantics = semantics
  }

  /** Times at which the value of a formula may change, rising. */
  changesOf(formula: Formula): number[] {
    const before = this.changes.get(formula)
    if (before !== undefined) return before
    const made = [...new Set(this.changesMade(formula))].filter((t) => t > this.start).sort((x, y) => x - y)
    this.changes.set(formula, made)
    return made
  }

  private changesMade(formula: Formula): number[] {
    switch (formula.kind) {
      case 'number':
      case 'boolean':
        return []
      case 'name':
        return this.trace[formula.name].map(([time]) => time)
      case 'unary':
        return this.changesOf(formula.operand)
      case 'binary':
        return [...this.changesOf(formula.left), ...this.changesOf(formula.right)]
      case 'temporal':
        return this.moved(this.changesOf(formula.operand), formula)
      case 'temporal-binary':
        return this.moved([...this.changesOf(formula.left), ...this.changesOf(formula.right)], formula)
      default:
        throw new Error(formula.kind)
    }
  }

  private moved(times: number[], { operator, interval }: { operator: string; interval: Interval | null }): number[] {
    const { from, to } = endsOf(interval)
    const sign = ['historically', 'once', 'since'].includes(operator) ? 1 : -1
    const ends = to === INF ? [from] : [from, to]
    return [this.start, ...times].flatMap((t) => [t, ...ends.map((end) => t + sign * end)])
  }

  /** The value at a time that is not before the start. */
  at(formula: Formula, t: number): number {
    if (!this.ids.has(formula)) this.ids.set(formula, this.ids.size)
    const key = `${this.ids.get(formula)} ${t}`
    const before = this.known.get(key)
    if (before !== undefined) return before
    const value = this.computed(formula, t)
    this.known.set(key, value)
    return value
  }

  private computed(formula: Formula, t: number): number {
    const isTruth = this.semantics === 'truth'
    const asFormula = (value: number) => (isTruth ? (value > 0 ? 1 : -1) : value)
    switch (formula.kind) {
      case 'number':
        return asFormula(formula.value)
      case 'boolean':
        return formula.value ? INF : -INF
      case 'name':
        return asFormula(this.trace[formula.name].filter(([time]) => time <= t).at(-1)![1])
      case 'unary': {
        if (formula.operator === 'not') return -this.at(formula.operand, t)
        const x = this.term(formula.operand, t)
        return asFormula(formula.operator === 'abs' ? Math.abs(x) : -x)
      }
      case 'binary':
        return this.binary(formula, t)
      case 'temporal': {
        const { operator, operand, interval } = formula
        const isFuture = operator === 'always' || operator === 'eventually'
        const values = this.timesIn(this.window(interval, t, isFuture), [operand]).map((s) => this.at(operand, s))
        return operator === 'always' || operator === 'historically' ? least(values) : most(values)
      }
      case 'temporal-binary':
        return this.between(formula, t)
      default:
        throw new Error(formula.kind)
    }
  }

  /** The number of a term, whatever the semantics of the whole. */
  private term(formula: Formula, t: number): number {
    if (this.semantics === 'robustness') return this.at(formula, t)
    this.numbers ??= new DenseOracle(this.trace, { start: this.start, semantics: 'robustness' })
    return this.numbers.at(formula, t)
  }
  private numbers: DenseOracle | undefined

  private binary({ operator, left, right }: Extract<Formula, { kind: 'binary' }>, t: number): number {
    const isTruth = this.semantics === 'truth'
    if (['and', 'or', 'implies', 'iff', 'xor'].includes(operator)) {
      const x = this.at(left, t)
      const y = this.at(right, t)
      const apart = x === y ? 0 : Math.abs(x - y)
      if (operator === 'and') return Math.min(x, y)
      if (operator === 'or') return Math.max(x, y)
      if (operator === 'implies') return Math.max(-x, y)
      if (!isTruth) return operator === 'iff' ? -apart : apart
      return (x > 0 === y > 0) === (operator === 'iff')
        ? most([Math.min(Math.abs(x), Math.abs(y))])
        : least([-Math.min(Math.abs(x), Math.abs(y))])
    }
    const x = this.term(left, t)
    const y = this.term(right, t)
    const minus = (a: number, b: number) => (a === b ? 0 : a - b)
    const compared = (holds: boolean, number: number) => (isTruth ? (holds ? 1 : -1) : number)
    const asFormula = (value: number) => (isTruth ? (value > 0 ? 1 : -1) : value)
    switch (operator) {
      case '<':
        return compared(x < y, minus(y, x))
      case '<=':
        return compared(x <= y, minus(y, x))
      case '>':
        return compared(x > y, minus(x, y))
      case '>=':
        return compared(x >= y, minus(x, y))
      case '==':
        return compared(x === y, -Math.abs(minus(x, y)))
      case '!==':
        return compared(x !== y, Math.abs(minus(x, y)))
      case '+':
        return asFormula(x + y)
      case '-':
        return asFormula(x - y)
      case '*':
        return asFormula(x * y)
      case 'min':
        return asFormula(Math.min(x, y))
      case 'max':
        return asFormula(Math.max(x, y))
      default:
        throw new Error(operator)
    }
  }

  private between(
    { operator, interval, left, right }: Extract<Formula, { kind: 'temporal-binary' }>,
    t: number,
  ): number {
    const sign = operator === 'release' ? -1 : 1
    const inside = (from: number, to: number) => this.timesIn({ from, to }, [left]).map((s) => sign * this.at(left, s))
    const window = this.window(interval, t, operator !== 'since')
    const value = most(
      this.timesIn(window, [left, right]).map((s) => {
        return least([sign * this.at(right, s), ...(operator === 'since' ? inside(s, t) : inside(t, s))])
      }),
    )
    if (operator !== 'unless') return sign * value
    return Math.max(value, least(inside(t, window.to)))
  }

  private window(interval: Interval | null, t: number, isFuture: boolean): { from: number; to: number } {
    const { from, to } = endsOf(interval)
    return isFuture ? { from: t + from, to: t + to } : { from: t - to, to: t - from }
  }

  /** Times at which formulas take all the values that they take in a closed window; none where it is before the start. */
  private timesIn({ from, to }: { from: number; to: number }, formulas: Formula[]): number[] {
    if (to < this.start) return []
    const first = Math.max(from, this.start)
    return [first, ...formulas.flatMap((formula) => this.changesOf(formula)).filter((t) => t > first && t <= to)]
  }
}

function endsOf(interval: Interval | null): { from: number; to: number } {
  if (interval === null) return { from: 0, to: INF }
  return { from: interval.from.value as number, to: interval.to === null ? INF : (interval.to.value as number) }
}
