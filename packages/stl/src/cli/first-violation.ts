import type { Formula, Specification } from '../language/formula.ts'
import { type CompileOptions, clockOf } from '../program/compile.ts'
import { stepsOf } from '../program/steps.ts'

/** Parts looked into at most: each takes an evaluation of the whole trace, and a formula may be 10,000 parts deep. */
const LEVELS_MAX = 100

/**
 * Where a violated formula goes wrong first: into always and historically (the first step that is not as it always should
 * be), into and (the side that does not hold), into definitions; anything else is itself what does not hold, and so is
 * what is {@link LEVELS_MAX} levels down.
 *
 * @param holds  above 0 at the steps at which a formula holds
 * @param length steps of the trace
 */
export function firstViolation(
  { text, formula, definitions }: Specification,
  {
    holds,
    length,
    options,
  }: {
    holds: (formula: Formula) => Float64Array
    length: number
    options: Pick<CompileOptions, 'constants' | 'samplingPeriod' | 'profile'>
  },
): { step: number; part: Formula } {
  const clock = clockOf(text, options)
  let step = 0
  let part = formula
  for (let level = 0; level < LEVELS_MAX; level++) {
    if (part.kind === 'name') {
      const { name } = part
      const definition = definitions.find((candidate) => candidate.name === name)
      if (definition === undefined) return { step, part }
      part = definition.formula
    } else if (part.kind === 'binary' && part.operator === 'and') {
      const left = holds(part.left)[step]
      part = left > 0 ? part.right : part.left
    } else if (part.kind === 'temporal' && (part.operator === 'always' || part.operator === 'historically')) {
      const { from, to } = stepsOf(part.interval, clock)
      const isFuture = part.operator === 'always'
      const first = Math.max(0, isFuture ? step + from : step - to)
      const last = Math.min(length - 1, isFuture ? step + to : step - from)
      const operand = holds(part.operand)
      const found = operand.findIndex((value, s) => s >= first && s <= last && !(value > 0))
      // Only behind the end of the trace, where the last value stands.
      if (found === -1) return { step, part }
      step = found
      part = part.operand
    } else break
  }
  return { step, part }
}
