import { formatMeasure, formatScore, formatShare } from '@vigil/command-line'
import type { Evaluation } from '@vigil/runs'
import type { Card } from './card.ts'
import { rankedChart } from './ranked-chart.ts'
import { ink } from './svg-chart.ts'

/** How far the agents differ, and what the vote makes of it. */
export function diversityCard({ diversity, team }: Evaluation): Card {
  const { disagreement, errorCorrelation, bestAgentF1, meanAgentF1, pairs } = diversity
  const entries = [
    { name: 'Team', value: team.f1, color: ink.team },
    { name: 'Best agent', value: bestAgentF1, color: ink.rest },
    { name: 'Mean agent', value: meanAgentF1, color: ink.rest },
  ].flatMap(({ value, ...entry }) => (value === null ? [] : [{ ...entry, value, text: formatScore(value) }]))
  return {
    title: 'Agents that differ',
    figure: null,
    explanation:
      pairs.length === 0
        ? 'F1 alone: one agent has nobody to differ from.'
        : `Two agents disagree on ${formatShare(disagreement)} of the events; their errors correlate by ${formatMeasure(errorCorrelation)} (1 = they err together).`,
    legend: [],
    chart: rankedChart({
      id: 'diversity',
      title: 'F1 of the team, of the best agent and of the mean agent',
      description: entries.map(({ name, text }) => `${name} ${text}`).join(', '),
      entries,
      mark: 'dot',
      to: null,
      reference: team.f1,
    }),
    table: {
      columns: ['agents', 'disagree', 'errors correlate'],
      rows: pairs.map((pair) => [
        pair.agents.map((agent) => agent + 1).join(' and '),
        formatShare(pair.disagreement),
        formatMeasure(pair.errorCorrelation),
      ]),
      omission: null,
    },
  }
}
