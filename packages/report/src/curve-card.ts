import { formatCompact, formatCount, formatMeasure } from '@vigil/command-line'
import type { IterationMetrics } from '@vigil/runs'
import { type Axis, fixedAxis, logarithmicAxis, roundAxis } from './axis.ts'
import type { Card, FigureTable, LegendEntry } from './card.ts'
import { drawPlot, type Series } from './plot.ts'

/** One curve: its value at an iteration, null where it has none. */
export type Curve = {
  readonly name: string
  readonly color: string
  readonly dashed?: boolean
  readonly at: (line: IterationMetrics) => number | null
}

/** A card of curves over the events seen. */
export type CurveCard = {
  readonly id: string
  readonly title: string
  readonly explanation: string
  /** The first one is the one that matters: drawn on top, named beside the title. */
  readonly curves: readonly Curve[]
  /** Constant values to compare with. */
  readonly references?: readonly { readonly name: string; readonly color: string; readonly value: number }[]
  /** Leaves out iterations where the curves have no point, so that the line spans them. Default: all iterations. */
  readonly only?: (line: IterationMetrics) => boolean
  /** Lower end of the axis. Default: near the smallest value. */
  readonly from?: number
  /** The axis becomes logarithmic when a value exceeds this. */
  readonly logarithmicAbove?: number
  readonly format: (value: number | null) => string
}

/** Width and height of a chart over the events seen, in CSS pixels: a third of the page, the whole of a telephone. */
export const curveSize = { width: 360, height: 190 } as const

const tableRowsMax = 40

/** Curves with legend, last value and table. A card without any value has no chart and says so. */
export function curveCard(metrics: readonly IterationMetrics[], card: CurveCard): Card {
  const lines = card.only === undefined ? metrics : metrics.filter(card.only)
  const curves = card.curves
    .map((curve) => ({ ...curve, values: lines.map((line) => finiteOrNull(curve.at(line))) }))
    .filter(({ values }) => values.some((value) => value !== null))
  if (curves.length === 0) {
    return { title: card.title, figure: null, explanation: card.explanation, legend: [], chart: null, table: null }
  }
  const references = card.references ?? []
  const last = curves[0].values.findLast((value) => value !== null) ?? null
  const largest = Math.max(...curves.flatMap(({ values }) => values.filter((value) => value !== null)))
  const logarithmic = card.logarithmicAbove !== undefined && largest > card.logarithmicAbove
  const lastEvent = metrics.at(-1)?.envSteps ?? 0

  const drawn = curves.map(
    ({ values, color, dashed = false }, index): Series => ({
      points: lines.map(({ envSteps }, i) => [envSteps, logarithmic && !(values[i]! > 0) ? null : values[i]]),
      color,
      width: index === 0 ? 2.25 : 1.5,
      dashed,
      // One point has no line, and few points deserve to be seen.
      ...(lines.length <= 12 ? { dots: 2.5 } : {}),
    }),
  )
  const compared = references.map(({ value, color }): Series => level(value, lastEvent, color))
  const series = [...compared, ...drawn.toReversed()]
  const heights = series.flatMap(({ points }) => points.flatMap(([, y]) => (y === null ? [] : [y])))
  return {
    title: card.title,
    figure: card.format(last),
    explanation: card.explanation + (logarithmic ? ' Logarithmic axis.' : ''),
    legend: legendOf(curves, references),
    chart: {
      id: card.id,
      title: `${card.title} over ${formatCount(lastEvent)} events`,
      description: inWords(curves, references, card.format),
      ...curveSize,
      drawing: drawPlot({
        ...curveSize,
        x: eventAxis(lastEvent),
        y: logarithmic
          ? logarithmicAxis(heights, formatTick)
          : roundAxis(heights, formatTick, card.from === undefined ? {} : { from: card.from }),
        series,
      }),
    },
    table: curveTable(lines, curves, card.format),
  }
}

/** The axis of events seen, from 0 to the last one. */
export function eventAxis(lastEvent: number): Axis {
  return fixedAxis(0, Math.max(1, lastEvent), formatCompact)
}

/** A constant to compare with. */
export function level(value: number, lastEvent: number, color: string): Series {
  return {
    points: [
      [0, value],
      [lastEvent, value],
    ],
    color,
    width: 1.25,
    dashed: true,
  }
}

/** A table of at most 40 iterations, evenly chosen, first and last included. */
export function curveTable(
  lines: readonly IterationMetrics[],
  curves: readonly Pick<Curve, 'name' | 'at'>[],
  format: (value: number | null) => string,
): FigureTable {
  const count = Math.min(lines.length, tableRowsMax)
  const chosen = Array.from({ length: count }, (_, i) =>
    count === 1 ? lines[0] : lines[Math.round((i * (lines.length - 1)) / (count - 1))],
  )
  return {
    columns: ['iteration', 'events', ...curves.map(({ name }) => name)],
    rows: chosen.map((line) => [
      String(line.iteration),
      formatCount(line.envSteps),
      ...curves.map(({ at }) => format(finiteOrNull(at(line)))),
    ]),
    omission: lines.length > count ? `${count} of ${formatCount(lines.length)} points, evenly chosen` : null,
  }
}

/** Ticks are round numbers: short, with a true minus sign. */
export function formatTick(value: number): string {
  return Math.abs(value) >= 1000 ? formatCompact(value) : formatMeasure(value)
}

function legendOf(curves: readonly Curve[], references: NonNullable<CurveCard['references']>): readonly LegendEntry[] {
  // A single curve is named by the title.
  if (curves.length + references.length === 1) return []
  return [
    ...curves.map(({ name, color, dashed }) => ({ name, ink: color, mark: dashed ? 'dashed' : 'line' }) as const),
    ...references.map(({ name, color }) => ({ name, ink: color, mark: 'dashed' }) as const),
  ]
}

function inWords(
  curves: readonly (Curve & { readonly values: readonly (number | null)[] })[],
  references: NonNullable<CurveCard['references']>,
  format: (value: number | null) => string,
): string {
  const paths = curves.map(({ name, values }) => {
    const known = values.filter((value) => value !== null)
    const range = `lowest ${format(Math.min(...known))}, highest ${format(Math.max(...known))}`
    return `${name}: first ${format(known[0])}, last ${format(known[known.length - 1])}, ${range}.`
  })
  return [...paths, ...references.map(({ name, value }) => `${name}: ${format(value)}.`)].join(' ')
}

function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}
