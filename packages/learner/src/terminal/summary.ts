import { borderlessTable, formatCount, formatScore, formatShare } from '@vigil/command-line'
import { budgetInWords, statusOf, targetInWords } from '@vigil/evaluation'
import { type Evaluation, type PolicyScores, SCORE_COLUMNS } from '@vigil/runs'
import { type Line, RESPONSE_HEADINGS, responseAttackLines, responseLines } from './response-table.ts'
import { asciiNumber, columnsOf, type OutputEnvironment, outputStyle, printable } from './terminal.ts'

/** What the summary says and where it is shown. */
export type SummaryOptions = {
  readonly evaluation: Evaluation
  /** Files that the run wrote, in the order to show them. */
  readonly files: readonly { readonly what: string; readonly path: string }[]
  /** Whether the output is a terminal. */
  readonly isTTY: boolean
  /** Width of the terminal; 80 where it is unknown or 0. */
  readonly columns?: number | undefined
  /** Default: process.env. */
  readonly environment?: OutputEnvironment
}

/** Columns in the order of importance: narrow terminals show the first ones. */
const SHOWN = ['f1', 'alertRate', 'undecidedRate', 'rewardMean', 'falsePositiveRate', 'recall', 'precision'] as const
const HEADINGS = ['', ...SHOWN.map((score) => SCORE_COLUMNS[score].heading)]

/**
 * The end of a run for the terminal: the verdict, the team beside its agents, the baselines and the optimum, the notes and
 * the files written. Text with newlines, the last one included; nothing is printed.
 */
export function summaryTable(options: SummaryOptions): string {
  const { evaluation, files, isTTY, environment = process.env } = options
  const columns = columnsOf(options)
  const { colors } = outputStyle(isTTY, environment)
  const { response } = evaluation
  const headings = response === null ? HEADINGS : RESPONSE_HEADINGS
  const lines = (response === null ? policyLines(evaluation) : responseLines(response, evaluation)).map(printableLine)
  const shown = fittingColumns(headings, lines, columns)
  const table = borderlessTable({ text: 1, numbers: headings.length })
  table.push(headings.slice(0, shown).map((heading) => colors.dim(heading)))
  for (const { cells, kind } of lines) {
    const paint = kind === 'team' ? colors.bold : kind === 'optimum' ? colors.green : (text: string) => text
    table.push(cells.slice(0, shown).map(paint))
  }
  const fileTable = borderlessTable({ text: 2, numbers: 0 })
  for (const { what, path } of files) fileTable.push([colors.dim(printable(what)), printable(path)])

  const { dataset, split, rows, threats } = evaluation
  const parts = [
    ...wrap(evaluation.verdict, columns).map((line) => colors.bold(line)),
    ...evaluation.notes.flatMap((note) => wrap(note, columns)),
    ...evaluation.stl.flatMap((scores) =>
      wrap(`Specification ${scores.name} ${asciiNumber(targetInWords(scores))}`, columns).map((line) =>
        statusOf(scores) === 'missed' ? colors.bold(line) : line,
      ),
    ),
    ...evaluation.operatingPoints
      .filter(({ name }) => name === 'team')
      .flatMap((point) => wrap(asciiNumber(budgetInWords(point, split)), columns)),
    '',
    ...wrap(
      `${dataset}, ${split}: ${formatCount(rows)} events, ${formatCount(threats)} threats, ${evaluation.rule} rule`,
      columns,
    ),
    table.toString(),
    ...(response === null ? attackLines(evaluation) : responseAttackLines(response, evaluation)).flatMap((line) => [
      '',
      ...wrap(asciiNumber(line), columns),
    ]),
    ...(files.length === 0 ? [] : ['', fileTable.toString()]),
  ]
  // Table cells are padded to their column, which leaves blanks at the ends of lines.
  return `${parts.join('\n').replace(/[ ]+$/gm, '')}\n`
}

function policyLines({ team, agents, baselines, bayes }: Evaluation): readonly Line[] {
  const line = (kind: Line['kind'], name: string, scores: PolicyScores): Line => ({
    kind,
    cells: [name, ...SHOWN.map((score) => SCORE_COLUMNS[score].format(scores[score]))],
  })
  const byF1 = <Scores extends PolicyScores>(policies: readonly Scores[]) => policies.toSorted((a, b) => b.f1 - a.f1)
  return [
    line('team', 'team', team),
    ...byF1(agents)
      .slice(0, 1)
      .map((agent) => line('other', 'best agent alone', agent)),
    ...byF1(baselines).map((baseline) => line('other', baseline.name, baseline)),
    ...(bayes === null ? [] : [line('optimum', 'Bayes optimum', bayes)]),
  ]
}

/** What as many faulty agents as the rule is meant to bear can do to the team; nothing where none was tried. */
function attackLines({ byzantine, rule, faults, agents }: Evaluation): string[] {
  const own = byzantine.filter((entry) => entry.rule === rule)
  const attacks = own.filter(({ f }) => f > 0 && f === faults)
  const none = own.find(({ attack }) => attack === 'none')
  if (attacks.length === 0 || none === undefined) return []
  const worst = attacks.reduce((worst, entry) => (entry.team.f1 < worst.team.f1 ? entry : worst))
  const busiest = attacks.reduce((most, entry) => (entry.team.alertRate > most.team.alertRate ? entry : most))
  const share = (value: number) => asciiNumber(formatShare(value))
  return [
    `Attacked by ${faults} of ${agents.length} agents: F1 ${formatScore(worst.team.f1)} at worst (${worst.attack}; ${share(worst.team.alertRate)} alerts, ${share(worst.team.undecidedRate)} undecided); ${share(busiest.team.alertRate)} alerts at worst (${busiest.attack}); ${share(1 - none.flippable)} of the decisions cannot be turned by so many.`,
  ]
}

function printableLine({ kind, cells: [name, ...figures] }: Line): Line {
  return { kind, cells: [shorten(name), ...figures.map(asciiNumber)] }
}

/** How many columns of the table fit, at least the name and the first figure. */
function fittingColumns(headings: readonly string[], lines: readonly Line[], columns: number): number {
  let width = 0
  for (let i = 0; i < headings.length; i++) {
    width += Math.max(headings[i].length, ...lines.map(({ cells }) => cells[i].length)) + 2
    if (width > columns && i >= 2) return i
  }
  return headings.length
}

function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  // A figure keeps its per cent sign.
  for (const word of printable(text).split(/\s+(?!%)/)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function shorten(name: string): string {
  const text = printable(name)
  return text.length <= 24 ? text : `${text.slice(0, 23)}\u2026`
}
