import { absentNumber, formatScore } from '@vigil/command-line'
import {
  bestRule,
  type Experiment,
  improvementOver,
  MEASURES,
  type Measure,
  type RivalSummary,
  type TitledTable,
} from '@vigil/experiments'

/** A dataset, and what came of it; null where its data are absent or no seed is finished. */
export type BenchEntry = {
  readonly name: string
  readonly experiment: Experiment | null
  /** Why there is nothing; null = there is. */
  readonly absent: string | null
}

/** One line for each dataset: interquartile means over the seeds, with 95 % intervals. */
export function benchTable(entries: readonly BenchEntry[]): TitledTable {
  const rows = entries.map(({ name, experiment, absent }) => {
    if (experiment === null || experiment.runs.length === 0)
      return [name, ...Array<string>(8).fill(absentNumber), absent ?? '']
    const rule = bestRule(experiment.rivals)
    const trees = experiment.rivals.find(({ name: rival }) => rival === 'boosting')
    return [
      name,
      String(experiment.runs.length),
      withInterval(experiment, 'rewardMean'),
      withInterval(experiment, 'f1'),
      withInterval(experiment, 'alertRate'),
      withInterval(experiment, 'undecidedRate'),
      rule === null ? absentNumber : `${rule.name}, ${reward(rule)}`,
      probability(rule),
      trees === undefined ? absentNumber : `${reward(trees)}, ${probability(trees)}`,
      experiment.unfinished.length === 0 ? '' : `${experiment.unfinished.length} seeds without a result`,
    ]
  })
  const columns = [
    '',
    'seeds',
    'reward',
    'F1',
    'alerts',
    'undecided',
    'best rule',
    'team better than the rule',
    'trees, team better',
    '',
  ]
  return { title: 'vigil-bench', columns, rows, omission: null }
}

/** One sentence on all datasets together; empty where none has a rule to compare with. */
export function benchVerdict(entries: readonly BenchEntry[]): string {
  const experiments = entries.flatMap(({ experiment }) => experiment ?? []).filter(({ runs }) => runs.length > 0)
  const pairs = experiments.flatMap(({ runs, rivals }) => {
    const rule = bestRule(rivals)?.name
    if (rule === undefined) return []
    const rewards = runs.flatMap(({ rivals: own }) => own.find(({ name }) => name === rule)?.rewardMean ?? [])
    return [{ team: runs.map(({ measures }) => measures.rewardMean ?? 0), rule: rewards }]
  })
  if (pairs.length === 0) return ''
  const over = improvementOver(
    pairs.map(({ team }) => team),
    pairs.map(({ rule }) => rule),
  )
  return `Over ${pairs.length} datasets a run of the team earns more than one of the best rule without learning with probability ${inWords(over)}.`
}

function withInterval({ measures }: Experiment, measure: Measure): string {
  const found = measures.find((one) => one.measure === measure)
  if (found === undefined) return absentNumber
  const { format } = MEASURES[measure]
  return `${format(found.interquartileMean)} (${format(found.low)} to ${format(found.high)})`
}

function reward({ interquartileMean }: RivalSummary): string {
  return MEASURES.rewardMean.format(interquartileMean)
}

function probability(rival: RivalSummary | null): string {
  return rival === null ? absentNumber : inWords(rival)
}

function inWords({ probability, low, high }: Pick<RivalSummary, 'probability' | 'low' | 'high'>): string {
  return `${formatScore(probability)} (${formatScore(low)} to ${formatScore(high)})`
}
