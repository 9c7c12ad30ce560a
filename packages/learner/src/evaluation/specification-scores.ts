import { compile, invariantOf, parse, robustness } from '@vigil/stl'
import type { Specification } from '../config/specifications.ts'
import type { SpecificationScores } from '../run-files/evaluation.ts'
import { isViolated } from '../training/constraints/costs.ts'
import { type WatchedDecisions, decisionSignal } from './decision-signals.ts'
import { satisfactionInterval } from './satisfaction-interval.ts'

/** Stretches of the strip chart. */
const STRIP_LENGTH = 240

/** Robustness is cut to this, as the environment's monitors do. */
const ROBUSTNESS_MAX = 1e6

/**
 * What the team's decisions on a split are worth to a specification, in the split's order.
 *
 * @returns [n] robustness at every step of what has to hold at every step, cut to +-1e6
 */
export function decisionRobustness({ formula }: Specification, decisions: WatchedDecisions): Float64Array {
  const program = compile(invariantOf(parse(formula)))
  const trace = Object.fromEntries(program.signals.map((name) => [name, decisionSignal(name, decisions)]))
  const values = robustness(program, trace)
  return values.map((value) => Math.min(ROBUSTNESS_MAX, Math.max(-ROBUSTNESS_MAX, value)))
}

/** Share of the steps at which a specification holds; 1 of no steps. */
export function satisfiedRateOf(values: Float64Array): number {
  return values.length === 0 ? 1 : values.reduce((sum, value) => sum + (isViolated(value) ? 0 : 1), 0) / values.length
}

/** The entry of evaluation.json for one specification. */
export function specificationScores(
  specification: Specification,
  decisions: WatchedDecisions,
): SpecificationScores {
  const values = decisionRobustness(specification, decisions)
  const sorted = values.toSorted()
  return {
    ...specification,
    satisfiedRate: satisfiedRateOf(values),
    satisfiedInterval: satisfactionInterval(values),
    robustnessMin: sorted[0] ?? 0,
    robustnessMean: meanOf(values),
    robustnessTail5: meanOf(sorted.subarray(0, Math.ceil(0.05 * sorted.length))),
    strip: stripOf(values),
  }
}

/** Least and mean robustness of equal stretches of the split, for a chart. */
function stripOf(values: Float64Array): { min: number[]; mean: number[] } {
  const count = Math.min(STRIP_LENGTH, values.length)
  const stretches = Array.from({ length: count }, (_, i) =>
    values.subarray(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count)),
  )
  return { min: stretches.map((stretch) => stretch.reduce((a, b) => Math.min(a, b))), mean: stretches.map(meanOf) }
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
