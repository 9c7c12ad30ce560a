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
  const { robustness, satisfied } = result
  const numbers = Array.from(robustness, (value) => (Number.isFinite(value) ? value : word(value)))
  return JSON.stringify({ formula, robustness: numbers, satisfied })
}

/** A few lines for people, the first violation or the place of an error pointed out. */
export function asText(formula: string, result: Result): string {
  if (result instanceof StlError) {
    const { code, line, column, message, excerpt } = result
    const place = excerpt === null || line === null ? '' : ` line ${line}, column ${column}:`
    const shown = excerpt === null ? [] : excerpt.split('\n').map((text) => `    ${text}`)
    return [`error      ${shortened(formula)}`, `  ${code}:${place} ${message}`, ...shown].join('\n')
  }
  const { robustness, satisfied, violation } = result
  const head = `${satisfied ? 'satisfied ' : 'violated  '} ${shortened(formula)}   robustness ${word(robustness[0])}`
  if (violation === null) return head
  const { step, line, part, samples } = violation
  const values = samples.map(({ name, value }) => `${name} = ${word(value)}`).join(', ')
  const where = `  first violation at step ${step} (line ${line} of the trace)`
  return `${head}\n${where}: ${shortened(part)} has robustness ${word(violation.robustness)}${values && ` with ${values}`}`
}

function word(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(12))) : value > 0 ? 'inf' : '-inf'
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 100 ? `${line.slice(0, 97)}...` : line
}
