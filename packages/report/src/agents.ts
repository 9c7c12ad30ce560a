import { formatScore, formatSigned } from '@vigil/command-line'
import type { Evaluation } from '@vigil/runs'
import type { Card } from './card.ts'
import { policyTable } from './policy-table.ts'
import { rankedChart } from './ranked-chart.ts'
import { ink } from './svg-chart.ts'

/** Each agent alone against the team's vote, by F1 on an axis narrow enough to see the difference. */
export function agentsCard({ team, agents }: Evaluation): Card {
  const policies = [
    { name: 'Team', scores: team, color: ink.team },
    ...agents.map((scores, index) => ({ name: `Agent ${index + 1}`, scores, color: ink.rest })),
  ]
  const entries = policies.map(({ name, scores, color }) => ({
    name,
    value: scores.f1,
    text: formatScore(scores.f1),
    color,
  }))
  return {
    title: 'Agents against the team',
    figure: null,
    explanation: voteInWords(
      team.f1,
      agents.map(({ f1 }) => f1),
    ),
    legend: [],
    chart: rankedChart({
      id: 'agents',
      title: 'F1 of the team and of each agent alone',
      description: entries.map(({ name, text }) => `${name} ${text}`).join(', '),
      entries,
      mark: 'dot',
      to: null,
      reference: team.f1,
    }),
    table: policyTable(policies, [
      'f1',
      'precision',
      'recall',
      'falsePositiveRate',
      'alertRate',
      'undecidedRate',
      'prAuc',
      'rewardMean',
      'tp',
      'fn',
      'fp',
      'tn',
    ]),
  }
}

function voteInWords(teamF1: number, agentF1s: readonly number[]): string {
  if (agentF1s.length === 0) return 'F1 of the team; no agent was evaluated alone.'
  const mean = agentF1s.reduce((sum, f1) => sum + f1, 0) / agentF1s.length
  const best = Math.max(...agentF1s)
  return `F1 of the vote: ${formatSigned(teamF1 - mean, 3)} against the mean agent, ${formatSigned(teamF1 - best, 3)} against the best.`
}
