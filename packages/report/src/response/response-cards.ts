import { formatCount, formatShare, formatSigned } from '@vigil/command-line'
import { bestByName, boundsOf, nameOf } from '@vigil/evaluation'
import type { Evaluation, ResponseScores } from '@vigil/runs'
import { logarithmicAxis, roundAxis } from '../axis.ts'
import type { Card, FigureTable } from '../card.ts'
import { curveSize } from '../curve-card.ts'
import { drawPlot } from '../plot.ts'
import { type RankedEntry, rankedChart } from '../ranked-chart.ts'
import { ink } from '../svg-chart.ts'

/** What each entry of a ledger is, in its order. */
const ENTRIES: Readonly<Record<keyof ResponseScores['ledger'], string>> = {
  allowedBenign: 'allowed benign',
  damage: 'damage',
  dwell: 'dwell',
  blockedBenign: 'blocked benign',
  containment: 'containments',
  falseContainment: 'false ones',
  cutOffBenign: 'cut-off benign',
  alerts: 'alerts',
}

/** Streams of a team whose actions have consequences: the rules beside it, where its return comes from, and what was chosen. */
export function responseCards(response: ResponseScores, gain: NonNullable<Evaluation['gain']>): readonly Card[] {
  return [
    gainCard(response, gain),
    ledgerCard(response),
    membersCard(response),
    stopLevelCard(response),
    validityCard(response),
  ]
}

/** Members under attack. */
export function responseAttackCard({ attacks, returnMean }: ResponseScores): Card {
  const entries = attacks.map(({ attack, f, returnMean: value }) =>
    entry(`${attack.replace('always-', '')} by ${f}`, value, ink.second),
  )
  return {
    title: 'Return under attack',
    figure: null,
    explanation: 'The best members vote so whatever they see, and the streams go on from there.',
    legend: [],
    chart: ranked('attacks', 'Mean return of a stream under each attack', [
      entry('no attack', returnMean, ink.team),
      ...entries,
    ]),
    table: outcomeTable(attacks.map((attack) => ({ name: `${attack.attack} by ${attack.f}`, ...attack }))),
  }
}

function gainCard(response: ResponseScores, gain: NonNullable<Evaluation['gain']>): Card {
  const { references, best } = response
  const rules = bestByName(references).filter(({ name }) => !name.startsWith('always-'))
  const others = [...rules, ...(rules.includes(references[best]) ? [] : [references[best]])]
  const entries = [
    ...boundsOf(response).map(({ name, returnMean }) => entry(name, returnMean, ink.optimum)),
    entry('Team', gain.team, ink.team),
    ...others.map((rule) => entry(rule.name, rule.returnMean, ink.rest)),
  ].sort((a, b) => b.value - a.value)
  const all = references.map((rule) => ({ ...rule, name: nameOf(rule) }))
  return {
    title: 'Return beside tuned rules',
    figure: formatSigned(gain.team),
    explanation: `Mean of a stream; higher is better. Of each rule the score that did best on validation; the rule chosen there is ${nameOf(references[best])}.`,
    legend: [],
    chart: ranked('returns', 'Mean return of a stream of the team, the bound and tuned rules', entries),
    table: outcomeTable(all.toSorted((a, b) => b.returnMean - a.returnMean)),
  }
}

function ledgerCard({ ledger, returnMean }: ResponseScores): Card {
  const entries = Object.entries(ENTRIES).map(([key, name]) => {
    const value = ledger[key as keyof typeof ledger]
    return entry(name, value, value < 0 ? ink.second : ink.third)
  })
  return {
    title: 'Where the return comes from',
    figure: formatSigned(returnMean),
    explanation: 'Mean of a stream, entry by entry; they sum to the return.',
    legend: [],
    chart: ranked('ledger', 'Entries of the ledger, mean of a stream', entries),
    table: { columns: ['', 'reward'], rows: entries.map(({ name, text }) => [name, text]), omission: null },
  }
}

