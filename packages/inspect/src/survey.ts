import { type BinnedColumn, binColumn } from './probes/binned-column.ts'
import { type ColumnScore, columnScore } from './probes/column-score.ts'
import { type Duplicates, findDuplicates } from './probes/duplicates.ts'
import { columnsOf } from './probes/rule-words.ts'
import type { Scores } from './probes/scores.ts'
import { type SmallTree, smallTree } from './probes/small-tree.ts'
import type { Subject, SubjectLabels } from './subject.ts'

/** A column that tells so much alone, on rows that did not choose, is taken for the label. Own choice. */
export const LEAK_BALANCED_ACCURACY = 0.97

/** From here on it is worth asking. Own choice: src_bytes alone has 0.94 on NSL-KDD. */
const STRONG_BALANCED_ACCURACY = 0.9

/** A small tree of several columns tells more of honest events than one column: 0.982 on NSL-KDD without its difficulty. Own choice. */
const [TREE_LEAK, TREE_STRONG] = [0.99, 0.97]

/** Share of what F1 can gain over calling every row a threat: below it too many rows are called threats by mistake. Own choice. */
const F1_GAIN_MIN = 0.5

/** A tree that agrees with the label on so many rows is the label's rule. */
const RULE_AGREEMENT = 0.995

/** What was measured of labelled events. Computed once, for several findings. */
export type LabelSurvey = {
  /** Each column alone, but those that tell the label by definition; the best first. */
  readonly alone: readonly ColumnScore[]
  /** A small tree of the inputs that are no leak alone; null = nothing to divide. */
  readonly tree: SmallTree | null
  /** A small tree of inputs and leaky columns that are not the label itself, where it agrees with the label. */
  readonly rule: SmallTree | null
  /** What the number of a row, and its file, tell; null = too few rows. */
  readonly order: SmallTree | null
  readonly file: ColumnScore | null
}

/** Whether an answer is as good as the label. */
export function isLeak(scores: Scores | null): scores is Scores {
  return scores !== null && scores.balancedAccuracy >= LEAK_BALANCED_ACCURACY && gainsF1(scores)
}

/** Whether an answer is good enough to ask where it comes from. */
export function isStrong(scores: Scores | null): scores is Scores {
  return scores !== null && scores.balancedAccuracy >= STRONG_BALANCED_ACCURACY && gainsF1(scores)
}

/** Whether a small tree is as good as the label, or good enough to ask; null = neither. */
export function treeVerdict({ balanced }: SmallTree): 'leak' | 'strong' | null {
  if (balanced.balancedAccuracy < TREE_STRONG || !gainsF1(balanced)) return null
  return balanced.balancedAccuracy >= TREE_LEAK ? 'leak' : 'strong'
}

function gainsF1({ f1, baseF1 }: Scores): boolean {
  return f1 - baseF1 >= F1_GAIN_MIN * (1 - baseF1)
}

function isRule(scores: Scores): boolean {
  return scores.agreement >= RULE_AGREEMENT && isLeak(scores)
}

/** Measures what columns, small trees and the order of the rows tell of the label. */
export async function surveyLabel(subject: Subject, { labels: all }: SubjectLabels): Promise<LabelSurvey> {
  const { rows, halves } = subject.sample
  const labels = Uint8Array.from(rows, (row) => all[row])
  const chosen = Uint8Array.from(halves, (half) => 1 - half)
  const bin = (column: Parameters<typeof binColumn>[0]) => binColumn(column, { rows, labels, chosen })
  const scores: ColumnScore[] = []
  const byRole: Record<'input' | 'leaky', BinnedColumn[]> = { input: [], leaky: [] }
  for (const { read, facts, role } of subject.columns) {
    if (role === 'label' || facts.distinct === 0 || facts.isForgotten) continue
    const column = bin(read)
    if (role === 'input' || role === 'leaky') byRole[role].push(column)
    const score = columnScore(column, labels, halves)
    if (score !== null) scores.push(score)
  }
  scores.sort((a, b) => b.balancedAccuracy - a.balancedAccuracy || (a.column.name < b.column.name ? -1 : 1))
  const leaks = new Set(scores.filter(isLeak).map(({ column }) => column))
  const copies = new Set(scores.filter((score) => isRule(score)).map(({ column }) => column))
  const [tree, rule] = await Promise.all([
    smallTree(
      byRole.input.filter((column) => !leaks.has(column)),
      labels,
      halves,
    ),
    smallTree(
      [...byRole.input, ...byRole.leaky].filter((column) => !copies.has(column)),
      labels,
      halves,
    ),
  ])
  return {
    alone: scores,
    tree,
    rule: rule !== null && isRule(rule.byMajority) && columnsOf(rule).length > 0 ? rule : null,
    ...(await orderOf(subject, bin, { labels, halves })),
  }
}

/** The number of the row and the number of the file, as if they were columns. */
async function orderOf(
  { rowCount, files }: Subject,
  bin: (column: Parameters<typeof binColumn>[0]) => BinnedColumn,
  { labels, halves }: { readonly labels: Uint8Array; readonly halves: Uint8Array },
): Promise<Pick<LabelSurvey, 'order' | 'file'>> {
  const counts = { missing: 0, infinite: 0, malformed: 0, example: null }
  const own = { counts, isIdentifier: false }
  const numbers = Float64Array.from({ length: rowCount }, (_, row) => row)
  const codes = new Int32Array(rowCount)
  for (const [code, { start, end }] of files.entries()) codes.fill(code, start, end)
  const row = bin({ ...own, name: 'row number', column: { kind: 'number', values: numbers } })
  const file = bin({
    ...own,
    name: 'file',
    column: { kind: 'token', codes, dictionary: files.map(({ path }) => path) },
  })
  return {
    order: await smallTree([row], labels, halves),
    file: files.length < 2 ? null : columnScore(file, labels, halves),
  }
}

/** Rows with the inputs of other rows. */
export function surveyDuplicates({ columns, rowCount, labels, split }: Subject): Duplicates | null {
  const inputs = columns.filter(({ role }) => role === 'input').map(({ read }) => read.column)
  if (inputs.length === 0) return null
  return findDuplicates(inputs, rowCount, { labels: labels?.labels ?? null, parts: split?.parts ?? null })
}
