import { formatMeasure, formatScore, formatShare, formatSigned } from '@vigil/command-line'
import { areAllSetsTried } from '@vigil/evaluation'
import type { Evaluation, UnderAttack } from '@vigil/runs'
import { fixedAxis } from './axis.ts'
import type { Card, LegendEntry } from './card.ts'
import { curveSize } from './curve-card.ts'
import { drawPlot, type Series } from './plot.ts'
import { scoreCells, scoreHeadings } from './policy-table.ts'
import { rankedChart } from './ranked-chart.ts'
import { ink } from './svg-chart.ts'

/** The rule of the run first, the others after it; colours in the same order. */
const COLORS = [ink.team, ink.second, ink.third, ink.rest]

/** Scores in the tables: of all attacks, of those by as many as the rule bears, and of the votes as they are. */
const OF_ATTACKS = ['f1', 'alertRate', 'undecidedRate', 'rewardMean'] as const
const OF_SIZE = ['f1', 'recall', 'falsePositiveRate', 'alertRate', 'undecidedRate', 'rewardMean'] as const
const OF_VOTES = ['alertRate', 'undecidedRate'] as const

/** What faulty agents do to the team: F1 against their number, the attacks one by one, and what none of them can turn. */
export function attackCards(evaluation: Evaluation): Card[] {
  return [faultyAgentsCard(evaluation), attacksCard(evaluation), unturnedCard(evaluation)]
}

function faultyAgentsCard(evaluation: Evaluation): Card {
  const { byzantine, faults, agents } = evaluation
  const rules = rulesOf(evaluation)
  const most = Math.max(0, ...byzantine.map(({ f }) => f))
  const curves = rules.map((rule, i) => ({
    rule,
    color: COLORS[Math.min(i, COLORS.length - 1)],
    // Every rule's own worst attack; a rule that was not attacked by so many has no point.
    worst: Array.from({ length: most + 1 }, (_, f) => worstOf(byzantine.filter((b) => b.rule === rule && b.f === f))),
  }))
  const legend = curves.map(({ rule, color }): LegendEntry => ({ name: rule, ink: color, mark: 'line' }))
  const atFaults = curves.at(0)?.worst.at(faults)?.team.f1 ?? null
  return {
    title: 'F1 against faulty agents',
    figure: atFaults === null ? null : formatScore(atFaults),
    explanation: `F1 under the worst attack by so many agents. The rules are meant to bear ${faults}; the dashed line is there.${burdenInWords(byzantine, { rule: evaluation.rule, f: faults + 1 })}${untried(agents.length, most)}`,
    legend,
    chart:
      most === 0
        ? null
        : {
            id: 'faulty-agents',
            title: 'F1 of the team against the number of faulty agents, by rule',
            description: curves
              .map(({ rule, worst }) => `${rule}: ${worst.map((b, f) => `${f} faulty ${f1Of(b)}`).join(', ')}.`)
              .join(' '),
            ...curveSize,
            drawing: drawPlot({
              ...curveSize,
              x: fixedAxis(0, most, String, { step: 1 }),
              y: fixedAxis(0, 1, formatMeasure, { step: 0.25 }),
              series: [
                upright(faults),
                // The rule of the run is drawn last, on top of the others.
                ...curves.toReversed().map(
                  ({ color, worst }): Series => ({
                    points: worst.map((entry, f) => [f, entry?.team.f1 ?? null]),
                    color,
                    width: 2,
                    dots: 3,
                  }),
                ),
              ],
            }),
          },
    table: {
      columns: ['attack', 'faulty', 'rule', ...scoreHeadings(OF_ATTACKS)],
      rows: rules.flatMap((rule) =>
        byzantine
          .filter((b) => b.rule === rule)
          .map(({ attack, f, team }) => [attack, String(f), rule, ...scoreCells(team, OF_ATTACKS)]),
      ),
      omission: null,
    },
  }
}

/** The dashed line at the number of faulty agents that the rules are meant to bear. */
function upright(faults: number): Series {
  return {
    points: [
      [faults, 0],
      [faults, 1],
    ],
    color: ink.muted,
    width: 1.25,
    dashed: true,
  }
}

