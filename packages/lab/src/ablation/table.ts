import {
  absentNumber,
  borderlessTable,
  formatCount,
  formatDuration,
  formatMeasure,
  formatScore,
  formatShare,
  formatSigned,
  type TableStyle,
} from '@vigil/command-line'
import { asciiNumber, outputStyle } from '@vigil/learner'
import type { FigureTable } from '@vigil/report'
import type { Ablation } from './ablation-file.ts'
import { type Figures, LOSS_ITERATIONS } from './figures.ts'
import { asRecordedInWords, isAsRecorded, verdictOf, verdictOn } from './verdict.ts'

/** A third of the table: what fits beside each other. */
export type TablePart = FigureTable & { readonly title: string; readonly isMean: readonly boolean[] }

/** A run, or the mean over the runs of one name. */
type Line = {
  readonly name: string
  readonly seed: string
  readonly isMean: boolean
  readonly figures: Figures
  /** How it ended, and whether that is as recorded. */
  readonly verdict: string
  readonly asRecorded: string
}

type Column = readonly [heading: string, cell: (figures: Figures, line: Line) => string]

const OUTCOME: readonly Column[] = [
  ['reward', (one) => formatSigned(one.rewardMean)],
  ['TP', (one) => countOf(one.tp)],
  ['FP', (one) => countOf(one.fp)],
  ['TN', (one) => countOf(one.tn)],
  ['FN', (one) => countOf(one.fn)],
  ['F1', (one) => formatScore(one.f1)],
  ['alerts', (one) => formatShare(one.alertRate)],
  ['undecided', (one) => formatShare(one.undecidedRate)],
  ['accuracy', (one) => formatScore(one.accuracy)],
  ['learning time', (one) => formatDuration(one.learningSeconds * 1000)],
  ['', (_, { verdict }) => verdict],
  ['as recorded', (_, { asRecorded }) => asRecorded],
]

function countOf(value: number | null): string {
  return value === null ? absentNumber : formatCount(value)
}

const EXPLAINED: readonly Column[] = [
  ['explained', (one) => formatMeasure(one.explainedVariance)],
  ['ceiling', (one) => formatMeasure(one.explainableVarianceCeiling)],
  ['time-to-go', (one) => formatMeasure(one.timeToGoShare)],
]

/**
 * One table in three parts: what was decided, the critic's loss as the earlier system printed it, and over the variance.
 * A part of which no training has a figure, as of later iterations, is left out.
 */
export function tableParts(ablation: Ablation): readonly TablePart[] {
  const losses = (kind: 'criticLoss' | 'valueLoss'): readonly Column[] =>
    LOSS_ITERATIONS.map((iteration, i) => [String(iteration), (one) => formatMeasure(one.losses[i][kind])])
  return [
    part(ablation, 'Decisions of the last weights on the test split', OUTCOME),
    part(ablation, 'Value loss as the earlier system printed it, at iterations', losses('criticLoss')),
    part(ablation, 'Value loss over the variance of the returns, at iterations', [
      ...losses('valueLoss'),
      ...EXPLAINED,
    ]),
  ].filter(({ columns }) => columns.length > 2)
}

function part({ runs, means }: Ablation, title: string, columns: readonly Column[]): TablePart {
  const lines = means.flatMap((mean): Line[] => {
    const { name } = mean
    const own = runs.filter((run) => run.name === name)
    const asRecorded = (some: typeof own) => asRecordedInWords(some) ?? absentNumber
    return [
      ...own.map((run) => {
        const words = { verdict: verdictOf(run), asRecorded: asRecorded([run]) }
        return { name, seed: String(run.seed), isMean: false, figures: run, ...words }
      }),
      // Of one seed the mean is the run.
      ...(own.length < 2
        ? []
        : [
            {
              ...{ name, seed: `mean of ${own.length}`, isMean: true, figures: mean },
              ...{ verdict: verdictOn(own), asRecorded: asRecorded(own) },
            },
          ]),
    ]
  })
  const rows = lines.map((line) => [line.name, line.seed, ...columns.map(([, cell]) => cell(line.figures, line))])
  // Short trainings have no later iterations.
  const shown = columns.flatMap(([heading], i) =>
    heading === '' || rows.some((row) => row[i + 2] !== absentNumber) ? [i + 2] : [],
  )
  return {
    title,
    columns: ['', 'seed', ...shown.map((i) => columns[i - 2][0])],
    rows: rows.map((row) => [row[0], row[1], ...shown.map((i) => row[i])]),
    isMean: lines.map(({ isMean }) => isMean),
    omission: null,
  }
}

/** The table for a terminal. Ends with a newline. */
export function ablationTable(ablation: Ablation, { isTTY, environment }: TableStyle): string {
  const { colors } = outputStyle(isTTY, environment)
  const parts = tableParts(ablation).map(({ title, columns, rows, isMean }) => {
    const table = borderlessTable({ text: 1, numbers: columns.length - 1 })
    table.push(columns.map((heading) => colors.dim(heading)))
    for (const [index, row] of rows.entries()) {
      table.push(row.map((cell) => (isMean[index] ? colors.bold(asciiNumber(cell)) : asciiNumber(cell))))
    }
    return `${colors.bold(title)}\n${table.toString().replace(/ +$/gm, '')}`
  })
  return `${parts.join('\n\n')}\n`
}

/** The table as Markdown, with what was asked for above it. Ends with a newline. */
export function ablationMarkdown(ablation: Ablation): string {
  const parts = tableParts(ablation).map(({ title, columns, rows, isMean }) => {
    const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
    const strong = (row: readonly string[], index: number) =>
      isMean[index] ? row.map((cell) => (cell === '' ? '' : `**${cell}**`)) : row
    const head = [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '---:')))]
    return [`### ${title}`, '', ...head, ...rows.map((row, index) => line(strong(row, index)))].join('\n')
  })
  return `${[...notesOn(ablation), ...parts].map(asciiNumber).join('\n\n')}\n`
}

/** What a reader must know of the table, one sentence or two each. */
export function notesOn({ quick, overrides, planned, runs }: Ablation): readonly string[] {
  const given = Object.entries(overrides).map(([key, value]) => `${key} ${JSON.stringify(value)}`)
  return [
    ...(quick === null ? [] : [quick]),
    ...(given.length === 0 ? [] : [`For all presets: ${given.join(', ')}.`]),
    ...(runs.length === planned ? [] : [`${runs.length} of ${planned} trainings are done.`]),
    ...runs.flatMap(({ name, seed, iterations, failure }) =>
      failure === null ? [] : [`${name}, seed ${seed} came to no end after iteration ${iterations}: ${failure}`],
    ),
    'Decisions are those of the last weights, as the record has them: no checkpoint was chosen by validation. Reward, explained variance, its ceiling and the time-to-go share are means over the last tenth of the iterations. Learning time is collecting and updating, without validations.',
    ...(runs.some((run) => isAsRecorded(run) !== null)
      ? [
          'As recorded: whether the decisions collapse as the record has it of the preset: everything stopped, one action for all events, or no threat stopped.',
        ]
      : []),
  ]
}
