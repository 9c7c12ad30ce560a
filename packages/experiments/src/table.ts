import { formatDuration } from '@vigil/command-line'
import type { FigureTable } from '@vigil/report'
import { bestRule, type RivalSummary, type SeedRun, type Summary } from './experiment.ts'
import { MEASURES, type Measure } from './measures.ts'

/** A table and what it is called. */
export type TitledTable = FigureTable & { readonly title: string }

type Tabled = Summary & { readonly runs: readonly SeedRun[] }

/** The tables of an experiment: over the seeds, seed by seed, and beside other policies. */
export function experimentTables(experiment: Tabled): readonly TitledTable[] {
  return [summaryTable(experiment), seedTable(experiment), rivalTable(experiment)].filter(({ rows }) => rows.length > 0)
}

/** One sentence: does the team beat the best rule without learning? Empty where there is no run. */
export function experimentVerdict({ runs, rivals }: Tabled): string {
  const rule = bestRule(rivals)
  if (rule === null) return ''
  return `Beside ${rule.name}, the best rule without learning, the team earns ${differenceInWords(rule)} on the same events, and more on ${rule.better} of ${runs.length} seeds.`
}

function summaryTable({ measures, runs }: Tabled): TitledTable {
  return {
    title: `Test split, ${runs.length === 1 ? '1 seed' : `${runs.length} seeds`}`,
    columns: ['', 'mean', 'interquartile mean', '95 % interval', 'least', 'greatest'],
    rows: measures.map((one) => {
      const { heading, format } = MEASURES[one.measure]
      const { mean, interquartileMean, low, high, least, greatest } = one
      const ends = `${format(low)} to ${format(high)}`
      return [heading, format(mean), format(interquartileMean), ends, format(least), format(greatest)]
    }),
    omission: null,
  }
}

function seedTable({ runs, measures }: Tabled): TitledTable {
  const shown: readonly Measure[] = measures.map(({ measure }) => measure)
  return {
    title: 'Seed by seed',
    columns: ['seed', ...shown.map((measure) => MEASURES[measure].heading), 'learning time'],
    rows: runs.map(({ seed, measures: own, learningSeconds }) => [
      String(seed),
      ...shown.map((measure) => MEASURES[measure].format(own[measure])),
      formatDuration(learningSeconds * 1000),
    ]),
    omission: null,
  }
}

function rivalTable({ rivals, runs }: Tabled): TitledTable {
  const { format } = MEASURES.rewardMean
  return {
    title: 'Reward beside other policies',
    columns: ['', 'learns', 'mean', 'interquartile mean', 'team less this', 'team ahead'],
    rows: [...rivals]
      .sort((a, b) => b.mean - a.mean)
      .map((rival) => [
        rival.name,
        rival.learns ? 'yes' : 'no',
        format(rival.mean),
        format(rival.interquartileMean),
        differenceInWords(rival),
        `${rival.better} of ${runs.length}`,
      ]),
    omission: null,
  }
}

/** What the team earns more, with its 95 % interval. */
export function differenceInWords({
  difference,
  low,
  high,
}: Pick<RivalSummary, 'difference' | 'low' | 'high'>): string {
  const { format } = MEASURES.rewardMean
  return `${format(difference)} (${format(low)} to ${format(high)})`
}

/** A table as Markdown, with its title above. */
export function markdownTable({ title, columns, rows }: TitledTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = line(columns.map((_, i) => (i === 0 ? '---' : '---:')))
  return [`### ${title}`, '', line(columns), rule, ...rows.map(line)].join('\n')
}
