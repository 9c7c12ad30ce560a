import { formatCount, formatMeasure, formatShare } from '@vigil/command-line'
import type { Evaluation, ScoreCurve } from '@vigil/runs'
import { fixedAxis } from './axis.ts'
import type { Card } from './card.ts'
import { drawPlot, type Series } from './plot.ts'
import { ink } from './svg-chart.ts'
import { leastCalibrationError, type ScoreBand, scoreBands } from './threshold-counts.ts'

const chartSize = { width: 360, height: 300 } as const

/** Whether scores say how likely a threat is: the share of threats among events whose scores are alike. */
export function calibrationCard(
  evaluation: Pick<Evaluation, 'curves' | 'rows' | 'threats'>,
  inkOf: (name: string) => string,
): Card {
  const scores = evaluation.curves.filter(isProbability).map((curve) => {
    const bands = scoreBands(curve, evaluation)
    return { name: curve.name, bands, error: leastCalibrationError(bands) }
  })
  const lines = scores.map(
    ({ name, bands }): Series => ({ points: bands.flatMap(step), color: inkOf(name), width: 2.5 }),
  )
  const diagonal: Series = {
    ...{
      points: [
        [0, 0],
        [1, 1],
      ],
      color: ink.rest,
      width: 1.5,
      dashed: true,
    },
  }
  return {
    title: 'Calibration',
    explanation:
      'Share of threats among events by their score: a line spans the scores of its events. On the diagonal a score is the chance of a threat.',
    figure: scores.length === 0 ? null : `off by ${formatShare(scores[0].error)} or more`,
    legend: [
      ...scores.map(({ name }) => ({ name, ink: inkOf(name), mark: 'line' as const })),
      { name: 'calibrated', ink: ink.rest, mark: 'dashed' },
    ],
    chart:
      scores.length === 0
        ? null
        : {
            ...{ id: 'calibration', title: 'Calibration', ...chartSize },
            description: scores
              .map(({ name, error }) => `${name}: off the share of threats by ${formatShare(error)} or more`)
              .join(', '),
            drawing: drawPlot({
              ...chartSize,
              x: fixedAxis(0, 1, formatShare),
              y: fixedAxis(0, 1, formatShare),
              series: [diagonal, ...lines.toReversed()],
            }),
          },
    table:
      scores.length === 0
        ? null
        : {
            columns: ['scores', 'events', 'threats', 'share'],
            rows: scores.flatMap(({ name, bands }) => bands.map((band) => row(name, band))),
            omission: null,
          },
  }
}

function row(name: string, { from, to, events, threats }: ScoreBand): string[] {
  const range = to === null ? `from ${formatMeasure(from)}` : `${formatMeasure(from)} to ${formatMeasure(to)}`
  return [`${name}, ${range}`, formatCount(events), formatCount(threats), formatShare(threats / events)]
}

/** A level line over the scores of a band, and a break behind it. */
function step({ from, to, events, threats }: ScoreBand): Series['points'] {
  const share = threats / events
  return [
    [from, share],
    [to ?? 1, share],
    [from, null],
  ]
}

/** Scores that could be chances. */
function isProbability({ points }: ScoreCurve): boolean {
  return points.length > 0 && points.every(({ threshold }) => threshold >= 0 && threshold <= 1)
}
