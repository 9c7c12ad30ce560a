import { absentNumber, formatCounted, formatShare } from '@vigil/command-line'
import {
  bestRule,
  differenceInWords,
  differencesTo,
  type Experiment,
  MEASURES,
  type Measure,
  type RivalSummary,
  shareAhead,
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
      rule === null ? absentNumber : beside(rule, experiment),
      trees === undefined ? absentNumber : `${reward(trees)}, ${beside(trees, experiment)}`,
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
    'team less the rule',
    'trees, team less them',
    '',
  ]
  return { title: 'vigil-bench', columns, rows, omission: null }
}

/** One sentence on all datasets together; empty where none has a rule to compare with. */
export function benchVerdict(entries: readonly BenchEntry[]): string {
  const differences = entries.flatMap(({ experiment }) => {
    const rule = experiment && bestRule(experiment.rivals)
    return rule ? [differencesTo(rule.name, experiment.runs)] : []
  })
  if (differences.length === 0) return ''
  const { share, low, high } = shareAhead(differences)
  return `Over ${formatCounted(differences.length, 'dataset')}, each counting alike, the team earns more than the best rule without learning on ${formatShare(share)} of the seeds (${formatShare(low)} to ${formatShare(high)}), ties half.`
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

/** What the team earns more on the same events, and of how many seeds it does. */
function beside(rival: RivalSummary, { runs }: Experiment): string {
  return `${differenceInWords(rival)}, ${rival.better} of ${runs.length}`
}
