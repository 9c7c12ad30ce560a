import { formatCount, formatMeasure, formatScore, formatShare, formatSigned, harmlessText } from '@vigil/command-line'
import type { Condition } from './condition.ts'
import type { DistilledList, RuleFigures } from './distil.ts'
import type { TeamLadder } from './team-ladder.ts'

/** Names of the actions by their number. */
export const ACTION_NAMES = ['allow', 'block', 'quarantine', 'alert'] as const

/** Rules of either kind. */
export type Rules = DistilledList | TeamLadder

/** Rules as lines of text, with how well they stand for the team. */
export function rulesText(rules: Rules): string {
  const parts = rules.kind === 'ladder' ? ladderText(rules) : listText(rules)
  return `${parts.join('\n')}\n`
}

/** A line's conditions in words. */
export function conditionsInWords(conditions: readonly Condition[]): string {
  return conditions.map(inWords).join(' and ')
}

function inWords(condition: Condition): string {
  const column = harmlessText(condition.column, 200)
  if (condition.operator === 'missing') return `${column} is missing`
  if (condition.operator === 'is') return `${column} is "${harmlessText(condition.value, 200)}"`
  return `${column} ${condition.operator} ${condition.value}`
}

function listText({ dataset, list, rows, fidelity, team, rules }: DistilledList): string[] {
  const heads = list.lines.map(({ conditions }, i) => `${i === 0 ? 'if' : 'else if'} ${conditionsInWords(conditions)}:`)
  const width = Math.max(...heads.map((head) => head.length), 'otherwise:'.length)
  const lines = list.lines.map(({ action }, i) => `${heads[i].padEnd(width)}  ${ACTION_NAMES[action]}`)
  const of = (name: string, share: number | null) => (share === null ? [] : [`${formatShare(share)} ${name}`])
  return [
    ...lines,
    `${'otherwise:'.padEnd(width)}  ${ACTION_NAMES[list.otherwise]}`,
    '',
    `The rules do what the team does on ${formatShare(fidelity.test)} of ${formatCount(rows)} test events of ${harmlessText(dataset, 80)}:`,
    [
      ...of('of those that it blocks', fidelity.onRestricted),
      ...of('of those on which it alerts', fidelity.onAlerted),
      `${formatShare(fidelity.train)} in training`,
      `${formatShare(fidelity.validation)} on validation, by which they were chosen.`,
    ].join(', '),
    '',
    ...figureTable(team, rules),
  ]
}

function figureTable(team: RuleFigures, rules: RuleFigures): string[] {
  const row = (name: string, of: (figures: RuleFigures) => string) =>
    [name.padEnd(18), of(team).padStart(10), of(rules).padStart(10)].join('')
  return [
    row('on the test split', (figures) => (figures === team ? 'team' : 'rules')),
    row('reward per event', ({ rewardMean }) => formatSigned(rewardMean, 3)),
    row('F1', ({ f1 }) => formatScore(f1)),
    row('precision', ({ precision }) => formatScore(precision)),
    row('recall', ({ recall }) => formatScore(recall)),
    row('false positives', ({ falsePositiveRate }) => formatShare(falsePositiveRate)),
    row('alerts', ({ alertRate }) => formatShare(alertRate)),
    row('undecided', ({ undecidedRate }) => formatShare(undecidedRate)),
  ]
}

function ladderText({ dataset, thresholds, calm, validation, streams, returns }: TeamLadder): string[] {
  const steps = (['quarantine', 'block', 'alert'] as const).flatMap((action) => {
    const threshold = thresholds[action]
    if (threshold === null) return []
    const unless = action === 'alert' ? ' and no ticket of the stream is open' : ''
    return [`if the team's score is above ${formatMeasure(threshold)}${unless}: ${action}`]
  })
  const quiet =
    calm === 0 ? [] : [`after an all-clear, ${calm === null ? 'for good' : `for ${formatCount(calm)} events`}: allow`]
  return [
    ...[...quiet, ...steps].map((line, i) => (i === 0 ? line : `else ${line}`)),
    'otherwise: allow',
    '',
    `Mean return of ${formatCount(streams)} test streams of ${harmlessText(dataset, 80)}: the team ${formatSigned(returns.team, 3)}, these rules ${formatSigned(returns.rules, 3)},`,
    `the best rule on another score ${formatSigned(returns.best, 3)}. They were chosen on validation, where they return ${formatSigned(validation, 3)}.`,
  ]
}
