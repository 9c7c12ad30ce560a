import type { TableStyle } from '@vigil/command-line'
import pc from 'picocolors'

/** Longer lines are hard to read, however wide the terminal is. */
const COLUMNS_MAX = 110
const COLUMNS_MIN = 40

/** Severities of which only the figures are printed. */
const BRIEF: readonly string[] = ['consequence', 'fact']

/** What findings of every command have. */
export type PrintedFinding = {
  readonly code: string
  readonly severity: string
  readonly title: string
  readonly evidence: string
  readonly cause: string
  readonly remedy: string
}

type Colors = ReturnType<typeof pc.createColors>

/** Colours for a terminal that wants them. FORCE_COLOR is not asked: nx sets it for pipes too. */
export function colorsOf({ isTTY, environment }: TableStyle): Colors {
  return pc.createColors(isTTY && environment.TERM !== 'dumb' && !environment.NO_COLOR)
}

/** Width of the text. @param columns of the terminal; 80 where it is unknown or 0 */
export function widthOf(columns: number | undefined): number {
  return Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, columns || 80))
}

/** One entry for each finding, consequences under a line of their own. */
export function overviewLines(findings: readonly PrintedFinding[], width: number, colors: Colors): string[] {
  const first = findings.findIndex(({ severity }) => severity === 'consequence')
  return findings.flatMap((finding, i) => [
    ...(i === first ? ['What may merely follow from them:'] : []),
    ...headLines(finding, width - 4, colors).map((line, row) => `${row === 0 ? '  ' : '    '}${line}`),
  ])
}

/** Severity, code and title. */
function headLines({ code, severity, title }: PrintedFinding, width: number, colors: Colors): string[] {
  const paint = severity === 'problem' ? colors.red : severity === 'fact' ? colors.cyan : colors.yellow
  const [first, ...rest] = wrap(`${severity} ${code}: ${title}${title.endsWith('?') ? '' : '.'}`, width)
  return [first.replace(`${severity} ${code}`, (words) => paint(colors.bold(words))), ...rest]
}

/** What a finding says. A consequence and a fact show their figures alone. */
export function findingLines(finding: PrintedFinding, width: number, colors: Colors): string[] {
  const isBrief = BRIEF.includes(finding.severity)
  const parts = (isBrief ? (['evidence'] as const) : (['evidence', 'cause', 'remedy'] as const)).flatMap((part) => {
    const label = `  ${part.padEnd(9)}`
    return wrap(finding[part], width - label.length).map(
      (line, i) => `${i === 0 ? colors.dim(label) : ' '.repeat(label.length)}${line}`,
    )
  })
  return [...headLines(finding, width, colors), ...parts]
}

/** A number with its noun. */
export function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}

/** Text in lines of a width, without what could move the cursor. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of printable(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Names in a config or in data are anybody's text: one line, without what could move the cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
}
