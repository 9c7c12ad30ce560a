/** The semantics once more, straight from the definitions in docs/stl.md: slow, and for tests only. */
import type { Formula, Interval } from './language/formula.ts'
import type { ProfileName } from './profile.ts'
import type { Semantics } from './program/compile.ts'

/** What the oracle evaluates on. */
export type Setting = {
  readonly trace: Readonly<Record<string, readonly number[]>>
  readonly length: number
  readonly profile: ProfileName
  readonly semantics: Semantics
}

const INF = Number.POSITIVE_INFINITY
const least = (values: number[]) => values.reduce((x, y) => Math.min(x, y), INF)
const most = (values: number[]) => values.reduce((x, y) => Math.max(x, y), -INF)
const apart = (x: number, y: number) => (x === y ? 0 : Math.abs(x - y))

/** The value of a formula at every step. Intervals must be in steps. */
export function naive(formula: Formula, setting: Setting): number[] {
  return Array.from({ length: setting.length }, (_, t) => (PREPARED.get(formula) ?? prepare(formula))(t, setting))
}

type Evaluate = (t: number, setting: Setting) => number
const PREPARED = new WeakMap<Formula, Evaluate>()

/** Remembers the values of a formula for the setting it was asked for last. */
function prepare(formula: Formula): Evaluate {
  let last: Setting | null = null
  let known: number[] = []
  const evaluate = (t: number, setting: Setting) => {
    if (last !== setting) {
      last = setting
      known = []
    }
    known[t] ??= at(formula, t, setting)
    return known[t]
  }
  PREPARED.set(formula, evaluate)
  return evaluate
}

function value(formula: Formula, t: number, setting: Setting): number {
  return (PREPARED.get(formula) ?? prepare(formula))(t, setting)
}

const numbers = new WeakMap<Setting, Setting>()
const truths = new WeakMap<Setting, Setting>()
function asNumbers(setting: Setting): Setting {
  if (setting.semantics === 'robustness') return setting
  if (!numbers.has(setting)) numbers.set(setting, { ...setting, semantics: 'robustness' })
  return numbers.get(setting)!
}
function asTruths(setting: Setting): Setting {
  if (setting.semantics === 'truth') return setting
  if (!truths.has(setting)) truths.set(setting, { ...setting, semantics: 'truth' })
  return truths.get(setting)!
}

function at(formula: Formula, t: number, setting: Setting): number {
  const truth = setting.semantics === 'truth'
  const term = (number: number) => (truth ? (number > 0 ? 1 : -1) : number)
  switch (formula.kind) {
    case 'number':
      return term(formula.value)
    case 'boolean':
      return formula.value ? INF : -INF
    case 'name':
      return term(setting.trace[formula.name][t])
    case 'statistic': {
      const width = formula.window.value as number
      const inner = formula.operator === 'rate' ? asTruths(setting) : asNumbers(setting)
      const steps = range(Math.max(0, t - width + 1), t)
      const seen = steps.map((s) => value(formula.operand, s, inner))
      const counted = formula.operator === 'rate' ? seen.map((v) => (v > 0 ? 1 : 0)) : seen
      return term(counted.reduce((sum: number, v) => sum + v, 0) / counted.length)
    }
    case 'unary':
      return unary(formula, t, setting)
    case 'temporal': {
      const { operator, operand, interval } = formula
      const isFuture = operator === 'always' || operator === 'eventually'
      const window = isFuture ? ahead(interval, t, setting) : back(interval, t)
      const values = window.map((s) => value(operand, Math.min(s, setting.length - 1), setting))
      return operator === 'always' || operator === 'historically' ? least(values) : most(values)
    }
    case 'temporal-binary':
      return between(formula, t, setting)
    case 'binary':
      return binary(formula, t, setting)
  }
}

