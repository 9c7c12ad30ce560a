import { formatShare } from '@vigil/command-line'
import { type Evaluation, SCORE_COLUMNS } from '@vigil/runs'

const { rewardMean, f1, alertRate, undecidedRate, precision, recall, falsePositiveRate, prAuc } = SCORE_COLUMNS

/** What a run is measured by on the test split, in the order of the tables. */
export const MEASURES = {
  rewardMean,
  gainShare: { heading: 'gain', format: formatShare },
  ...{ f1, alertRate, undecidedRate, precision, recall, falsePositiveRate, prAuc },
} as const

/** The name of a measure. */
export type Measure = keyof typeof MEASURES

/** All names, in order. */
export const MEASURE_NAMES = Object.keys(MEASURES) as readonly Measure[]

/** Measures of one run; null where it has none, as the gain of decisions without consequences. */
export type MeasuredRun = Readonly<Record<Measure, number | null>>

/** Another policy on the same events, and what it earns there. */
export type Rival = {
  readonly name: string
  /** Whether it was learnt from the training rows. */
  readonly learns: boolean
  /** As the team's reward: per event, or per stream where actions have consequences. */
  readonly rewardMean: number
}

/** What evaluation.json says of the team. */
export function measuresOf({ team, gain }: Pick<Evaluation, 'team' | 'gain'>): MeasuredRun {
  const { rewardMean, f1, alertRate, undecidedRate, precision, recall, falsePositiveRate, prAuc } = team
  const gainShare = gain?.share ?? null
  return { rewardMean, gainShare, f1, alertRate, undecidedRate, precision, recall, falsePositiveRate, prAuc }
}

/** Baselines that are learnt. */
const LEARNT: readonly string[] = ['cross-entropy', 'boosting']

/** What the team is compared with: baselines, or rules where actions have consequences; the best rule is the one that validation chose. */
export function rivalsOf({ baselines, gain }: Pick<Evaluation, 'baselines' | 'gain'>): readonly Rival[] {
  if (gain === null) {
    return baselines.map(({ name, rewardMean }) => ({ name, learns: LEARNT.includes(name), rewardMean }))
  }
  return [
    { name: 'always-allow', learns: false, rewardMean: gain.allow },
    { name: 'per-event rule', learns: false, rewardMean: gain.rule },
    { name: 'best rule on validation', learns: false, rewardMean: gain.best },
  ]
}
