/** A training made of its figures, for the tests of the diagnosis. Not part of the product. */
import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'
import { sampleMetrics } from '../../runs/src/sample-run.fixture.ts'
import { diagnoseMetrics } from './diagnose.ts'
import type { FindingCode } from './finding.ts'

/** Of the training, in which everything is due that is ever due. */
export const ITERATIONS = 60
/** What the training is configured by, but for the changes of a test. */
export const CONFIG: LabConfigInput = { iterations: ITERATIONS, rowsPerIteration: 1024, minibatchSize: 256 }

/** Figures that differ, in every line or by its iteration. */
export type Change = Partial<IterationMetrics> | ((iteration: number) => Partial<IterationMetrics>)

/** A training that went well, but for the changes; 1,024 events of 4 agents, 10 % threats. */
export function history(change: Change = {}, length = ITERATIONS): IterationMetrics[] {
  return Array.from({ length }, (_, i) => {
    const changes = typeof change === 'function' ? change(i + 1) : change
    const actions = { allow: 2000, block: 250, quarantine: 160, alert: 1686 }
    const critic = { valueLoss: 0.2 + 0.8 / (i + 1), explainedVariance: 0.8 - 0.8 / (i + 1) }
    return sampleMetrics(i + 1, { actions, entropy: 0.6, ...critic, rewardMean: 1.5 - 5 / (i + 1), ...changes })
  })
}

/** Codes of what is found in metrics under a config. */
export function codes(config: LabConfigInput, metrics: readonly IterationMetrics[]): FindingCode[] {
  return diagnoseMetrics(resolveLabConfig({ ...CONFIG, ...config }, 'test'), metrics).map(({ code }) => code)
}

/** Validation of a good team. */
export const good = sampleMetrics(1).validation!
/** Validation of a team that allows everything. */
export const never = { ...good, tp: 0, fn: 100, fp: 0, tn: 900, precision: 0, recall: 0, f1: 0, rewardMean: -0.1 }
/** Validation of a team that stops everything. */
export const always = { ...good, tp: 100, fn: 0, fp: 900, tn: 0, precision: 0.1, recall: 1, f1: 0.18, rewardMean: -7.7 }
/** Figures of the specification in STL. */
export const rule = (satisfiedRate: number) => ({
  name: 'r',
  satisfiedRate,
  robustnessMin: -1,
  lambda: null,
})
/** A config with one specification that is paid for. */
export const STL: LabConfigInput = {
  stlMode: 'penalty',
  specifications: [{ name: 'r', formula: 'G (fp_rate[100] <= 0.02)' }],
}
/** A config with a budget of alerts, which is to be kept at 95 % of the steps. */
export const BUDGET: LabConfigInput = {
  stlMode: 'lagrangian',
  specifications: [{ name: 'r', formula: 'G (alert_rate[100] <= 0.02)', target: 0.95 }],
}
/** Actions drawn at random. */
export const RANDOM = { allow: 1024, block: 1024, quarantine: 1024, alert: 1024 }
/** Actions of agents that allow nearly everything. */
export const ALLOWING = { allow: 4090, block: 2, quarantine: 2, alert: 2 }
