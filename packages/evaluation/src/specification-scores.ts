import { compileConstraints, type DecisionConsequences, ROBUSTNESS_MAX, signalTrace } from '@vigil/env-wasm'
import { isViolated } from '@vigil/ppo'
import type { SpecificationScores } from '@vigil/runs'
import { robustness } from '@vigil/stl'
import { satisfactionInterval } from './satisfaction-interval.ts'
import type { EvaluationSettings } from './settings.ts'
import type { SplitDecisions } from './team-decisions.ts'

/** What specifications are about: decisions in a row and, where they have consequences, what came of them. */
export type WatchedDecisions = Pick<SplitDecisions, 'labels' | 'actions' | 'decided' | 'margin'> & {
  readonly consequences?: DecisionConsequences
}

type JudgedSettings = Pick<EvaluationSettings, 'agents' | 'environment' | 'specifications'>

/** Stretches of the strip chart. */
const STRIP_LENGTH = 240

/**
 * How robustly the team's decisions on a split keep the specifications in force, in the split's order: what the environment
 * would have computed had one lane walked the whole split in one episode. Judged are the steps that have a value: not the
 * last ones, whose windows reach behind the split, as monitors have no value for them either, and none whose robustness is
 * infinite, as where an operator looks back before the first step. An infinity would be the mean of all.
 *
 * @returns [S] of f64 robustness at every judged step of what has to hold at every step, cut to +-1e6; each at most [n]
 * @throws {StlError} DIVISION_BY_ZERO, NOT_A_NUMBER
 */
export function decisionRobustness(
  settings: Pick<EvaluationSettings, 'agents' | 'environment'>,
  decisions: WatchedDecisions,
): Float64Array[] {
  const { programs, bank } = compileConstraints(settings.environment)
  return programs.map((program, s) => {
    if (decisions.actions.length === 0) return new Float64Array(0)
    const trace = signalTrace({ ...decisions, agentCount: settings.agents }, program.signals)
    const values = robustness(program, trace)
    const complete = values.subarray(0, Math.max(0, values.length - bank!.horizons[s]))
    return complete.filter(Number.isFinite).map((value) => Math.min(ROBUSTNESS_MAX, Math.max(-ROBUSTNESS_MAX, value)))
  })
}

/** Share of the judged steps at which a specification holds; 1 of no steps. */
export function satisfiedRateOf(values: Float64Array): number {
  return values.length === 0 ? 1 : values.reduce((sum, value) => sum + (isViolated(value) ? 0 : 1), 0) / values.length
}

/** The entries of evaluation.json for the specifications in force. */
export function specificationScores(settings: JudgedSettings, decisions: WatchedDecisions): SpecificationScores[] {
  return decisionRobustness(settings, decisions).map((values, s) => {
    const { name, formula, target } = settings.specifications[s]
    const sorted = values.toSorted()
    return {
      name,
      formula,
      target,
      satisfiedRate: satisfiedRateOf(values),
      satisfiedInterval: satisfactionInterval(values),
      robustnessMin: sorted[0] ?? 0,
      robustnessMean: meanOf(values),
      robustnessTail5: meanOf(sorted.subarray(0, Math.ceil(0.05 * sorted.length))),
      strip: stripOf(values),
    }
  })
}

/** Least and mean robustness of equal stretches of the judged steps, for a chart. */
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
