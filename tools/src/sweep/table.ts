import {
  absentNumber,
  formatDuration,
  formatMeasure,
  formatScore,
  formatShare,
  formatSigned,
} from '@vigil/command-line'
import type { TitledTable } from '@vigil/experiments'
import { compareOutcomes } from './search.ts'
import type { Sweep } from './sweep-file.ts'
import { UNVARIED } from './trials.ts'

/** Trials, the best first, with what they varied and what came of it on validation. */
export function sweepTable({ space, trials, pareto, best }: Sweep): TitledTable {
  const keys = space.map(({ key }) => key)
  const hasTargets = trials.some(({ score }) => (score?.shortfall ?? 0) > 0)
  const rows = [...trials]
    .sort(compareOutcomes)
    .map(({ trial, values, score, reason }) => [
      String(trial),
      ...keys.map((key) => inWords(values[key])),
      ...(score === null
        ? Array<string>(hasTargets ? 8 : 7).fill(absentNumber)
        : [
            formatSigned(score.rewardMean, 3),
            ...(hasTargets ? [formatScore(score.shortfall)] : []),
            formatScore(score.f1),
            formatShare(score.alertRate),
            formatShare(score.undecidedRate),
            String(score.iterations),
            formatMeasure(score.cost),
            formatDuration(score.learningSeconds * 1000),
          ]),
      [
        ...(trial === UNVARIED && space.length > 0 ? ['unvaried'] : []),
        ...(trial === best ? ['best'] : []),
        ...(pareto.includes(trial) ? ['front'] : []),
        ...(reason === null ? [] : [reason]),
      ].join(', '),
    ])
  const figures = [
    'reward',
    ...(hasTargets ? ['shortfall'] : []),
    'F1',
    'alerts',
    'undecided',
    'iterations',
    'FLOP',
    'learning time',
  ]
  return { title: 'Trials on validation', columns: ['trial', ...keys, ...figures, ''], rows, omission: null }
}

function inWords(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
