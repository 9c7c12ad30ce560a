/** What a check prints. */
import { StlError } from '../errors.ts'
import type { Outcome } from './check-formula.ts'

/** What came of a formula. */
export type Result = Outcome | StlError

/** One line of JSON; infinities are the words "inf" and "-inf". */
export function asJson(formula: string, result: Result): string {
  if (result instanceof StlError) {
    const { code, line, column, message } = result
    return JSON.stringify({ formula, error: { code, line, column, message } })
  }
  const { robustness, verdict, bounds } = result
  const numbers =
    robustness instanceof Float64Array
      ? Array.from(robustness, jsonNumber)
      : robustness.map(([time, value]) => [time, jsonNumber(value)])
  const satisfied = verdict === 'inconclusive' ? null : verdict === 'satisfied'
  return JSON.stringify({
    formula,
    robustness: numbers,
    verdict,
    satisfied,
    bounds: [jsonNumber(bounds.lower), jsonNumber(bounds.upper)],
  })
}

/** A few lines for people, the first violation or the place of an error pointed out. */
export function asText(formula: string, result: Result): string {
  if (result instanceof StlError) {
    const { code, line, column, message, excerpt } = result
    const place = excerpt === null || line === null ? '' : ` line ${line}, column ${column}:`
    const shown = excerpt === null ? [] : excerpt.split('\n').map((text) => `    ${text}`)
    return [`error      ${shortened(formula)}`, `  ${code}:${place} ${message}`, ...shown].join('\n')
  }
  const { first, verdict, bounds, violation } = result
  if (verdict === 'inconclusive') {
    const between = `between ${word(bounds.lower)} and ${word(bounds.upper)}`
    return `inconclusive ${shortened(formula)}   robustness ${between}: the trace ends too early to tell`
  }
  const head = `${verdict.padEnd(10)} ${shortened(formula)}   robustness ${word(first)}`
  if (violation === null) return head
  const { step, line, part, samples } = violation
  const values = samples.map(({ name, value }) => `${name} = ${word(value)}`).join(', ')
  const where = `  first violation at step ${step} (line ${line} of the trace)`
  return `${head}\n${where}: ${shortened(part)} has robustness ${word(violation.robustness)}${values && ` with ${values}`}`
}

function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : word(value)
}

function word(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(12))) : value > 0 ? 'inf' : '-inf'
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 100 ? `${line.slice(0, 97)}...` : line
}
