import { environmentOf } from '@vigil/config'
import { compileConstraints, readsAlerts } from '@vigil/env-wasm'
import type { MetricsCheck } from './finding.ts'
import { dueAfter, lateLines, meanOf, spanOf } from './history.ts'
import { list, percent } from './words.ts'

/** A specification that holds more seldom is as good as never satisfied: nothing shows which way is better. Own choice. */
const NEVER_MAX = 0.01

/** When a specification may be expected to hold now and then; the record names 100 for the related TP = 0. */
const NEVER_AFTER = 100

/** Penalty at more than half of the steps is a part of the reward, not a warning. Own choice; recorded: 99.98 %. */
const PENALTY_MAX = 0.5

/** A new policy acts at random and violates much. The record names 20 for the value loss, which suffers first. */
const PENALTY_AFTER = 20

/** Specifications that are violated at nearly every step. */
export const specificationNeverHolds: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(NEVER_AFTER, config))
  if (config.stlMode === 'off' || lines.length === 0) return null
  const validated = metrics.findLast(({ validation }) => validation !== null)?.validation?.satisfied ?? []
  const found = config.specifications
    .map(({ name }, s) => ({ name, rate: meanOf(lines, ({ stl }) => stl[s]?.satisfiedRate ?? 1) }))
    // Sampled actions err where greedy ones do not: what holds in validation can be kept.
    .filter(({ rate }, s) => rate < NEVER_MAX && (validated[s] ?? 0) < NEVER_MAX)
  if (found.length === 0) return null
  return {
    code: 'SPECIFICATION_NEVER_HOLDS',
    severity: 'problem',
    title: 'A specification holds at hardly any step',
    evidence: `${found.map(({ name, rate }) => `"${name}" holds at ${percent(rate)}`).join(', ')} of the steps (${spanOf(lines)}), below ${percent(NEVER_MAX)}.`,
    cause:
      'What is violated whatever is done tells no action from another: a penalty becomes a constant, a multiplier grows without end.',
    remedy: 'Loosen the formula or lengthen its window; `npx nx run stl:check` tries one on recorded signals.',
  }
}

/** Specifications that nothing has ever violated. */
export const specificationAlwaysHolds: MetricsCheck = (config, metrics) => {
  if (config.stlMode === 'off' || lateLines(metrics, dueAfter(NEVER_AFTER, config)).length === 0) return null
  const names = config.specifications
    .filter((_, s) => metrics.every(({ stl }) => (stl[s]?.satisfiedRate ?? 0) === 1))
    .map(({ name }) => name)
  if (names.length === 0) return null
  return {
    code: 'SPECIFICATION_ALWAYS_HOLDS',
    severity: 'note',
    title: 'A specification was never violated',
    evidence: `${list(names)}: holds at every step of ${spanOf(metrics)}.`,
    cause: 'It constrains nothing that this team can do: its bounds lie beyond what the actions bring about.',
    remedy: 'Nothing need be done. Tighten it if it is meant to constrain.',
  }
}

/** A budget of alerts that nothing presses against: its multiplier is 0, and it is kept more often than it has to be. */
export const budgetDoesNotBind: MetricsCheck = (config, metrics) => {
  const lines = lateLines(metrics, dueAfter(NEVER_AFTER, config))
  if (config.stlMode === 'off' || lines.length === 0) return null
  const { programs } = compileConstraints(environmentOf(config))
  const found = config.specifications.flatMap(({ name, target }, s) => {
    const isFree = readsAlerts(programs[s].signals) && lines.every(({ stl }) => stl[s]?.lambda === 0)
    const rate = meanOf(lines, ({ stl }) => stl[s]?.satisfiedRate ?? 0)
    return isFree && rate > target
      ? [`"${name}" holds at ${percent(rate)} of the steps, asked are ${percent(target)}`]
      : []
  })
  if (found.length === 0) return null
  return {
    code: 'BUDGET_DOES_NOT_BIND',
    severity: 'note',
    title: 'A budget of alerts does not bind',
    evidence: `${found.join('; ')}; the multiplier is 0 throughout (${spanOf(lines)}).`,
    cause: 'The team gives fewer alerts than it may: more analysts would save nothing, fewer might do.',
    remedy: 'Nothing need be done. `npx nx run tools:budget` shows what alerts are worth at other budgets.',
  }
}

/** The penalty is paid nearly always. */
export const penaltyNearlyAlways: MetricsCheck = (config, metrics) => {
  if (config.stlMode !== 'penalty') return null
  const lines = lateLines(metrics, dueAfter(PENALTY_AFTER, config))
  if (lines.length === 0) return null
  // The penalty is paid while any specification is violated: at least as often as the one that is violated most.
  const rate = meanOf(lines, ({ stl }) => Math.max(0, ...stl.map(({ satisfiedRate }) => 1 - satisfiedRate)))
  if (rate <= PENALTY_MAX) return null
  const worst = config.specifications[mostViolated(metrics[metrics.length - 1].stl)]
  return {
    code: 'PENALTY_NEARLY_ALWAYS',
    severity: 'problem',
    title: 'The penalty for violations is paid nearly always',
    evidence: `at ${percent(rate)} of the steps at least (${spanOf(lines)}), above ${percent(PENALTY_MAX)}; most for "${worst.name}", ${worst.formula}.`,
    cause: 'It falls on whoever acts while a window is violated, whatever is done, so it is noise on the reward.',
    remedy: 'Give --stl-mode=lagrangian, or specifications that can be kept, as those of --specifications=default.',
  }
}

function mostViolated(stl: readonly { readonly satisfiedRate: number }[]): number {
  return stl.reduce((worst, { satisfiedRate }, s) => (satisfiedRate < stl[worst].satisfiedRate ? s : worst), 0)
}
