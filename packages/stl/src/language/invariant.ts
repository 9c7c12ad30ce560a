import type { Formula, Specification } from './formula.ts'

/**
 * What has to hold at every step, where a specification says that something has to: p of `G p`, of `G[0,inf] p`, and of
 * `G G p`. Any other specification is returned as it is.
 *
 * The robustness of `G p` is known when the trace has ended; that of p can be watched step by step, and its smallest value
 * is that of `G p` at step 0.
 *
 * @example
 * ```ts
 * print(invariantOf(parse('G (load < 0.9)'))) // 'load < 0.9'
 * ```
 */
export function invariantOf(specification: Specification): Specification {
  let { formula } = specification
  while (holdsAlways(formula)) formula = formula.operand
  return formula === specification.formula ? specification : { ...specification, formula }
}

function holdsAlways(formula: Formula): formula is Extract<Formula, { kind: 'temporal' }> {
  if (formula.kind !== 'temporal' || formula.operator !== 'always') return false
  const { interval } = formula
  return interval === null || (interval.from.value === 0 && interval.to === null)
}