/** The attacks by as many agents as the rule is meant to bear, on the rule of the run. */
function attacksCard({ byzantine, rule, faults, agents }: Evaluation): Card {
  const base = byzantine.find((b) => b.attack === 'none' && b.rule === rule)
  // A team that is meant to bear none shows what a single one does.
  const size = Math.max(1, faults)
  const attacks = byzantine.filter((b) => b.rule === rule && b.f === size)
  const falls = attacks
    .map((b) => ({ name: b.attack, value: b.team.f1 - (base?.team.f1 ?? 0) }))
    .sort((a, b) => b.value - a.value)
  const entries = falls.map((fall) => ({ ...fall, text: formatSigned(fall.value, 3), color: ink.second }))
  const faulty = `${size} faulty ${size === 1 ? 'agent' : 'agents'}`
  return {
    title: 'What attacks cost',
    figure: null,
    explanation: `Change of F1 by ${faulty}, those who do most harm, under the rule ${rule}. Drifting and trained agents are the most skilled.${burdenInWords(byzantine, { rule, f: size })}${untried(agents.length, size)}`,
    legend: [],
    chart:
      base === undefined || entries.length === 0
        ? null
        : rankedChart({
            id: 'attacks',
            title: `Change of F1 under attacks by ${faulty}`,
            description: entries.map(({ name, text }) => `${name} ${text}`).join(', '),
            entries,
            mark: 'dot',
            to: null,
            reference: 0,
          }),
    table: {
      columns: ['attack', ...scoreHeadings(OF_SIZE), 'could be turned', 'agents'],
      rows: [...(base === undefined ? [] : [base]), ...attacks].map((b) => [
        b.attack,
        ...scoreCells(b.team, OF_SIZE),
        formatShare(b.flippable),
        b.agents === null ? 'any' : b.agents.map((agent) => agent + 1).join(', '),
      ]),
      omission: null,
    },
  }
}

function unturnedCard(evaluation: Evaluation): Card {
  const { byzantine, rule, faults } = evaluation
  const entries = rulesOf(evaluation).flatMap((name) =>
    byzantine
      .filter((b) => b.attack === 'none' && b.rule === name)
      .map(({ flippable, team }) => ({ name, value: 1 - flippable, flippable, team })),
  )
  const own = entries.find(({ name }) => name === rule)
  const agents = faults === 1 ? '1 agent' : `any ${faults} agents`
  return {
    title: 'Decisions that cannot be turned',
    figure: own === undefined ? null : formatShare(own.value),
    explanation: `Share of the decisions that ${agents} could not have turned, whatever they had voted and whichever f ballots they had left out of the count.`,
    legend: [],
    chart:
      entries.length === 0
        ? null
        : rankedChart({
            id: 'cannot-be-turned',
            title: `Decisions that ${agents} cannot turn, by rule`,
            description: entries.map(({ name, value }) => `${name} ${formatShare(value)}`).join(', '),
            entries: entries.map(({ name, value }) => ({
              name,
              value,
              text: formatScore(value),
              color: name === rule ? ink.team : ink.rest,
            })),
            mark: 'bar',
            to: 1,
            reference: null,
          }),
    table: {
      columns: ['rule', 'cannot be turned', 'could be turned', ...scoreHeadings(OF_VOTES)],
      rows: entries.map((entry) => [
        entry.name,
        formatShare(entry.value),
        formatShare(entry.flippable),
        ...scoreCells(entry.team, OF_VOTES),
      ]),
      omission: null,
    },
  }
}

/** What F1 does not show of attacks by so many agents: how much they leave to people. '' where none was tried. */
function burdenInWords(
  byzantine: readonly UnderAttack[],
  { rule, f }: { readonly rule: string; readonly f: number },
): string {
  const attacks = byzantine.filter((b) => b.rule === rule && b.f === f)
  if (attacks.length === 0) return ''
  const most = (rate: 'alertRate' | 'undecidedRate') => {
    const { attack, team } = attacks.reduce((most, b) => (b.team[rate] > most.team[rate] ? b : most))
    return `${formatShare(team[rate])} (${attack})`
  }
  const [leave, make] = f === 1 ? ['agent leaves', 'makes'] : ['agents leave', 'make']
  return ` ${f} faulty ${leave} up to ${most('undecidedRate')} of the events without a decision and ${make} up to ${most('alertRate')} alerts.`
}

/** What an explanation must add where not every set of agents was tried; attacks by any agents need no sets. */
function untried(agentCount: number, most: number): string {
  const sizes = Array.from({ length: most }, (_, i) => i + 1)
  const first = sizes.find((size) => !areAllSetsTried(agentCount, size))
  if (first === undefined) return ''
  return ` Of sets of ${first} agents and more, which are too many to try, only that of the most skilled attacked; but for targeted-any, others may do more harm.`
}

function rulesOf({ byzantine, rule }: Evaluation): string[] {
  const rules = [...new Set(byzantine.map((b) => b.rule))]
  return [...rules.filter((name) => name === rule), ...rules.filter((name) => name !== rule)]
}

function worstOf(entries: readonly UnderAttack[]): UnderAttack | null {
  return entries.reduce<UnderAttack | null>((worst, b) => (worst && worst.team.f1 <= b.team.f1 ? worst : b), null)
}

function f1Of(entry: UnderAttack | null | undefined): string {
  return formatScore(entry?.team.f1 ?? null)
}
