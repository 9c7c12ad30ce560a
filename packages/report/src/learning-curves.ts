import { formatMeasure, formatScore, formatSigned } from '@vigil/command-line'
import type { Evaluation, IterationMetrics } from '@vigil/runs'
import { actionMixCard } from './action-mix.ts'
import type { Card } from './card.ts'
import { curveCard } from './curve-card.ts'
import { ink } from './svg-chart.ts'

/** The curves of training, results first, then the health of the learner. Empty when nothing was recorded. */
export function learningCards(metrics: readonly IterationMetrics[], evaluation: Evaluation): readonly Card[] {
  if (metrics.length === 0) return []
  const bayes = evaluation.bayes
  const alwaysAllow = evaluation.baselines.find(({ name }) => name === 'always-allow')
  return [
    curveCard(metrics, {
      id: 'reward',
      title: 'Reward per event',
      explanation: 'Mean of all agents while they explore.',
      curves: [{ name: 'agents', color: ink.team, at: (line) => line.rewardMean }],
      references: [
        ...(bayes === null ? [] : [{ name: 'Bayes optimum (test)', color: ink.optimum, value: bayes.rewardMean }]),
        ...(alwaysAllow === undefined
          ? []
          : [{ name: 'always-allow (test)', color: ink.muted, value: alwaysAllow.rewardMean }]),
      ],
      format: (value) => formatSigned(value),
    }),
    validationCard(metrics, evaluation),
    actionMixCard(metrics, evaluation),
    curveCard(metrics, {
      id: 'value-loss',
      title: 'Value loss',
      explanation: 'Out-of-sample error over the variance of the returns; below 1 the critic knows something.',
      curves: [{ name: 'value loss', color: ink.team, at: (line) => line.valueLoss }],
      references: [{ name: '1.0 = predicts the mean', color: ink.muted, value: 1 }],
      from: 0,
      logarithmicAbove: 20,
      format: formatMeasure,
    }),
    curveCard(metrics, {
      id: 'explained-variance',
      title: 'Explained variance',
      explanation: 'Part of the returns that the critic explains, and the most that can be explained here.',
      curves: [
        { name: 'explained', color: ink.team, at: (line) => line.explainedVariance },
        { name: 'ceiling', color: ink.optimum, dashed: true, at: (line) => line.explainableVarianceCeiling },
      ],
      format: formatMeasure,
    }),
    curveCard(metrics, {
      id: 'entropy',
      title: 'Entropy',
      explanation: 'How undecided the policies are, in nats; ln 4 = 1.386 is pure chance.',
      curves: [{ name: 'entropy', color: ink.team, at: (line) => line.entropy }],
      from: 0,
      format: formatMeasure,
    }),
    curveCard(metrics, {
      id: 'approx-kl',
      title: 'KL of each update',
      explanation: 'How far the update moved the policies from those that acted.',
      curves: [{ name: 'approximate KL', color: ink.team, at: (line) => line.approxKl }],
      from: 0,
      format: formatMeasure,
    }),
    curveCard(metrics, {
      id: 'clip-fraction',
      title: 'Clip fraction',
      explanation: 'Share of decisions whose probability ratio left the clip range.',
      curves: [{ name: 'clipped', color: ink.team, at: (line) => line.clipFraction }],
      from: 0,
      format: formatMeasure,
    }),
    curveCard(metrics, {
      id: 'gradient-norms',
      title: 'Gradient norms',
      explanation: 'Before clipping; policy and value are clipped apart.',
      curves: [
        { name: 'policy', color: ink.team, at: (line) => line.gradNormPolicy },
        { name: 'value', color: ink.second, at: (line) => line.gradNormValue },
      ],
      from: 0,
      logarithmicAbove: 100,
      format: formatMeasure,
    }),
  ]
}

/** What the greedy team did on validation: returns where actions have consequences, else F1. */
function validationCard(metrics: readonly IterationMetrics[], { response, gain, bayes }: Evaluation): Card {
  if (response !== null && gain !== null)
    return curveCard(metrics, {
      id: 'validation',
      title: 'Validation return',
      explanation: 'Mean of a stream, of the greedy team at a stop level of 1.',
      curves: [{ name: 'team', color: ink.team, at: (line) => line.validation?.rewardMean ?? null }],
      references: [
        { name: `${response.bound.name} (test)`, color: ink.optimum, value: gain.bound },
        { name: 'best rule (test)', color: ink.muted, value: gain.best },
      ],
      only: (line) => line.validation !== null,
      format: (value) => formatSigned(value),
    })
  return curveCard(metrics, {
    id: 'validation',
    title: 'Validation F1',
    explanation: 'Greedy decisions of the team on rows it does not learn from.',
    curves: [
      { name: 'F1', color: ink.team, at: (line) => line.validation?.f1 ?? null },
      { name: 'precision', color: ink.second, at: (line) => line.validation?.precision ?? null },
      { name: 'recall', color: ink.third, at: (line) => line.validation?.recall ?? null },
    ],
    references: bayes === null ? [] : [{ name: 'Bayes F1 (test)', color: ink.optimum, value: bayes.f1 }],
    only: (line) => line.validation !== null,
    format: formatScore,
  })
}
