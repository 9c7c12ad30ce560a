import { formatScore } from '@vigil/command-line'
import { parseDescription, readDescription } from '@vigil/data'
import { constants, identifiers, missing } from './checks/columns.ts'
import { classBalance, classesOf, rareClasses } from './checks/label.ts'
import {
  type DraftedLeaks,
  hasTellingName,
  labelIsRule,
  leakColumns,
  leakNames,
  leakTree,
  orderLeak,
} from './checks/leaks.ts'
import { duplicates, partFacts, split, streamFacts, streams, time, timeFacts } from './checks/rows.ts'
import { INSPECT_SEVERITIES, type InspectFinding } from './finding.ts'
import { type Draft, draftOf, type Placed } from './guess/draft.ts'
import { draftText } from './guess/draft-text.ts'
import { readRaw } from './guess/raw-table.ts'
import type { Inspection } from './inspection.ts'
import { describedSubject, type Role, type Subject, unlabelledSubject } from './subject.ts'
import { isLeak, type LabelSurvey, surveyDuplicates, surveyLabel } from './survey.ts'

/** What to tell while reading. */
export type Progress = (message: string) => void

/**
 * Looks at the events that a description means before anybody learns from them.
 *
 * @example
 * ```ts
 * const { findings } = await inspectDescription('events.yaml')
 * findings.filter(({ severity }) => severity === 'problem')
 * ```
 *
 * @throws {VigilError} for a description, files, rows or values that are not as they must be
 */
export async function inspectDescription(path: string, progress: Progress = () => undefined): Promise<Inspection> {
  const subject = await describedSubject(readDescription(path), path, progress)
  return await inspected(subject, path, () => null)
}

/**
 * Drafts a description of data, and looks at the events as it says them.
 *
 * @example
 * ```ts
 * const { draft, findings } = await inspectData('flows.csv', { label: null, out: 'events.yaml' })
 * ```
 *
 * @param data file, folder or pattern
 * @param to   label: name of the label's column, null = guess; out: where the draft will lie, to which its files are relative
 * @throws {VigilError} LABEL_UNKNOWN, and what reading files throws
 */
export async function inspectData(
  data: string,
  to: { readonly label: string | null; readonly out: string },
  progress: Progress = () => undefined,
): Promise<Inspection> {
  const draft = draftOf(await readRaw(data, progress), to.label)
  const text = draftText(draft, to.out)
  const subject =
    draft.label === null
      ? unlabelledSubject(draft.raw.table, rolesOf(draft))
      : await describedSubject(parseDescription(text, to.out), to.out, progress)
  return await inspected(subject, data, (survey) => {
    const whole = withLeaks(draft, survey)
    const leaks = whole.columns.filter(({ place }) => place === 'leaky').map(({ name }) => name)
    return { text: draftText(whole, to.out), leaks: new Set(leaks) }
  })
}

/** What a draft of a label that nobody knows makes of the columns. */
function rolesOf({ columns, class: className, time, stream }: Draft): Map<string, Role> {
  const roles = new Map<string, Role>(
    columns.map(({ name, place }) => [name, place === 'ignore' ? 'left out' : 'input']),
  )
  if (className !== null) roles.set(className, 'class')
  if (time !== null) roles.set(time, 'time')
  if (stream !== null) roles.set(stream, 'stream')
  return roles
}

/** Columns that tell the label, or are called so, become leaky; those that are called so alone where else no input were left. */
function withLeaks(draft: Draft, survey: LabelSurvey | null): Draft {
  const leaks = new Map(survey?.alone.filter(isLeak).map(({ column, f1 }) => [column.name, f1]))
  const named: Draft = { ...draft, columns: draft.columns.map((column) => asLeaky(column, undefined)) }
  const all: Draft = { ...draft, columns: draft.columns.map((column) => asLeaky(column, leaks.get(column.name))) }
  return all.columns.some(({ place }) => place === 'numeric' || place === 'categorical') ? all : named
}

