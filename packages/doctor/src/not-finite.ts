import { type Config, hasCritic } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'
import type { MetricsCheck } from './finding.ts'
import { list } from './words.ts'

/** Figures of the update that are always there; null then means that they were not finite. */
function lostFigures(config: Config, line: IterationMetrics): string[] {
  const always = ['entropy', 'policyLoss', 'gradNormPolicy', ...(hasCritic(config) ? ['criticLoss'] : [])] as const
  return always.filter((name) => line[name as 'entropy'] === null)
}

/** The weights are lost: NaN and Infinity are written as null. */
export const notFinite: MetricsCheck = (config, metrics) => {
  const last = metrics[metrics.length - 1]
  const lost = lostFigures(config, last)
  if (lost.length === 0) return null
  const first = metrics.find((line) => lostFigures(config, line).length > 0) ?? last
  return {
    code: 'NOT_FINITE',
    severity: 'problem',
    title: 'Figures of the update are not finite',
    evidence: `${list(lost)}: not a number in iteration ${last.iteration}, for the first time in iteration ${first.iteration}.`,
    cause: 'A step was so large that weights or losses overflowed. Nothing that is computed with them means anything.',
    remedy: `Give a smaller --learning-rate (it is ${config.learningRate}), and look for inputs and rewards that are not finite or very large.`,
  }
}
