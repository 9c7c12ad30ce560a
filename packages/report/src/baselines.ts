import { formatScore, formatSigned } from '@vigil/command-line'
import type { Evaluation } from '@vigil/runs'
import type { Card } from './card.ts'
import { policyTable } from './policy-table.ts'
import { type RankedEntry, rankedChart } from './ranked-chart.ts'
import { ink } from './svg-chart.ts'

/** The team beside the baselines and, where it is known, the best possible decision: once by F1, once by reward. */
export function baselineCards(evaluation: Evaluation): readonly Card[] {
  const { team, baselines, bayes } = evaluation
  const policies = [
    { name: 'Team', scores: team },
    ...baselines.map((scores) => ({ name: scores.name, scores })),
    ...(bayes === null ? [] : [{ name: 'Bayes optimum', scores: bayes }]),
  ]
  return [
    {
      title: 'F1 beside the baselines',
      figure: null,
      explanation: 'Same rows, same labels; 1 is perfect.',
      legend: [],
      chart: rankedChart({
        id: 'baselines-f1',
        title: 'F1 of the team and the baselines',
        ...ranked(evaluation, 'f1', formatScore),
        mark: 'bar',
        to: 1,
        reference: null,
      }),
      table: policyTable(policies, [
        'f1',
        'precision',
        'recall',
        'falsePositiveRate',
        'alertRate',
        'undecidedRate',
        'accuracy',
        'prAuc',
      ]),
    },
    {
      title: 'Reward beside the baselines',
      figure: null,
      explanation: 'Mean per event under the reward table of the run.',
      legend: [],
      chart: rankedChart({
        id: 'baselines-reward',
        title: 'Reward per event of the team and the baselines',
        ...ranked(evaluation, 'rewardMean', formatSigned),
        mark: 'bar',
        to: null,
        reference: 0,
      }),
      table: policyTable(policies, ['rewardMean', 'tp', 'fn', 'fp', 'tn', 'threatAlerts', 'benignAlerts', 'undecided']),
    },
  ]
}

function ranked(
  { team, baselines, bayes }: Evaluation,
  score: 'f1' | 'rewardMean',
  format: (value: number) => string,
): { entries: readonly RankedEntry[]; description: string } {
  const entry = (name: string, value: number, color: string) => ({ name, value, text: format(value), color })
  const others = baselines.map(({ name, [score]: value }) => entry(name, value, ink.rest))
  const optimum = bayes === null ? [] : [entry('Bayes optimum', bayes[score], ink.optimum)]
  // The team stands where its value puts it, so that the order itself is the result.
  const entries = [...optimum, entry('Team', team[score], ink.team), ...others].sort((a, b) => b.value - a.value)
  return { entries, description: entries.map(({ name, text }) => `${name} ${text}`).join(', ') }
}
