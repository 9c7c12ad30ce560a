import { formatCount, formatScore, formatShare, harmlessText } from '@vigil/command-line'
import type { InspectFinding } from '../finding.ts'
import type { ColumnScore } from '../probes/column-score.ts'
import { columnsOf, conditionWords, ruleWords } from '../probes/rule-words.ts'
import type { Scores } from '../probes/scores.ts'
import type { Role, Subject } from '../subject.ts'
import { isLeak, isStrong, type LabelSurvey, treeVerdict } from '../survey.ts'

/**
 * Names that are given to what is made from the label, by another detector, or after the decision. A name proves nothing: it is
 * asked about.
 */
const TELLING_NAME =
  /(^|[._\s-])(attack_?(cat|type|name|id|category)?|labels?|ground_?truth|verdict|malicious|is_?(attack|malicious|threat|anomaly|suspicious)|alerted|alert|severity|disposition|difficulty|(risk|threat|anomaly|detection)_?score|threat_?(name|type|level)?|classification|rule_?name|signature_?id)$|_label$/i

/** Whether a name is one that is given to what knows the label. */
export function hasTellingName(name: string): boolean {
  return TELLING_NAME.test(name)
}

const QUESTION =
  'Leaky? Ask how the column comes about: is its value known before the decision is due, and would it be the same if nobody had looked for the threat?'

/** Names of columns that the draft lists as leaky; null = the description was given. */
export type DraftedLeaks = ReadonlySet<string> | null

/** Columns that tell the label alone, or nearly. */
export function leakColumns({ columns }: Subject, { alone }: LabelSurvey, drafted: DraftedLeaks): InspectFinding[] {
  const roles = new Map(columns.map(({ read, role }) => [read.name, role]))
  return alone.flatMap((score) => {
    const role = roles.get(score.column.name) ?? 'left out'
    return role === 'left out' || !isStrong(score) ? [] : [leakColumn(score, role, drafted)]
  })
}

function leakColumn(score: ColumnScore, role: Role, drafted: DraftedLeaks): InspectFinding {
  const { name } = score.column
  const shown = harmlessText(name, 60)
  const tells = isLeak(score)
  // What nearly tells the label and is called like it will be it.
  const isSure = tells || hasTellingName(name)
  return {
    code: 'LEAK_COLUMN',
    severity: isSure && role === 'input' ? 'problem' : 'note',
    columns: [name],
    title: `${shown} alone ${tells ? 'tells' : 'nearly tells'} the label: F1 ${formatScore(score.f1)}, leaky?`,
    evidence: `threat where ${conditionWords(score.column, score.threatBins)}: ${scoreWords(score)}.`,
    cause: isSure
      ? `The column may be the label under another name, or be made from it. ${QUESTION}`
      : `It may be an honest, strong feature. ${QUESTION}`,
    remedy: remedyOf(shown, role, { isListed: drafted?.has(name) === true, isSure }),
  }
}

function remedyOf(
  name: string,
  role: Role,
  { isListed, isSure }: { readonly isListed: boolean; readonly isSure: boolean },
): string {
  switch (role) {
    case 'input':
      if (isListed)
        return `The draft lists ${name} in columns.leaky: it is an input of --features=full alone. If it is known in time, move it to numeric or categorical.`
      return isSure
        ? `List ${name} in columns.leaky, or, if it is known in time, say so where you report figures.`
        : `If it is not known in time, list ${name} in columns.leaky.`
    case 'leaky':
      return `Nothing: ${name} is listed as leaky, and is an input of --features=full alone.`
    case 'class':
      return `Nothing: ${name} is the class, which is never an input.`
    case 'stream':
      return `${name} is no input, but threats are a matter of who acts here: give split: { by: by-stream }, so that the same entity is never in train and test.`
    default:
      return `Nothing: ${name} is never an input.`
  }
}

/** Several inputs together tell the label, none of them alone. */
export function leakTree({ tree, rule }: LabelSurvey): InspectFinding | null {
  const verdict = tree === null || rule !== null ? null : treeVerdict(tree)
  if (tree === null || verdict === null) return null
  const columns = columnsOf(tree)
  const isSure = verdict === 'leak'
  return {
    code: 'LEAK_TREE',
    severity: isSure ? 'problem' : 'note',
    columns,
    title: `A tree of ${tree.leaves.length} leaves ${isSure ? 'tells' : 'nearly tells'} the label: F1 ${formatScore(tree.balanced.f1)}, leaky?`,
    evidence: `it asks about ${nameList(columns)}: ${scoreWords(tree.balanced)}.`,
    cause: `${isSure ? 'Recorded threats are rarely so plain.' : 'These may be honest inputs of plain threats.'} ${QUESTION}`,
    remedy:
      'Look for a column that knows too much, and list it in columns.leaky. If all are known in time, a rule does nearly what a team would.',
  }
}

