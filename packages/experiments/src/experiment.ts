import { MEASURE_NAMES, type Measure, type MeasuredRun, type Rival } from './measures.ts'
import { bootstrapInterval } from './statistics/bootstrap.ts'
import { interquartileMean, meanOf } from './statistics/interquartile-mean.ts'
import { pairedDifference } from './statistics/paired.ts'

/** One seed's run. */
export type SeedRun = {
  readonly seed: number
  /** Run folder, inside the folder of the experiment. */
  readonly folder: string
  readonly weightsSha256: string
  /** Time of collecting and updating: of one machine, and of no effect on anything else here. */
  readonly learningSeconds: number
  readonly measures: MeasuredRun
  readonly rivals: readonly Rival[]
}

/** A measure over the seeds. */
type MeasureSummary = {
  readonly measure: Measure
  readonly mean: number
  readonly interquartileMean: number
  /** 95 % interval of the interquartile mean, by the bootstrap. */
  readonly low: number
  readonly high: number
  readonly least: number
  readonly greatest: number
}

/** The team's reward beside that of another policy, over the seeds. Both meet the same events of a seed, so they are paired. */
export type RivalSummary = {
  readonly name: string
  readonly learns: boolean
  readonly mean: number
  readonly interquartileMean: number
  /** What the team earns more, mean over the seeds. */
  readonly difference: number
  /** 95 % interval of that mean, by the bootstrap over seeds. */
  readonly low: number
  readonly high: number
  /** Seeds of which the team earns more. */
  readonly better: number
}

/** What follows from the runs. */
export type Summary = {
  readonly measures: readonly MeasureSummary[]
  readonly rivals: readonly RivalSummary[]
}

/**
 * Figures over the seeds: one entry for each measure that every run has, and one for each rival that every run met.
 *
 * @param runs of one configuration, in the order of the seeds; may be empty
 */
export function summaryOf(runs: readonly Pick<SeedRun, 'measures' | 'rivals'>[]): Summary {
  if (runs.length === 0) return { measures: [], rivals: [] }
  const measures = MEASURE_NAMES.flatMap((measure, lane) => {
    const scores = runs.flatMap((run) => run.measures[measure] ?? [])
    return scores.length === runs.length ? [measureSummary(measure, scores, lane)] : []
  })
  const rivals = runs[0].rivals.flatMap(({ name, learns }, index) => {
    const rewards = runs.flatMap((run) => run.rivals.find((rival) => rival.name === name)?.rewardMean ?? [])
    const differences = differencesTo(name, runs)
    if (rewards.length !== runs.length || differences.length !== runs.length) return []
    return [
      {
        ...{ name, learns },
        mean: meanOf(rewards),
        interquartileMean: interquartileMean(rewards),
        ...pairedDifference(differences, MEASURE_NAMES.length + index),
        better: differences.filter((difference) => difference > 0).length,
      },
    ]
  })
  return { measures, rivals }
}

/** What the team earns more than a rival, run by run, of the runs that tell of both. */
export function differencesTo(rival: string, runs: readonly Pick<SeedRun, 'measures' | 'rivals'>[]): readonly number[] {
  return runs.flatMap(({ measures: { rewardMean }, rivals }) => {
    const other = rivals.find(({ name }) => name === rival)?.rewardMean
    return other === undefined || rewardMean === null ? [] : [rewardMean - other]
  })
}

function measureSummary(measure: Measure, scores: readonly number[], lane: number): MeasureSummary {
  return {
    measure,
    mean: meanOf(scores),
    interquartileMean: interquartileMean(scores),
    ...bootstrapInterval([scores], ([drawn]) => interquartileMean(drawn), { lane }),
    least: Math.min(...scores),
    greatest: Math.max(...scores),
  }
}

/**
 * Of the rivals that learn nothing the one with the greatest mean reward: constant actions are compared where the test split is,
 * which can only make the comparison harder for the team; rules by consequences were chosen on validation.
 */
export function bestRule<Entry extends Pick<RivalSummary, 'learns' | 'mean'>>(rivals: readonly Entry[]): Entry | null {
  return rivals
    .filter(({ learns }) => !learns)
    .reduce<Entry | null>((best, rival) => (best === null || rival.mean > best.mean ? rival : best), null)
}
