import { absentNumber, formatCount, formatMeasure, formatScore, formatShare, formatSigned } from '@vigil/command-line'
import type { IterationMetrics } from '@vigil/runs'
import { roundAxis } from './axis.ts'
import { type Card, type FigureTable, type LegendEntry, renderCards, renderTable } from './card.ts'
import { curveSize, eventAxis, formatTick } from './curve-card.ts'
import { html, type Markup } from './html.ts'
import { renderPage } from './page.ts'
import { drawPlot, type Series } from './plot.ts'
import { ink } from './svg-chart.ts'

/** A run as it is drawn beside others. */
export type ComparedRun = { readonly name: string; readonly metrics: readonly IterationMetrics[] }

/** What a page that compares runs is made from. */
export type Comparison = {
  readonly title: string
  /** One sentence on top. */
  readonly headline: string
  readonly lead: string
  readonly tables: readonly (FigureTable & { readonly title: string })[]
  /** The first ten are drawn. */
  readonly runs: readonly ComparedRun[]
}

/** As many as colours and strokes tell apart. */
const RUNS_MAX = 10

const INKS = [ink.team, ink.second, ink.third, ink.optimum, ink.muted] as const

/** One figure of all runs over the events seen. */
type ComparedCurve = {
  readonly id: string
  readonly title: string
  readonly explanation: string
  readonly at: (line: IterationMetrics) => number | null
  readonly from?: number
  readonly format: (value: number | null) => string
  /** Of the axis. Default: round numbers. */
  readonly tick?: (value: number) => string
}

const CURVES: readonly ComparedCurve[] = [
  {
    id: 'validation-reward',
    title: 'Validation reward',
    explanation: 'Per event, or per stream where actions have consequences; the best checkpoint is chosen by it.',
    at: ({ validation }) => validation?.rewardMean ?? null,
    format: (value) => formatSigned(value),
  },
  {
    id: 'validation-f1',
    title: 'Validation F1',
    explanation: 'Greedy decisions of the team on rows it does not learn from.',
    at: ({ validation }) => validation?.f1 ?? null,
    format: formatScore,
  },
  {
    id: 'validation-alerts',
    title: 'Alert rate',
    explanation: 'Share of the validation events that are alerts, fallbacks included.',
    at: ({ validation }) => validation?.alertRate ?? null,
    from: 0,
    ...{ format: formatShare, tick: formatShare },
  },
  {
    id: 'validation-undecided',
    title: 'Undecided rate',
    explanation: 'Share of the validation events without a decision of the vote.',
    at: ({ validation }) => validation?.undecidedRate ?? null,
    from: 0,
    ...{ format: formatShare, tick: formatShare },
  },
  {
    id: 'training-reward',
    title: 'Training reward',
    explanation: 'Mean of all agents for one event while they explore.',
    at: (line) => line.rewardMean,
    format: (value) => formatSigned(value),
  },
  {
    id: 'entropy',
    title: 'Entropy',
    explanation: 'How undecided the policies are, in nats; ln 4 = 1.386 is pure chance.',
    at: (line) => line.entropy,
    from: 0,
    format: formatMeasure,
  },
  {
    id: 'explained-variance',
    title: 'Explained variance',
    explanation: 'Part of the returns that the critic explains.',
    at: (line) => line.explainedVariance,
    format: formatMeasure,
  },
  {
    id: 'approx-kl',
    title: 'KL of each update',
    explanation: 'How far the update moved the policies from those that acted.',
    at: (line) => line.approxKl,
    from: 0,
    format: formatMeasure,
  },
  {
    id: 'gradient-norm',
    title: 'Gradient norm of the policies',
    explanation: 'Before clipping.',
    at: (line) => line.gradNormPolicy,
    from: 0,
    format: formatMeasure,
  },
]

/** The heading above a table says what its caption would. */
const STYLE = 'section > .scroll caption { display: none }'

/** Runs beside each other, curve by curve, as one HTML page that needs nothing else. The same input gives the same text. */
export function renderComparison({ title, headline, lead, tables, runs }: Comparison): string {
  const drawn = runs.slice(0, RUNS_MAX).filter(({ metrics }) => metrics.length > 0)
  const left = runs.length - drawn.length
  const body = html`<header class="headline">
<p class="eyebrow"><b>Vigil</b> ${title}</p>
<h1>${headline}</h1>
<p class="lead">${lead}</p>
</header>
${tables.map(tableSection)}
<section aria-labelledby="curves">
<h2 id="curves">How they learnt</h2>
<p class="lead">The horizontal axis counts events seen.${left > 0 ? ` ${left} of ${runs.length} runs are not drawn.` : ''}</p>
<div class="grid">
${drawn.length === 0 ? html`<p class="nothing">No iteration was recorded.</p>` : renderCards(CURVES.map((curve) => comparedCard(drawn, curve)))}
</div>
</section>`
  return renderPage({ title: `Vigil: ${title}`, style: STYLE, body })
}

function tableSection({ title, ...table }: Comparison['tables'][number], index: number): Markup {
  const id = `table-${index + 1}`
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${renderTable(title, table)}
</section>`
}

function comparedCard(
  runs: readonly ComparedRun[],
  { id, title, explanation, at, from, format, tick = formatTick }: ComparedCurve,
): Card {
  const lines = runs.map(({ name, metrics }, index) => ({
    name,
    color: INKS[index % INKS.length],
    dashed: index >= INKS.length,
    points: metrics.flatMap((line): [number, number][] => {
      const value = at(line)
      return value === null || !Number.isFinite(value) ? [] : [[line.envSteps, value]]
    }),
  }))
  const known = lines.filter(({ points }) => points.length > 0)
  const none = { title, figure: null, explanation, legend: [], chart: null, table: null }
  if (known.length === 0) return none
  const lastEvent = Math.max(...known.map(({ points }) => points[points.length - 1][0]))
  const heights = known.flatMap(({ points }) => points.map(([, y]) => y))
  const series = known.map(
    ({ points, color, dashed }): Series => ({
      points,
      color,
      dashed,
      width: 1.75,
      ...(points.length <= 12 ? { dots: 2 } : {}),
    }),
  )
  const figures = lines.map(({ name, points }) => {
    const values = points.map(([, y]) => y)
    const figure = (value: number | undefined) => (value === undefined ? absentNumber : format(value))
    const [least, most] = values.length === 0 ? [] : [Math.min(...values), Math.max(...values)]
    return [name, figure(values[0]), figure(least), figure(most), figure(values.at(-1))]
  })
  return {
    ...none,
    legend: known.map(
      ({ name, color, dashed }): LegendEntry => ({ name, ink: color, mark: dashed ? 'dashed' : 'line' }),
    ),
    chart: {
      id,
      title: `${title} over ${formatCount(lastEvent)} events`,
      description: figures.map(([name, first, , , last]) => `${name}: first ${first}, last ${last}.`).join(' '),
      ...curveSize,
      drawing: drawPlot({
        ...curveSize,
        x: eventAxis(lastEvent),
        y: roundAxis(heights, tick, from === undefined ? {} : { from }),
        series,
      }),
    },
    table: { columns: ['', 'first', 'lowest', 'highest', 'last'], rows: figures, omission: null },
  }
}
