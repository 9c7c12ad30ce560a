import { formatCount, formatMeasure, formatShare, formatSigned } from '@vigil/command-line'
import { statusOf, targetInWords } from '@vigil/evaluation'
import type { Evaluation, IterationMetrics, ResponseScores, SpecificationScores } from '@vigil/runs'
import { fixedAxis, roundAxis } from './axis.ts'
import { type Card, renderCards, renderTable } from './card.ts'
import { curveCard, curveSize, level } from './curve-card.ts'
import { html, type Markup } from './html.ts'
import { drawPlot, type Series } from './plot.ts'
import { scoreCells, scoreHeadings } from './policy-table.ts'
import { ink } from './svg-chart.ts'

/** Colours of the curves of several specifications, in their order, over and over. */
const CURVE_INKS = [ink.team, ink.second, ink.third, ink.optimum, ink.rest]

/** What the specifications came to; nothing where none is in force. */
export function specificationsSection(evaluation: Evaluation, metrics: readonly IterationMetrics[]): Markup | null {
  if (evaluation.stl.length === 0) return null
  return html`<section aria-labelledby="specifications">
<h2 id="specifications">What the decisions keep</h2>
<p class="lead">Robustness says how far a step is from violating a specification, in the unit of its predicates; below 0 it is
violated. It is measured on the team's decisions over the ${evaluation.split} split in its order.</p>
<div class="grid">
${specificationTable(evaluation.stl)}
${evaluation.response === null ? thresholdTable(evaluation) : budgetTable(evaluation, evaluation.response)}
${renderCards(evaluation.stl.map((scores, index) => stripCard(scores, { index, rows: evaluation.rows })))}
${renderCards(trainingCards(metrics, evaluation))}
</div>
</section>`
}

function specificationTable(specifications: readonly SpecificationScores[]): Markup {
  const entry = (scores: SpecificationScores) => html`<dt>${scores.name}</dt>
<dd><code>${scores.formula}</code></dd>
<dd class="${statusOf(scores)}">${targetInWords(scores)}</dd>`
  return html`<article class="card specifications">
<header><h3>Specifications</h3></header>
<p class="explanation">Share of the steps at which each holds, with its 95 % interval, beside its target.</p>
<dl>${specifications.map(entry)}</dl>
</article>`
}

/** What the targets are paid for with. */
const PRICED = ['rewardMean', 'f1', 'falsePositiveRate', 'alertRate'] as const

/** What the targets cost: the team beside single thresholds on scores, by reward and satisfaction. */
function thresholdTable({ team, stl, thresholds }: Evaluation): Markup {
  const rows = [
    { name: 'team', scores: team, satisfied: stl.map(({ satisfiedRate }) => satisfiedRate) },
    ...thresholds.map((scores) => ({
      name: `threshold ${formatMeasure(scores.threshold)} on the ${scores.name} score${scores.metOnValidation ? '' : ' (target missed on validation)'}`,
      scores,
      satisfied: scores.satisfied,
    })),
  ]
  const table = {
    columns: ['', ...stl.map(({ name }) => name), ...scoreHeadings(PRICED)],
    rows: rows.map(({ name, scores, satisfied }) => [
      name,
      ...satisfied.map(formatShare),
      ...scoreCells(scores, PRICED),
    ]),
    omission: null,
  }
  return html`<article class="card">
<header><h3>The price of the targets</h3></header>
<p class="explanation">The reward is what training was paid. A threshold blocks above it; it was chosen on validation, to meet the
targets with the most reward.</p>
${renderTable('The team beside single thresholds', table)}
</article>`
}

