import {
  borderlessTable,
  formatCount,
  formatScore,
  formatShare,
  harmlessText,
  type TableStyle,
} from '@vigil/command-line'
import type { InspectFinding, Inspection } from '@vigil/inspect'
import { colorsOf, counted, findingLines, overviewLines, widthOf, wrap } from '../finding-lines.ts'

/** What to say about events, and where. */
export type InspectionReport = {
  readonly inspection: Inspection
  /** Files that were written; null = none. */
  readonly written: { readonly draft: string | null; readonly page: string | null }
  /** Width of the terminal; 80 where it is unknown or 0. */
  readonly columns?: number | undefined
} & TableStyle

/** The inspection for people: columns as a table, one line for each finding, then the details; text with its last newline. */
export function inspectionReport({ inspection, written, columns, isTTY, environment }: InspectionReport): string {
  const width = widthOf(columns)
  const colors = colorsOf({ isTTY, environment })
  const { findings, notes } = inspection
  const lines = [...wrap(openingLine(inspection), width), '', ...columnLines(inspection, width), '']
  if (findings.length > 1) lines.push(...overviewLines(findings, width, colors), '')
  for (const finding of findings) lines.push(...findingLines(finding, width, colors), '')
  for (const note of notes) lines.push(...wrap(`Read: ${note}.`, width))
  lines.push(...wrap(closingLine(inspection), width).map(colors.bold))
  if (written.page !== null) lines.push(...wrap(`A page with pictures is in ${written.page}.`, width))
  if (written.draft !== null) lines.push(...nextSteps(inspection, written.draft))
  return `${lines.join('\n')}\n`
}

function openingLine({ source, rows, rowsLookedAt, columns, files, threats }: Inspection): string {
  const looked =
    rowsLookedAt < rows ? ` ${formatCount(rowsLookedAt)} of them, none for testing, were looked at for leaks.` : ''
  const label = threats === null ? 'no label is known' : `${formatCount(threats)} threats`
  return `${source}: ${formatCount(rows)} rows in ${counted(files.length, 'file')}, ${counted(columns.length, 'column')}, ${label}.${looked}`
}

/** What of the table's width is not the name of a column. */
const FIGURES_WIDTH = 46

function columnLines({ columns }: Inspection, width: number): string[] {
  const table = borderlessTable({ text: 3, numbers: 3 })
  table.push(['column', 'role', 'kind', 'values', 'missing', 'alone'])
  for (const { name, role, kind, distinct, missingShare, alone } of columns) {
    const score = alone === null ? '' : formatScore(alone.balancedAccuracy)
    table.push([
      shortened(name, width - FIGURES_WIDTH),
      role,
      kind,
      formatCount(distinct),
      formatShare(missingShare),
      score,
    ])
  }
  return [
    ...table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd()),
    ...wrap(
      'alone: balanced accuracy of the column by itself, on rows that did not choose its threshold; 0.5 is a coin.',
      width,
    ),
  ]
}

function shortened(name: string, width: number): string {
  const text = harmlessText(name === '' ? '(no name)' : name, 200)
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`
}

function closingLine({ source, findings }: Inspection): string {
  const number = (wanted: InspectFinding['severity']) => findings.filter(({ severity }) => severity === wanted).length
  const counts = `${counted(number('problem'), 'problem')}, ${counted(number('note'), 'note')}, ${counted(number('fact'), 'fact')}`
  return `${counts} in ${source}. docs/inspect.md explains each code.`
}

/** One line each, so that they can be copied whatever the width. */
function nextSteps({ threats }: Inspection, draft: string): string[] {
  const path = harmlessText(draft)
  if (threats === null) return [`The draft is ${path}; it still needs its label.`]
  return [`The draft is ${path}: look at every line, then`, `  npx nx run learner:train --data=${path}`]
}
