import { h } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { clock } from './format.ts'

/** A line of a chart. */
type Series = {
  readonly label: string
  /** name of a variable of the style sheet */
  readonly colour: string
  /** null where there is none */
  readonly values: readonly (number | null)[]
}

type LiveChartProps = {
  readonly title: string
  /** seconds since 1970 */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly format: (value: number) => string
  /** below which the latest value is marked */
  readonly floor?: number
  /** of the values, where it is fixed */
  readonly range?: readonly [number, number]
}

const HEIGHT = 170
/** Least seconds across: ticks that are closer would all show the same time. */
const SPAN_S_MIN = 10
const FONT = '11px system-ui, sans-serif'

/** A chart of what goes on, drawn by uPlot and described in words for whoever does not see it. */
export function LiveChart({ title, times, series, format, range, floor = Number.NEGATIVE_INFINITY }: LiveChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const labels = series.map(({ label }) => label).join('\n')
  useEffect(() => {
    const own = place.current as HTMLDivElement
    const draw = () => {
      chart.current?.destroy()
      chart.current = new uPlot(optionsOf({ series, format, range }, own), [[]], own)
      chart.current.setData(dataOf(times, series))
    }
    draw()
    const observer = new ResizeObserver(() => chart.current?.setSize({ width: own.clientWidth, height: HEIGHT }))
    observer.observe(own)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    return () => {
      observer.disconnect()
      scheme.removeEventListener('change', draw)
      chart.current?.destroy()
      chart.current = null
    }
  }, [labels])
  useEffect(() => chart.current?.setData(dataOf(times, series)), [times])
  const latest = series.map(({ label, values }) => `${label} ${written(values.at(-1), format)}`).join(', ')
  return h('figure', { class: 'chart' }, [
    h('figcaption', null, title),
    h('div', { ref: place, role: 'img', 'aria-label': `${title}: ${latest}` }),
    h(
      'ul',
      { class: 'legend' },
      series.map(({ label, colour, values }) =>
        h('li', { key: label }, [
          h('i', { style: { background: `var(${colour})` } }),
          `${label} `,
          h('b', { class: (values.at(-1) ?? floor) < floor ? 'mark' : '' }, written(values.at(-1), format)),
        ]),
      ),
    ),
  ])
}

function written(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value)
}

function dataOf(times: readonly number[], series: readonly Series[]): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])]
}

/** From the first time to the last; a single one would be spread over a day. */
function spanOf(times: ArrayLike<number>): [number, number] {
  const last = times[times.length - 1] ?? 0
  return [Math.min(times[0] ?? last, last - SPAN_S_MIN), last]
}

function optionsOf(
  { series, format, range }: Pick<LiveChartProps, 'series' | 'format'> & { readonly range: LiveChartProps['range'] },
  place: HTMLElement,
): uPlot.Options {
  const style = getComputedStyle(place)
  const colourOf = (name: string) => style.getPropertyValue(name).trim()
  const axis = { stroke: colourOf('--muted'), font: FONT, ticks: { show: false } }
  const grid = { stroke: colourOf('--line'), width: 1 }
  return {
    ...{ width: place.clientWidth, height: HEIGHT, padding: [8, 8, 0, 0], legend: { show: false } },
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { range: ({ data: [times] }) => spanOf(times) },
      ...(range !== undefined && { y: { range: [range[0], range[1]] } }),
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 80,
        values: (_chart, splits) => splits.map((at) => clock(1000 * at)),
      },
      { ...axis, grid, size: 48, values: (_chart, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...series.map(({ label, colour }) => ({
        ...{ label, stroke: colourOf(colour), width: 1.75, points: { show: false }, spanGaps: false },
      })),
    ],
  }
}
