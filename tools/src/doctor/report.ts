import type { TableStyle } from '@vigil/command-line'
import type { Finding } from '@vigil/doctor'
import type { RunDiagnosis } from '@vigil/learner'
import pc from 'picocolors'

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

/** The diagnosis for people: one line for each finding, then the details; text with its last newline. */
export function doctorReport({ run, diagnosis, columns, isTTY, environment }: DoctorReport): string {
  const width = Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, columns || 80))
  // FORCE_COLOR is not asked: nx sets it for pipes too.
  const colors = pc.createColors(isTTY && environment.TERM !== 'dumb' && !environment.NO_COLOR)
  const { findings, checked, leftOut, iterations, totalIterations, isFinished } = diagnosis
  const state = isFinished ? 'training is finished' : 'training is under way, or was stopped'
  const lines = [...wrap(`${run}: ${iterations} of ${totalIterations} iterations, ${state}.`, width), '']
  if (findings.length > 1) lines.push(...overviewLines(findings, width, colors), '')
  for (const finding of findings) lines.push(...findingLines(finding, width, colors), '')
  for (const { what, reason } of leftOut) lines.push(...wrap(`Left out: ${what}. ${reason}`, width))
  if (checked.length > 0) lines.push(...wrap(`Checked: ${checked.join('; ')}.`, width))
  lines.push(...wrap(closingLine(run, diagnosis), width).map(colors.bold))
  return `${lines.join('\n')}\n`
}

/** How many problems and notes there are, in words, and what they are of. */
function closingLine(run: string, { findings, leftOut }: RunDiagnosis): string {
  const number = (wanted: Finding['severity']) => findings.filter(({ severity }) => severity === wanted).length
  const [problems, notes, consequences] = [number('problem'), number('note'), number('consequence')]
  const missing = leftOut.map(({ what }) => what.replace(/ \(.*/, '')).join(', ')
  // A clean bill is only of what was looked at.
  const isPart = problems === 0 && leftOut.length > 0
  const where = isPart ? `what could be looked at of ${run} (left out: ${missing})` : run
  if (findings.length === 0) return `Nothing wrong found in ${where}.`
  const counts = [counted(problems, 'problem'), counted(notes, 'note')]
  if (consequences > 0) counts.push(counted(consequences, 'consequence'))
  return `${counts.join(', ')} in ${where}. docs/doctor.md explains each code.`
}

/** One entry for each finding, consequences under a line of their own. */
function overviewLines(
  findings: readonly Finding[],
  width: number,
  colors: ReturnType<typeof pc.createColors>,
): string[] {
  const first = findings.findIndex(({ severity }) => severity === 'consequence')
  return findings.flatMap((finding, i) => [
    ...(i === first ? ['What may merely follow from them:'] : []),
    ...headLines(finding, width - 4, colors).map((line, row) => `${row === 0 ? '  ' : '    '}${line}`),
  ])
}

/** Severity, code and title. */
function headLines(
  { code, severity, title }: Finding,
  width: number,
  colors: ReturnType<typeof pc.createColors>,
): string[] {
  const paint = severity === 'problem' ? colors.red : colors.yellow
  const [first, ...rest] = wrap(`${severity} ${code}: ${title}.`, width)
  return [first.replace(`${severity} ${code}`, (words) => paint(colors.bold(words))), ...rest]
}

/** What a finding says. A consequence shows its figures alone: cause and remedy are those of the problems. */
function findingLines(finding: Finding, width: number, colors: ReturnType<typeof pc.createColors>): string[] {
  const isConsequence = finding.severity === 'consequence'
  const parts = (isConsequence ? (['evidence'] as const) : (['evidence', 'cause', 'remedy'] as const)).flatMap(
    (part) => {
      const label = `  ${part.padEnd(9)}`
      return wrap(finding[part], width - label.length).map(
        (line, i) => `${i === 0 ? colors.dim(label) : ' '.repeat(label.length)}${line}`,
      )
    },
  )
  return [...headLines(finding, width, colors), ...parts]
}

function counted(count: number, noun: string): string {
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