function asLeaky(column: Placed, f1: number | undefined): Placed {
  if (column.place === 'ignore') return column
  if (f1 !== undefined)
    return { ...column, place: 'leaky', why: `alone: F1 ${formatScore(f1)}. Known before the decision?` }
  return hasTellingName(column.name)
    ? { ...column, place: 'leaky', why: 'called like something that knows the label' }
    : column
}

async function inspected(
  subject: Subject,
  source: string,
  draftBy: (survey: LabelSurvey | null) => { readonly text: string; readonly leaks: ReadonlySet<string> } | null,
): Promise<Inspection> {
  const { labels, split: division, sample } = subject
  const survey = labels === null ? null : await surveyLabel(subject, labels)
  const draft = draftBy(survey)
  const copies = surveyDuplicates(subject)
  const parts = partFacts(subject)
  const facts = { time: timeFacts(subject), streams: streamFacts(subject) }
  const findings = [
    ...(survey === null ? [labelUnknown()] : labelFindings(subject, survey, draft?.leaks ?? null)),
    split(subject, parts),
    duplicates(subject, copies),
    ...identifiers(subject, draft !== null),
    missing(subject),
    constants(subject),
    time(subject, facts.time),
    streams(facts.streams),
  ].filter((finding) => finding !== null)
  return {
    source,
    isDraft: draft !== null,
    rows: subject.rowCount,
    rowsLookedAt: sample.rows.length,
    files: subject.files.map(({ path, start, end }) => ({ path, rows: end - start })),
    threats: labels === null ? null : labels.labels.reduce((sum, label) => sum + label, 0),
    classes: classesOf(subject),
    columns: columnReports(subject, survey),
    ...facts,
    split: parts === null || division === null ? null : { kind: division.kind, parts },
    duplicates: copies,
    threatShares: labels === null ? null : sharesOf(labels.labels),
    notes: subject.notes,
    findings: INSPECT_SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity)),
    draft: draft?.text ?? null,
  }
}

/** What is found of labels, the gravest first. */
function labelFindings(subject: Subject, survey: LabelSurvey, drafted: DraftedLeaks): (InspectFinding | null)[] {
  return [
    classBalance(subject),
    ...leakColumns(subject, survey, drafted),
    labelIsRule(subject, survey),
    leakTree(survey),
    ...leakNames(subject, survey, drafted),
    orderLeak(subject, survey),
    rareClasses(subject),
  ]
}

function labelUnknown(): InspectFinding {
  return {
    code: 'LABEL_UNKNOWN',
    severity: 'problem',
    columns: [],
    title: 'No column is known to be the label',
    evidence:
      'none is called like a label (label, class, attack, is_attack, verdict, target, y) and has 2 to 50 values, one of which means benign.',
    cause: 'Without a label nothing can be learnt, and leaks cannot be looked for.',
    remedy:
      'Give --label=COLUMN, or fill in the line "label" of the draft: a column, an expression, a table to join, or windows of time (docs/events.md).',
  }
}

function columnReports({ columns }: Subject, survey: LabelSurvey | null): Inspection['columns'] {
  const scores = new Map(survey?.alone.map((score) => [score.column.name, score]))
  return columns.map(({ facts, role }) => {
    const score = scores.get(facts.name)
    return {
      name: facts.name,
      kind: facts.kind,
      role,
      distinct: facts.distinct,
      missingShare: facts.missingShare,
      alone: score === undefined ? null : { balancedAccuracy: score.balancedAccuracy, f1: score.f1 },
    }
  })
}

const STRETCHES = 60

function sharesOf(labels: Uint8Array): number[] {
  const stretches = Math.min(STRETCHES, labels.length)
  return Array.from({ length: stretches }, (_, i) => {
    const from = Math.floor((i * labels.length) / stretches)
    const to = Math.floor(((i + 1) * labels.length) / stretches)
    return labels.subarray(from, to).reduce((sum, label) => sum + label, 0) / (to - from)
  })
}
