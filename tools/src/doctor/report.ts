import type { Finding, RunDiagnosis } from '@vigil/learner'
import pc from 'picocolors'
import type { TableStyle } from '../table-style.ts'

/** Longer lines are hard to read, however wide the terminal is. */
const COLUMNS_MAX = 110
const COLUMNS_MIN = 40

/** What to say about a run, and where. */
export type DoctorReport = {
  /** The run folder, as it was given. */
  readonly run: string
  readonly diagnosis: RunDiagnosis
  /** Width of the terminal; 80 where it is unknown or 0. */
  readonly columns?: number | undefined
} & TableStyle

/** The diagnosis for people: problems first, each with evidence, cause and remedy; text with its last newline. */
export function doctorReport({ run, diagnosis, columns, isTTY, environment }: DoctorReport): string {
  const width = Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, columns || 80))
  // FORCE_COLOR is not asked: nx sets it for pipes too.
  const colors = pc.createColors(isTTY && environment.TERM !== 'dumb' && !environment.NO_COLOR)
  const { findings, checked, leftOut, iterations, totalIterations, isFinished } = diagnosis
  const state = isFinished ? 'training is finished' : 'training is under way, or was stopped'
  const lines = [...wrap(`${run}: ${iterations} of ${totalIterations} iterations, ${state}.`, width), '']
  for (const finding of findings) lines.push(...findingLines(finding, width, colors), '')
  for (const { what, reason } of leftOut) lines.push(...wrap(`Left out: ${what}. ${reason}`, width))
  if (checked.length > 0) lines.push(...wrap(`Checked: ${checked.join('; ')}.`, width))
  lines.push(...wrap(closingLine(run, findings), width).map(colors.bold))
  return `${lines.join('\n')}\n`
}

/** How many problems and notes there are, in words. */
function closingLine(run: string, findings: readonly Finding[]): string {
  const problems = findings.filter(({ severity }) => severity === 'problem').length
  const notes = findings.length - problems
  if (findings.length === 0) return `Nothing wrong found in ${printable(run)}.`
  return `${number(problems, 'problem')}, ${number(notes, 'note')} in ${printable(run)}. docs/doctor.md explains each code.`
}

function findingLines(finding: Finding, width: number, colors: ReturnType<typeof pc.createColors>): string[] {
  const { code, severity, title } = finding
  const paint = severity === 'problem' ? colors.red : colors.yellow
  const [first, ...rest] = wrap(`${severity} ${code}: ${title}.`, width)
  const head = [first.replace(`${severity} ${code}`, (words) => paint(colors.bold(words))), ...rest]
  const parts = (['evidence', 'cause', 'remedy'] as const).flatMap((part) => {
    const label = `  ${part.padEnd(9)}`
    return wrap(finding[part], width - label.length).map(
      (line, i) => `${i === 0 ? colors.dim(label) : ' '.repeat(label.length)}${line}`,
    )
  })
  return [...head, ...parts]
}

function number(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`
}

function wrap(text: string, width: number): string[] {
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