function membersCard({ members, returnMean }: ResponseScores): Card {
  const named = members.map((member, i) => ({ name: `Agent ${i + 1}`, ...member }))
  const entries = [
    entry('Team', returnMean, ink.team),
    ...named.map((member) => entry(member.name, member.returnMean, ink.rest)),
  ]
  return {
    title: 'Members against the vote',
    figure: null,
    explanation: 'Each agent alone decides what happens next.',
    legend: [],
    chart: rankedChart({
      id: 'members',
      title: 'Mean return of a stream of the team and of each agent alone',
      description: entries.map(({ name, text }) => `${name} ${text}`).join(', '),
      entries,
      mark: 'dot',
      to: null,
      reference: returnMean,
    }),
    table: outcomeTable(named),
  }
}

function stopLevelCard({ stopLevels, stopFactor }: ResponseScores): Card {
  const returns = stopLevels.map(({ returnMean }) => returnMean)
  return {
    title: 'Stop level',
    figure: `× ${formatFactor(stopFactor)}`,
    explanation:
      'Return on validation by what the probabilities of quarantine and alert are multiplied by; the best factor is taken.',
    legend: [],
    chart: {
      id: 'stop-level',
      title: 'Mean return of a validation stream by the stop level',
      description: stopLevels.map((own) => `${formatFactor(own.factor)}: ${formatSigned(own.returnMean)}`).join(', '),
      ...curveSize,
      drawing: drawPlot({
        ...curveSize,
        x: logarithmicAxis(
          stopLevels.map(({ factor }) => factor),
          (value) => `× ${formatFactor(value)}`,
        ),
        y: roundAxis(returns, formatSigned),
        series: [{ points: stopLevels.map((own) => [own.factor, own.returnMean]), color: ink.team, width: 2, dots: 3 }],
      }),
    },
    table: {
      columns: ['factor', 'return'],
      rows: stopLevels.map((own) => [formatFactor(own.factor), formatSigned(own.returnMean, 3)]),
      omission: null,
    },
  }
}

function validityCard({ validity }: ResponseScores): Card {
  const { blockedIntruder } = validity
  const entries = (['exact', 'modelled', 'unidentified'] as const).map((name) => ({
    ...entry(name, validity[name], name === 'exact' ? ink.team : ink.rest),
    text: formatShare(validity[name]),
  }))
  const rows = Object.entries(blockedIntruder ?? {}).map(([name, value]) => [
    `return under ${name}`,
    formatSigned(value, 3),
  ])
  return {
    title: 'How the return is known',
    figure: null,
    explanation:
      'Exact: let through, or cut off by quarantine. Modelled: alerts and the analyst. Unidentified: what a blocked intruder does next.',
    legend: [],
    chart: ranked('validity', 'Shares of the ledger by how they are known', entries),
    table: { columns: ['', ''], rows: [...entries.map(({ name, text }) => [name, text]), ...rows], omission: null },
  }
}

type Outcome = ResponseScores['members'][number] & { readonly name: string }

function outcomeTable(policies: readonly Outcome[]): FigureTable {
  return {
    columns: ['', 'return', 'contained', 'falsely', 'alerts', 'cut off'],
    rows: policies.map(({ name, returnMean, contained, falselyContained, actions, cutOff }) => [
      name,
      formatSigned(returnMean, 3),
      ...[contained, falselyContained, actions.alert, cutOff].map(formatCount),
    ]),
    omission: null,
  }
}

function entry(name: string, value: number, color: string): RankedEntry {
  return { name, value, text: formatSigned(value), color }
}

function ranked(id: string, title: string, entries: readonly RankedEntry[]) {
  const description = entries.map(({ name, text }) => `${name} ${text}`).join(', ')
  return rankedChart({ id, title, description, entries, mark: 'bar', to: null, reference: null })
}

function formatFactor(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toPrecision(2)
}
