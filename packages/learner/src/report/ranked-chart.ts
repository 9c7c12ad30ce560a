import { chartText, ink, type SvgChart } from './svg-chart.ts'

/** One line of a ranked chart: name, value (also as text) and colour. */
export type RankedEntry = {
  readonly name: string
  readonly value: number
  readonly text: string
  readonly color: string
}

/** What to draw: lines from top to bottom, as bars from zero or as dots on a narrower axis. */
export type RankedChart = {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly entries: readonly RankedEntry[]
  readonly mark: 'bar' | 'dot'
  /** Upper end of the axis, or null for the largest value. */
  readonly to: number | null
  /** A vertical line to compare with, or null. */
  readonly reference: number | null
}

/** Names on the left, bars or dots in the middle, values on the right: reads like a table and compares like a chart. */
export function rankedChart({ id, title, description, entries, mark, to, reference }: RankedChart): SvgChart {
  const rowHeight = Math.max(20, Math.min(40, 200 / entries.length))
  const height = Math.round(entries.length * rowHeight + 12)
  // ECharts counts categories from the bottom.
  const lines = entries.toReversed()
  const column = (texts: readonly string[], position: 'left' | 'right', width: number) => ({
    type: 'category',
    position,
    data: texts.map((text, index) => ({
      value: text,
      textStyle: lines[index].color === ink.team ? { color: ink.text, fontWeight: 600 } : {},
    })),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { ...chartText, fontSize: 12, interval: 0, width, overflow: 'truncate', margin: 10 },
  })
  const center = reference ?? 0
  const marks =
    mark === 'bar'
      ? [
          {
            type: 'bar',
            silent: true,
            data: lines.map(({ value, color }) => ({ value, itemStyle: { color } })),
            barWidth: Math.min(18, rowHeight * 0.55),
            itemStyle: { borderRadius: 2 },
          },
        ]
      : [
          // A stem from the reference to each dot shows the difference as a length.
          ...lines.map(({ value, color }, index) => ({
            type: 'line',
            silent: true,
            symbol: 'none',
            data: [
              [center, index],
              [value, index],
            ],
            lineStyle: { color, width: 2 },
          })),
          {
            type: 'scatter',
            silent: true,
            data: lines.map(({ value, color }, index) => ({ value: [value, index], itemStyle: { color, opacity: 1 } })),
            symbolSize: 11,
          },
        ]
  const referenceLine =
    reference === null
      ? []
      : [
          {
            type: 'line',
            silent: true,
            data: [],
            markLine: {
              symbol: 'none',
              silent: true,
              // The default rounds the position to two decimals.
              precision: 12,
              label: { show: false },
              lineStyle: { color: ink.muted, type: [3, 3], width: 1 },
              data: [{ xAxis: reference }],
            },
          },
        ]
  return {
    id,
    title,
    description,
    width: 360,
    height,
    option: {
      grid: { left: 108, right: 56, top: 6, bottom: 6 },
      xAxis: {
        type: 'value',
        scale: mark === 'dot',
        // Dots at the ends of the axis would be cut in half without this margin.
        ...(mark === 'dot' ? { min: margin(-1), max: margin(1) } : {}),
        ...(to === null ? {} : { max: to }),
        axisLabel: { show: false },
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: false },
      },
      yAxis: [
        column(
          lines.map(({ name }) => name.replace(/\s+/g, ' ')),
          'left',
          98,
        ),
        column(
          lines.map(({ text }) => text),
          'right',
          46,
        ),
      ],
      series: [...referenceLine, ...marks],
    },
  }
}

function margin(direction: 1 | -1) {
  return ({ min, max }: { min: number; max: number }) =>
    (direction === 1 ? max : min) + direction * Math.max((max - min) * 0.15, 1e-4)
}
