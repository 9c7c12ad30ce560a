import { type Axis, place } from './axis.ts'
import { html, type Markup } from './html.ts'
import { chartText, ink } from './svg-chart.ts'

/** A line through points; it is broken where a point has no value. Later series are drawn over earlier ones. */
export type Series = {
  readonly points: readonly (readonly [x: number, y: number | null])[]
  readonly color: string
  readonly width: number
  readonly dashed?: boolean
  /** Radius of a dot at every point; none without. */
  readonly dots?: number
  /** Fills down to the beginning of the y axis in place of a line. */
  readonly filled?: boolean
}

export type Plot = {
  readonly width: number
  readonly height: number
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  readonly fontSize?: number
  /** Left, right, top and bottom of what is drawn, in CSS pixels. */
  readonly margins?: readonly [number, number, number, number]
}

type Point = readonly [number, number]

/** Lines over two axes: horizontal grid lines, labels on the left and below. */
export function drawPlot({ width, height, x, y, series, fontSize = 11, margins = [46, 14, 10, 24] }: Plot): Markup {
  const [left, right, top, bottom] = margins
  const across = (value: number) => round(left + place(x, value) * (width - left - right))
  const down = (value: number) => round(height - bottom - place(y, value) * (height - top - bottom))
  const floor = height - bottom
  const text = (label: string, at: Point, anchor: string) =>
    html`<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}" fill="${chartText.color}" font-size="${fontSize}" font-family="${chartText.fontFamily}">${label}</text>`
  const rows = y.ticks.map((tick) => {
    const at = down(tick)
    return html`<path d="M${left} ${at}H${width - right}" stroke="${ink.line}"/>${text(y.format(tick), [left - 8, round(at + fontSize * 0.35)], 'end')}`
  })
  const columns = x.ticks.map((tick) => text(x.format(tick), [across(tick), floor + fontSize + 6], 'middle'))
  return html`<g>${rows}<path d="M${left} ${floor}H${width - right}" stroke="${ink.line}"/>${columns}${series.map(
    (one) => {
      const runs = unbroken(one.points).map((run) => thinned(run.map(([a, b]): Point => [across(a), down(b)])))
      return one.filled ? area(one, runs, floor) : line(one, runs)
    },
  )}</g>`
}

function area({ color }: Series, runs: readonly Point[][], floor: number): Markup {
  const shapes = runs.map((run) => `M${run[0][0]} ${floor}L${run.map((point) => point.join(' ')).join('L')}V${floor}Z`)
  return html`<path d="${shapes.join('')}" fill="${color}"/>`
}

function line({ color, width, dashed, dots }: Series, runs: readonly Point[][]): Markup {
  const path = runs.map((run) => `M${run.map((point) => point.join(' ')).join('L')}`).join('')
  const marks =
    dots === undefined
      ? []
      : runs.flat().map(([cx, cy]) => html`<circle cx="${cx}" cy="${cy}" r="${dots}" fill="${color}"/>`)
  return html`<path d="${path}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="${dashed ? 'butt' : 'round'}" stroke-linejoin="round"${dashed ? html` stroke-dasharray="4 3"` : null}/>${marks}`
}

/** Stretches of points that all have a value. */
function unbroken(points: Series['points']): Point[][] {
  const runs: Point[][] = []
  let open = false
  for (const [x, y] of points) {
    if (y === null) open = false
    else {
      if (!open) runs.push([])
      runs[runs.length - 1].push([x, y])
      open = true
    }
  }
  return runs
}

/** Of the points of one pixel column the first, the highest, the lowest and the last: the drawing is the same, the page small. */
function thinned(run: readonly Point[]): Point[] {
  const columns = new Map<number, Point[]>()
  for (const point of run) {
    const column = Math.floor(point[0])
    const known = columns.get(column)
    if (known === undefined) columns.set(column, [point])
    else known.push(point)
  }
  return [...columns.values()].flatMap((points) => {
    if (points.length <= 4) return points
    const by = (better: (a: number, b: number) => boolean): Point =>
      points.reduce((best, point) => (better(point[1], best[1]) ? point : best))
    const chosen = new Set([points[0], by((a, b) => a < b), by((a, b) => a > b), points[points.length - 1]])
    return points.filter((point) => chosen.has(point))
  })
}

/** Tenths of a pixel. */
function round(value: number): number {
  return Math.round(value * 10) / 10
}
