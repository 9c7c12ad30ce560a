import type { ScoredTraining } from '@vigil/learner'

/** The iterations whose losses are shown. */
export const LOSS_ITERATIONS = [10, 50, 100, 200, 300] as const

type Measured = number | null

/** The critic's losses after so many iterations. */
type LossesAt = {
  readonly iteration: (typeof LOSS_ITERATIONS)[number]
  readonly criticLoss: Measured
  readonly valueLoss: Measured
}

/** What came of one training, or the means over several seeds. */
export type Figures = {
  /** Of LOSS_ITERATIONS; null where the training was shorter, or the figure was not finite. */
  readonly losses: readonly LossesAt[]
  /** Means over the last tenth of the iterations, as far as `restrictiveShare`. */
  readonly explainedVariance: Measured
  readonly explainableVarianceCeiling: Measured
  readonly timeToGoShare: Measured
  /** Of one agent for one event while it explores. */
  readonly rewardMean: Measured
  readonly entropy: Measured
  /** Restrictive actions among all that the agents sampled. */
  readonly restrictiveShare: Measured
  /** Greedy decisions of the team on the test split, after the last iteration; null of a training that came to no end. */
  readonly tp: Measured
  readonly fp: Measured
  readonly tn: Measured
  readonly fn: Measured
  readonly f1: Measured
  readonly accuracy: Measured
  /** Share of its decisions that are alerts, and of the events without a decision. */
  readonly alertRate: Measured
  readonly undecidedRate: Measured
  /** Collecting and updating, without validations. */
  readonly learningSeconds: number
}

/** A training and its scores; null where it came to no end. */
type Training = Pick<ScoredTraining, 'metrics'> & { readonly lastWeights: ScoredTraining['lastWeights'] | null }

/** @see Figures */
export function figuresOf({ metrics, lastWeights }: Training): Figures {
  const tenth = metrics.slice(-Math.ceil(metrics.length / 10))
  const { tp, fp, tn, fn, f1, accuracy, alertRate, undecidedRate } = lastWeights?.team ?? NO_SCORES
  return {
    losses: LOSS_ITERATIONS.map((iteration) => {
      const line = metrics.find((one) => one.iteration === iteration)
      return { iteration, criticLoss: line?.criticLoss ?? null, valueLoss: line?.valueLoss ?? null }
    }),
    explainedVariance: mean(tenth.map((line) => line.explainedVariance)),
    explainableVarianceCeiling: mean(tenth.map((line) => line.explainableVarianceCeiling)),
    timeToGoShare: mean(tenth.map((line) => line.timeToGoShare)),
    rewardMean: mean(tenth.map((line) => line.rewardMean)),
    entropy: mean(tenth.map((line) => line.entropy)),
    restrictiveShare: mean(tenth.map((line) => restrictiveShareOf(line.actions))),
    ...{ tp, fp, tn, fn, f1, accuracy, alertRate, undecidedRate },
    learningSeconds: metrics.reduce((sum, line) => sum + line.collectMs + line.updateMs, 0) / 1000,
  }
}

const NO_SCORES = {
  ...{ tp: null, fp: null, tn: null, fn: null },
  ...{ f1: null, accuracy: null, alertRate: null, undecidedRate: null },
}

/** The mean of every figure over the seeds; null where one of them has none. */
export function meansOf(figures: readonly Figures[]): Figures {
  const over = (pick: (one: Figures) => Measured) => mean(figures.map(pick))
  return {
    losses: LOSS_ITERATIONS.map((iteration, i) => ({
      iteration,
      criticLoss: over((one) => one.losses[i].criticLoss),
      valueLoss: over((one) => one.losses[i].valueLoss),
    })),
    explainedVariance: over((one) => one.explainedVariance),
    explainableVarianceCeiling: over((one) => one.explainableVarianceCeiling),
    timeToGoShare: over((one) => one.timeToGoShare),
    rewardMean: over((one) => one.rewardMean),
    entropy: over((one) => one.entropy),
    restrictiveShare: over((one) => one.restrictiveShare),
    tp: over((one) => one.tp),
    fp: over((one) => one.fp),
    tn: over((one) => one.tn),
    fn: over((one) => one.fn),
    f1: over((one) => one.f1),
    accuracy: over((one) => one.accuracy),
    alertRate: over((one) => one.alertRate),
    undecidedRate: over((one) => one.undecidedRate),
    learningSeconds: over((one) => one.learningSeconds) ?? 0,
  }
}

/** Restrictive actions, block and quarantine, among all. */
export function restrictiveShareOf(actions: {
  readonly allow: number
  readonly block: number
  readonly quarantine: number
  readonly alert: number
}): number {
  const { allow, block, quarantine, alert } = actions
  const all = allow + block + quarantine + alert
  return all === 0 ? 0 : (block + quarantine) / all
}

/** null where a value is missing: a mean over other seeds than the rest of the row would mislead. */
function mean(values: readonly Measured[]): Measured {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return values.length === 0 ? null : sum / values.length
}