/** The label can be computed from other columns. */
export function labelIsRule({ columns }: Subject, { rule }: LabelSurvey): InspectFinding | null {
  if (rule === null) return null
  const asked = columnsOf(rule)
  const isOfInputs = asked.every((name) => columns.some(({ read, role }) => read.name === name && role === 'input'))
  return {
    code: 'LABEL_IS_RULE',
    severity: isOfInputs ? 'problem' : 'note',
    columns: asked,
    title: `The label is a rule of ${nameList(asked)}`,
    evidence: `threat where ${ruleWords(rule)}: agrees with the label in ${formatShare(rule.byMajority.agreement)} of the rows that did not choose it.`,
    cause:
      'Somebody labelled the events by this rule, or the sensor did. What is learnt is the rule, not what threats are.',
    remedy: isOfInputs
      ? 'Use the rule itself, or list what it looks at in columns.leaky and learn from what is known before.'
      : 'Nothing: what it looks at is not all among the inputs.',
  }
}

/** Names of inputs that ask for a look. */
export function leakNames({ columns }: Subject, { alone }: LabelSurvey, drafted: DraftedLeaks): InspectFinding[] {
  const found = new Set(alone.filter(isStrong).map(({ column }) => column.name))
  return columns.flatMap(({ read: { name }, role }): InspectFinding[] => {
    if (role !== 'input' || found.has(name) || !hasTellingName(name)) return []
    const score = alone.find(({ column }) => column.name === name)
    const shown = harmlessText(name, 60)
    return [
      {
        code: 'LEAK_NAME',
        severity: 'note',
        columns: [name],
        title: `${shown} is called like something that knows the label: leaky?`,
        evidence: score === undefined ? 'too few rows to measure it.' : `alone: ${scoreWords(score)}.`,
        cause: `Columns of such names are made from the label, by another detector, or after the decision. ${QUESTION}`,
        remedy: drafted?.has(name)
          ? `The draft lists ${shown} in columns.leaky. If it is known in time, move it to numeric or categorical.`
          : `If it is not known in time, list ${shown} in columns.leaky.`,
      },
    ]
  })
}

/** The place of a row in the files tells what it is. */
export function orderLeak(subject: Subject, { order, file }: LabelSurvey): InspectFinding | null {
  const byFile = isStrong(file) ? file : null
  const byRow = order !== null && isStrong(order.balanced) ? order : null
  if (byRow === null && byFile === null) return null
  const isTimed = subject.times !== null && isInOrderOfTime(subject.times.values)
  const evidence = [
    ...(byFile === null ? [] : [`the file alone: ${scoreWords(byFile)}`]),
    ...(byRow === null
      ? []
      : [`the number of the row, cut into ${byRow.leaves.length} pieces: ${scoreWords(byRow.balanced)}`]),
  ]
  return {
    code: 'ORDER_LEAK',
    severity: isTimed ? 'note' : 'problem',
    columns: [],
    title:
      byFile === null
        ? 'The place of a row in the file tells the label'
        : 'The file that a row stands in tells the label',
    evidence: `${evidence.join('; ')}; ${formatCount(subject.rowCount)} rows in ${subject.files.length === 1 ? 'one file' : `${formatCount(subject.files.length)} files`}.`,
    cause: isTimed
      ? 'Threats came in stretches of time. Whatever drifts with time, such as counters, then knows them.'
      : 'The rows are sorted or joined by label. Whatever rises with the row, such as numbers of records, sessions or ports, then knows the label.',
    remedy: isTimed
      ? 'Give split: { by: temporal }, and list columns that only rise in columns.ignore.'
      : 'Keep every column that rises with the row out of the inputs (columns.ignore), and do not take the order of the rows for their time.',
  }
}

/** Whether hardly any row is earlier than the one before it. */
function isInOrderOfTime(values: Float64Array): boolean {
  let back = 0
  for (let row = 1; row < values.length; row++) if (values[row] < values[row - 1]) back++
  return back <= 0.01 * values.length
}

function scoreWords({ f1, baseF1, balancedAccuracy }: Scores): string {
  return `F1 ${formatScore(f1)} (${formatScore(baseF1)} when every row is called a threat), balanced accuracy ${formatScore(balancedAccuracy)}`
}

/** The first six names, and how many more there are. */
export function nameList(names: readonly string[]): string {
  const shown = names.slice(0, 6).map((name) => harmlessText(name, 60))
  if (names.length > 6) return `${shown.join(', ')} and ${names.length - 6} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown[shown.length - 1]}`
}