/** What budgets of alerts cost: what training charged for an alert, and the team beside a rule that keeps them as often. */
function budgetTable({ stl, actions }: Evaluation, { alertBudget, returnMean }: ResponseScores): Markup | null {
  if (alertBudget === null) return null
  const { prices, rule } = alertBudget
  const rows = [
    { name: 'team', satisfied: stl.map(({ satisfiedRate }) => satisfiedRate), returnMean, actions },
    ...(rule === null ? [] : [{ ...rule, name: `ladders on ${rule.score}` }]),
  ]
  const charged = stl.flatMap(({ name }, s) => {
    const price = prices[s]
    return price === null
      ? []
      : [`Under ${name} training charged ${formatSigned(-price, 3)} for each alert beside its cost.`]
  })
  const table = {
    columns: ['', ...stl.map(({ name }) => name), 'return', 'alerts'],
    rows: rows.map(({ name, satisfied, returnMean, actions }) => [
      name,
      ...satisfied.map(formatShare),
      formatSigned(returnMean, 3),
      formatCount(actions.alert),
    ]),
    omission: null,
  }
  return html`<article class="card">
<header><h3>The price of the alert budget</h3></header>
<p class="explanation">${charged.join(' ')} What is charged at the end of training is about what one more alert within the budget would
bring. The rule was tuned on validation to keep the budget as often as the team.</p>
${renderTable('The team beside a rule that keeps the budget as often', table)}
</article>`
}

/** Least and mean robustness along the split. */
function stripCard(scores: SpecificationScores, { index, rows }: { index: number; rows: number }): Card {
  const { name, strip, robustnessMin, robustnessMean, robustnessTail5 } = scores
  const x = (i: number) => ((i + 0.5) * rows) / strip.min.length
  const line = (values: readonly number[], color: string): Series => ({
    points: values.map((value, i) => [x(i), value]),
    color,
    width: 1.5,
  })
  const figures = [
    ['least', formatMeasure(robustnessMin)],
    ['mean of the worst 5 %', formatMeasure(robustnessTail5)],
    ['mean', formatMeasure(robustnessMean)],
  ]
  return {
    title: `Robustness: ${name}`,
    figure: formatShare(scores.satisfiedRate),
    explanation: 'Along the split, stretch by stretch; below 0 the specification is violated.',
    legend: [
      { name: 'least', ink: ink.team, mark: 'line' },
      { name: 'mean', ink: ink.second, mark: 'line' },
      { name: '0', ink: ink.muted, mark: 'dashed' },
    ],
    chart: {
      id: `strip-${letters(index)}`,
      title: `Robustness of ${name} along ${formatCount(rows)} decisions`,
      description: figures.map(([what, value]) => `${what}: ${value}`).join(', '),
      ...curveSize,
      drawing: drawPlot({
        ...curveSize,
        x: fixedAxis(0, Math.max(1, rows), formatCount),
        y: roundAxis([0, ...strip.mean, ...strip.min], formatMeasure),
        series: [level(0, rows, ink.muted), line(strip.mean, ink.second), line(strip.min, ink.team)],
      }),
    },
    table: { columns: ['robustness', name], rows: figures, omission: null },
  }
}

/** Satisfaction and multipliers over the events seen. */
function trainingCards(metrics: readonly IterationMetrics[], { stl }: Evaluation): readonly Card[] {
  const curvesOf = (at: (entry: IterationMetrics['stl'][number]) => number | null) =>
    stl.map(({ name }, s) => ({
      name,
      color: CURVE_INKS[s % CURVE_INKS.length],
      at: (line: IterationMetrics) => (line.stl[s] === undefined ? null : at(line.stl[s])),
    }))
  const cards = [
    curveCard(metrics, {
      id: 'satisfaction',
      title: 'Satisfaction in training',
      explanation: 'Share of the steps at which each specification holds, while the agents explore.',
      curves: curvesOf(({ satisfiedRate }) => satisfiedRate),
      format: formatShare,
    }),
    curveCard(metrics, {
      id: 'multipliers',
      title: 'Multipliers',
      explanation: 'What a deviation of cost weighs against one of reward.',
      curves: curvesOf(({ lambda }) => lambda),
      from: 0,
      format: formatMeasure,
    }),
  ]
  // Modes without multipliers have no such curve.
  return cards.filter(({ chart }) => chart !== null)
}

/** 0 -> a, 1 -> b, 26 -> ba: chart ids are letters and hyphens. */
function letters(index: number): string {
  return [...index.toString(26)].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join('')
}
