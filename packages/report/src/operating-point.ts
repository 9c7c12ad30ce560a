import { formatMeasure, formatScore, formatShare } from '@vigil/command-line'
import { budgetInWords, shareAsGiven } from '@vigil/evaluation'
import type { Evaluation, Flagged, OperatingPoint, ScoreCurve } from '@vigil/runs'
import { fixedAxis } from './axis.ts'
import { calibrationCard } from './calibration.ts'
import { type Card, type FigureTable, renderCards, renderTable } from './card.ts'
import { html, type Markup } from './html.ts'
import { drawPlot, type Series } from './plot.ts'
import { ink } from './svg-chart.ts'
import { thresholdCard } from './threshold-table.ts'

/** Colours of the scores, in the order of the curves. */
const CURVE_INKS = [ink.team, ink.second, ink.third]

const chartSize = { width: 360, height: 300 } as const

type Place = Pick<ScoreCurve['points'][number], 'falsePositiveRate' | 'recall' | 'precision'>

/** What every threshold on a score does, and the one that keeps a budget on validation. */
export function operatingPointSection(evaluation: Evaluation): Markup {
  const { curves, operatingPoints, split } = evaluation
  return html`<section aria-labelledby="operating-point">
<h2 id="operating-point">What a threshold would do</h2>
<p class="lead">${operatingPoints.map((point) => budgetInWords(point, split)).join(' ')}</p>
<div class="grid">
${renderCards([rocCard(curves, operatingPoints), precisionRecallCard(curves, operatingPoints), calibrationCard(evaluation, inkBy(curves))])}
${thresholdCard(evaluation)}
<article class="card full">
<header><h3>Budgets</h3></header>
<p class="explanation">Validation alone chose the thresholds; ${split} shows what they became. Flagged events count as positives.</p>
${renderTable('Operating points', pointTable(operatingPoints, split))}
</article>
</div>
</section>`
}

function rocCard(curves: readonly ScoreCurve[], points: readonly OperatingPoint[]): Card {
  return curveCard({
    ...{ id: 'roc', title: 'ROC', curves, points },
    explanation: 'Recall over the false-positive rate, threshold by threshold; dots are the budgets.',
    at: ({ falsePositiveRate, recall }) => [falsePositiveRate, recall],
    start: [[0, 0]],
    area: { name: 'area under ROC', of: ({ rocAuc }) => rocAuc },
  })
}

function precisionRecallCard(curves: readonly ScoreCurve[], points: readonly OperatingPoint[]): Card {
  return curveCard({
    ...{ id: 'precision-recall', title: 'Precision and recall', curves, points },
    explanation: 'Precision over recall, threshold by threshold; dots are the budgets.',
    at: ({ recall, precision }) => [recall, precision],
    start: [],
    area: { name: 'average precision', of: ({ prAuc }) => prAuc },
  })
}

function curveCard(card: {
  readonly id: string
  readonly title: string
  readonly explanation: string
  readonly curves: readonly ScoreCurve[]
  readonly points: readonly OperatingPoint[]
  readonly at: (place: Place) => readonly [number, number]
  /** Where every curve begins, before its first point. */
  readonly start: readonly (readonly [number, number])[]
  readonly area: { readonly name: string; readonly of: (curve: ScoreCurve) => number | null }
}): Card {
  const { id, title, explanation, curves, points, at, start, area } = card
  const inkOf = inkBy(curves)
  const lines = curves.map(
    (curve): Series => ({ points: [...start, ...curve.points.map(at)], color: inkOf(curve.name), width: 2 }),
  )
  const dots = points.map(
    ({ name, evaluated }): Series => ({ points: [at(evaluated)], color: inkOf(name), width: 2, dots: 4 }),
  )
  const areas = curves.map((curve) => [curve.name, formatArea(area.of(curve))])
  return {
    title,
    explanation,
    figure: areas.length === 0 ? null : areas[0][1],
    legend: curves.map(({ name }) => ({ name, ink: inkOf(name), mark: 'line' })),
    chart:
      curves.length === 0
        ? null
        : {
            ...{ id, title, ...chartSize },
            description: areas.map(([name, value]) => `${name}: ${area.name} ${value}`).join(', '),
            drawing: drawPlot({
              ...chartSize,
              x: fixedAxis(0, 1, formatShare),
              y: fixedAxis(0, 1, formatShare),
              series: [...lines.toReversed(), ...dots],
            }),
          },
    table: areas.length === 0 ? null : { columns: ['', area.name], rows: areas, omission: null },
  }
}

/** The colour of a score by its name. */
function inkBy(curves: readonly ScoreCurve[]): (name: string) => string {
  return (name) => CURVE_INKS[curves.findIndex((curve) => curve.name === name) % CURVE_INKS.length]
}

function formatArea(value: number | null): string {
  return value === null ? 'none' : formatScore(value)
}

function pointTable(points: readonly OperatingPoint[], split: string): FigureTable {
  const row = (name: string, flagged: Flagged) => [
    name,
    formatShare(flagged.falsePositiveRate),
    formatShare(flagged.recall),
    formatShare(flagged.precision),
    formatShare(flagged.accuracy),
    formatScore(flagged.f1),
    flagged.alertsPerDay === null ? 'unknown' : formatMeasure(flagged.alertsPerDay),
  ]
  return {
    columns: ['', 'FPR', 'recall', 'precision', 'accuracy', 'F1', 'alerts a day'],
    rows: points.flatMap(({ name, budget: { measure, max }, validation, evaluated }) => {
      const budget = measure === 'falsePositiveRate' ? `FPR ${shareAsGiven(max)}` : `${formatMeasure(max)} alerts a day`
      return [row(`${name}, ${budget}: validation`, validation), row(`${name}, ${budget}: ${split}`, evaluated)]
    }),
    omission: null,
  }
}