function unary(formula: Extract<Formula, { kind: 'unary' }>, t: number, setting: Setting): number {
  const { operator, operand } = formula
  const last = setting.length - 1
  const here = () => value(operand, t, setting)
  const next = (none: number) => {
    if (t < last) return value(operand, t + 1, setting)
    return setting.profile === 'stlcgpp' ? value(operand, last, setting) : none
  }
  const number = () => value(operand, t, asNumbers(setting))
  const term = (v: number) => (setting.semantics === 'truth' ? (v > 0 ? 1 : -1) : v)
  switch (operator) {
    case 'not':
      return -here()
    case 'next':
      return next(INF)
    case 's_next':
      return next(-INF)
    case 'prev':
      return t === 0 ? INF : value(operand, t - 1, setting)
    case 's_prev':
      return t === 0 ? -INF : value(operand, t - 1, setting)
    case 'rise':
      return t === 0 ? here() : Math.min(here(), -value(operand, t - 1, setting))
    case 'fall':
      return t === 0 ? -here() : Math.min(-here(), value(operand, t - 1, setting))
    case 'negate':
      return term(-number())
    case 'abs':
      return term(Math.abs(number()))
    case 'sqrt':
      return term(Math.sqrt(number()))
    case 'exp':
      return term(Math.exp(number()))
  }
}

function binary(formula: Extract<Formula, { kind: 'binary' }>, t: number, setting: Setting): number {
  const { operator, left, right } = formula
  const truth = setting.semantics === 'truth'
  const l = value(left, t, setting)
  const r = value(right, t, setting)
  const x = value(left, t, asNumbers(setting))
  const y = value(right, t, asNumbers(setting))
  const term = (v: number) => (truth ? (v > 0 ? 1 : -1) : v)
  const compared = (holds: boolean, margin: number) => (truth ? (holds ? 1 : -1) : margin)
  const minus = (a: number, b: number) => (a === b ? 0 : a - b)
  const asDistance = setting.profile === 'rtamt' && !truth
  switch (operator) {
    case 'and':
      return Math.min(l, r)
    case 'or':
      return Math.max(l, r)
    case 'implies':
      return Math.max(-l, r)
    case 'iff':
      return asDistance ? -apart(l, r) : Math.max(Math.min(l, r), Math.min(-l, -r))
    case 'xor':
      return asDistance ? apart(l, r) : Math.max(Math.min(l, -r), Math.min(-l, r))
    case '<':
      return compared(x < y, minus(y, x))
    case '<=':
      return compared(x <= y, minus(y, x))
    case '>':
      return compared(x > y, minus(x, y))
    case '>=':
      return compared(x >= y, minus(x, y))
    case '==':
      return compared(x === y, -apart(x, y))
    case '!==':
      return compared(x !== y, apart(x, y))
    case '+':
      return term(x + y)
    case '-':
      return term(x - y)
    case '*':
      return term(x * y)
    case '/':
      return term(x / y)
    case 'min':
      return term(Math.min(x, y))
    case 'max':
      return term(Math.max(x, y))
    case 'pow':
      return term(x ** y)
  }
}

function between(formula: Extract<Formula, { kind: 'temporal-binary' }>, t: number, setting: Setting): number {
  const { operator, interval } = formula
  const last = setting.length - 1
  const sign = operator === 'release' ? -1 : 1
  const left = (s: number) => sign * value(formula.left, Math.min(s, last), setting)
  const right = (s: number) => sign * value(formula.right, Math.min(s, last), setting)
  const together = setting.profile === 'stlcgpp' ? 1 : 0
  if (operator === 'since') {
    return most(back(interval, t).map((s) => least([right(s), ...range(s + 1 - together, t).map(left)])))
  }
  const until = most(ahead(interval, t, setting).map((s) => least([right(s), ...range(t, s - 1 + together).map(left)])))
  if (operator !== 'unless') return sign * until
  const always = least(ahead(interval && { ...interval, from: { ...interval.from, value: 0 } }, t, setting).map(left))
  return Math.max(always, until)
}

/** Steps of a future window; under stlcgpp those behind the end too, where the last value stands. */
function ahead(interval: Interval | null, t: number, { length, profile }: Setting): number[] {
  const { from, to } = endsOf(interval)
  const padding = profile === 'stlcgpp' ? Math.max(from, to === INF ? 0 : to) : 0
  return range(t + from, Math.min(t + to, length - 1 + padding))
}

function back(interval: Interval | null, t: number): number[] {
  const { from, to } = endsOf(interval)
  return range(Math.max(0, t - to), t - from)
}

function endsOf(interval: Interval | null): { from: number; to: number } {
  if (interval === null) return { from: 0, to: INF }
  return { from: interval.from.value as number, to: interval.to === null ? INF : (interval.to.value as number) }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
