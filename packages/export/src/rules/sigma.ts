import { stringify } from 'yaml'
import { exportError } from '../errors.ts'
import type { Condition, DecisionList } from './condition.ts'
import { ACTION_NAMES, conditionsInWords, type Rules, rulesText } from './rules-text.ts'
import type { TeamLadder } from './team-ladder.ts'

/** How urgent a rule of each action is. */
const LEVELS: Readonly<Record<string, string>> = { alert: 'medium', block: 'high', quarantine: 'critical' }

/** Selections by name, and what must hold of them for an action. */
type Detection = { readonly selections: Readonly<Record<string, object>>; readonly condition: string }

/**
 * Rules in the shape of Sigma (https://sigmahq.io/docs/basics/rules.html): one document for each action but allow. Fields are raw
 * columns, `columns|cased` texts with the characters * ? \ escaped, bounds are in raw units, and a missing value is null.
 *
 * @throws {VigilError} TEAM_UNEXPORTABLE where the name of a column has a |, which Sigma reads as a modifier
 */
export function sigmaRules(rules: Rules): string {
  const detectionOf = rules.kind === 'ladder' ? ladderDetection(rules) : listDetection(rules.list)
  const documents = ACTION_NAMES.flatMap((name, action) => {
    const detection = name === 'allow' ? null : detectionOf(action)
    return detection === null ? [] : [documentOf(rules, name, detection)]
  })
  return documents.join('---\n')
}

function documentOf(rules: Rules, action: string, { selections, condition }: Detection): string {
  return stringify(
    {
      title: `Vigil: ${action} on ${rules.dataset}`,
      status: 'experimental',
      description: rulesText(rules),
      logsource: { product: 'vigil', category: rules.dataset },
      detection: { ...selections, condition },
      level: LEVELS[action],
    },
    { lineWidth: 0 },
  )
}

/** The lines that come before those of an action must not hold; a selection is named after its line. */
function listDetection({ lines, otherwise }: DecisionList): (action: number) => Detection | null {
  const selectionOf = (conditions: readonly Condition[]) => Object.fromEntries(conditions.map(fieldOf))
  return (action) => {
    // From the last line to the first: null = never, '' = always.
    let condition: string | null = otherwise === action ? '' : null
    const used = new Set<number>()
    for (const [i, line] of [...lines.entries()].reverse()) {
      const isOwn = line.action === action
      // Nothing below changes what such a line leaves.
      if (isOwn ? condition === '' : condition === null) continue
      used.add(i)
      const name = `line${i + 1}`
      const below = condition === null || condition === '' ? '' : ` ${isOwn ? 'or' : 'and'} ${grouped(condition)}`
      condition = `${isOwn ? name : `not ${name}`}${below}`
    }
    if (condition === null) return null
    // Sigma has no word for always.
    if (condition === '') return { selections: { nothing: { vigil: 'nothing' } }, condition: 'not nothing' }
    const selections = Object.fromEntries(
      lines.flatMap(({ conditions }, i) => (used.has(i) ? [[`line${i + 1}`, selectionOf(conditions)]] : [])),
    )
    return { selections, condition }
  }
}

function grouped(condition: string): string {
  return condition.includes(' ') ? `(${condition})` : condition
}

function fieldOf(condition: Condition): [string, string | number | null] {
  const { column } = condition
  if (column.includes('|')) {
    throw exportError(
      'TEAM_UNEXPORTABLE',
      `Sigma reads the | in the column '${conditionsInWords([condition])}' as a modifier. Write the rules as text or JSON: --out=rules.json.`,
    )
  }
  if (condition.operator === 'missing') return [column, null]
  if (condition.operator === 'is') return [`${column}|cased`, condition.value.replace(/[\\*?]/g, '\\$&')]
  return [`${column}|${condition.operator === '>' ? 'gt' : 'lte'}`, condition.value]
}

/** The severest action whose threshold the score is above; what analysts have found is not in a Sigma rule. */
function ladderDetection({ thresholds }: TeamLadder): (action: number) => Detection | null {
  return (action) => {
    const severest = (['quarantine', 'block', 'alert'] as const).filter((name) => thresholds[name] !== null)
    const place = (severest as readonly string[]).indexOf(ACTION_NAMES[action])
    const names = severest.slice(0, place + 1).toReversed()
    if (names.length === 0) return null
    return {
      selections: Object.fromEntries(names.map((name) => [name, { 'score|gt': thresholds[name] }])),
      condition: names.map((name, i) => (i === 0 ? name : `not ${name}`)).join(' and '),
    }
  }
}
