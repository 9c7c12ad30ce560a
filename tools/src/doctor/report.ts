import type { TableStyle } from '@vigil/command-line'
import type { Finding } from '@vigil/doctor'
import type { RunDiagnosis } from '@vigil/learner'
import { colorsOf, counted, findingLines, overviewLines, widthOf, wrap } from '../finding-lines.ts'

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
  const width = widthOf(columns)
  const colors = colorsOf({ isTTY, environment })
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
