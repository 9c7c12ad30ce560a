import { join } from 'node:path'
import { borderlessTable, formatCounted } from '@vigil/command-line'
import {
  type Experiment,
  experimentTables,
  experimentVerdict,
  markdownTable,
  type TitledTable,
} from '@vigil/experiments'
import { type ComparedRun, renderComparison } from '@vigil/report'
import { asciiNumber, outputStyle } from '../terminal/terminal.ts'

const FILES = ['experiment.html', 'experiment.md', 'experiment.json'] as const

/** Figures and tables for a terminal, with the files that were written. Ends with a newline. */
export function experimentText(
  experiment: Experiment,
  { out, isTTY }: { readonly out: string; readonly isTTY: boolean },
): string {
  const { colors } = outputStyle(isTTY, process.env)
  const table = ({ title, columns, rows }: TitledTable) => {
    const text = borderlessTable({ text: 1, numbers: columns.length - 1 })
    text.push(
      columns.map((heading) => colors.dim(heading)),
      ...rows.map((row) => row.map(asciiNumber)),
    )
    return `${colors.bold(title)}\n${text.toString().replace(/ +$/gm, '')}\n`
  }
  const { runs } = experiment
  const notes = [experimentVerdict(experiment), ...unfinishedNotes(experiment)].filter((note) => note !== '')
  const parts = [
    ...(runs.length === 0 ? [] : experimentTables(experiment).map(table)),
    ...(notes.length === 0 ? [] : [`${notes.map(asciiNumber).join('\n')}\n`]),
    `${FILES.map((name) => join(out, name)).join('\n')}\n`,
  ]
  return `\n${parts.join('\n')}`
}

/** The same as Markdown. Ends with a newline. */
export function experimentMarkdown(experiment: Experiment): string {
  const notes = [subject(experiment), experimentVerdict(experiment), ...unfinishedNotes(experiment), METHOD]
  const parts = [...notes.filter((note) => note !== ''), ...experimentTables(experiment).map(markdownTable)]
  return `${parts.map(asciiNumber).join('\n\n')}\n`
}

/** The same as a page, with the curves of the runs. */
export function experimentPage(experiment: Experiment, runs: readonly ComparedRun[]): string {
  const title = `${experiment.dataset}, ${formatCounted(experiment.seeds.length, 'seed')}`
  const headline = experimentVerdict(experiment) || 'No seed is finished yet.'
  const lead = [subject(experiment), ...unfinishedNotes(experiment), METHOD].join(' ')
  return renderComparison({ title, headline, lead, tables: experimentTables(experiment), runs })
}

const METHOD =
  'Intervals are 95 % by the bootstrap over seeds: of the interquartile mean (arXiv:2108.13264), and beside other policies of the mean difference in reward, of which both sides have the events of their seed in common.'

function subject({ dataset, features, split, environment, runs, seeds }: Experiment): string {
  return `${dataset}, features ${features}, split ${split}, environment ${environment}: ${runs.length} of ${formatCounted(seeds.length, 'seed')}.`
}

function unfinishedNotes({ unfinished }: Experiment): string[] {
  return unfinished.map(({ seed, reason }) => `Seed ${seed} has no result: ${reason.split('\n')[0]}`)
}
