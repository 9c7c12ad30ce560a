import { formatCount, formatShare, harmlessText } from '@vigil/command-line'
import type { InspectFinding } from '../finding.ts'
import type { Subject } from '../subject.ts'

/** Rarer threats, or more of them than benign events, make figures hard to carry over. */
const [THREATS_RARE, THREATS_COMMON] = [0.001, 0.5]

/** Fewer threats than this in all are too few to learn from and to judge by. */
const THREATS_MIN = 50

/** A class of fewer rows is hardly learnt. */
const CLASS_ROWS_MIN = 10

/** A class, and where its rows are. */
export type ClassRows = { readonly name: string; readonly rows: number; readonly train: number | null }

/** The classes, the most frequent first. */
export function classesOf({ labels, split }: Subject): ClassRows[] {
  if (labels === null) return []
  const rows = new Float64Array(labels.classNames.length)
  const train = new Float64Array(labels.classNames.length)
  for (const [row, index] of labels.classes.entries()) {
    if (labels.unknown?.[row] === 1) continue
    rows[index]++
    if (split?.parts?.[row] === 0) train[index]++
  }
  return labels.classNames
    .map((name, i) => ({ name, rows: rows[i], train: split?.parts == null ? null : train[i] }))
    .toSorted((a, b) => b.rows - a.rows)
}

/** How many threats there are. */
export function classBalance({ labels, rowCount: all }: Subject): InspectFinding | null {
  if (labels === null) return null
  const unknown = labels.unknown?.reduce((sum, is) => sum + is, 0) ?? 0
  const rowCount = all - unknown
  const threats = labels.labels.reduce((sum, label) => sum + label, 0)
  const share = threats / rowCount
  const isOne = threats === 0 || threats === rowCount
  const isFew = Math.min(threats, rowCount - threats) < THREATS_MIN
  const isOdd = share < THREATS_RARE || share > THREATS_COMMON
  const fact: InspectFinding = {
    code: 'CLASS_BALANCE',
    severity: 'fact',
    columns: [],
    title: `${formatShare(share)} of the rows are threats`,
    evidence: `${formatCount(threats)} threats, ${formatCount(rowCount - threats)} benign${unknown > 0 ? `, ${formatCount(unknown)} of which nobody knows` : ''}.`,
    cause: '',
    remedy: '',
  }
  if (isOne || isFew) {
    return {
      ...fact,
      severity: 'problem',
      title: isOne
        ? `All rows are ${threats === 0 ? 'benign' : 'threats'}`
        : `There are few ${share < 0.5 ? 'threats' : 'benign rows'}`,
      cause: 'There is nothing to learn from one label, and figures of a few rows are chance.',
      remedy: 'Check "label": are these the values that mean it? If they are, give more data.',
    }
  }
  if (!isOdd) return fact
  return {
    ...fact,
    severity: 'note',
    cause:
      share > 0.5
        ? 'Live, most events are benign. Precision and rewards of such a recording do not carry over.'
        : 'So rare threats need a false positive rate far below their share, or alerts bury them.',
    remedy:
      share > 0.5
        ? 'Read recall and the false positive rate, and reckon precision with your own share of threats (tools:reward-balance --threat-rate).'
        : 'Choose the budget of false positives first, and see tools:reward-balance --threat-rate for what pays.',
  }
}

/** Classes that training never sees, or hardly. */
export function rareClasses(subject: Subject): InspectFinding | null {
  const classes = classesOf(subject)
  const unseen = classes.filter(({ rows, train }) => train === 0 && rows > 0)
  const rare = classes.filter(({ rows, train }) => train !== 0 && rows < CLASS_ROWS_MIN)
  if (unseen.length + rare.length === 0) return null
  const words = (list: readonly ClassRows[]) =>
    `${list
      .slice(0, 8)
      .map(({ name, rows }) => `${harmlessText(name, 40)} (${formatCount(rows)})`)
      .join(', ')}${list.length > 8 ? ` and ${list.length - 8} more` : ''}`
  const evidence = [
    ...(unseen.length > 0 ? [`not in train: ${words(unseen)}`] : []),
    ...(rare.length > 0 ? [`fewer than ${CLASS_ROWS_MIN} rows: ${words(rare)}`] : []),
  ]
  return {
    code: 'RARE_CLASSES',
    severity: 'note',
    columns: [],
    title:
      unseen.length > 0
        ? `${classCount(unseen.length, 'is', 'are')} not in train`
        : `${classCount(rare.length, 'has', 'have')} next to no rows`,
    evidence: `${evidence.join('; ')}.`,
    cause:
      'What training never saw is decided by likeness alone. That may be the question, or an accident of the split.',
    remedy: 'Read the figures class by class: reports mark such classes as novel.',
  }
}

function classCount(count: number, one: string, several: string): string {
  return count === 1 ? `One class ${one}` : `${formatCount(count)} classes ${several}`
}
