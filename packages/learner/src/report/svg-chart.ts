import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { html, type Markup, trusted } from './html.ts'

use([BarChart, LineChart, ScatterChart, GridComponent, MarkLineComponent, SVGRenderer])

/** A chart as data: what it is called, what it says in words, and the ECharts option that draws it. */
export type SvgChart = {
  /** Unique in the page, letters and hyphens. */
  readonly id: string
  readonly title: string
  /** What a reader who cannot see the chart should know. */
  readonly description: string
  /** In CSS pixels at the size the chart is meant to be seen; it scales with its column. */
  readonly width: number
  readonly height: number
  readonly option: EChartsCoreOption
}

/** Colours are CSS variables, so that one SVG serves the light and the dark page (page-style.ts defines them). */
export const ink = {
  text: 'var(--ink)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  team: 'var(--team)',
  second: 'var(--second)',
  third: 'var(--third)',
  optimum: 'var(--optimum)',
  rest: 'var(--rest)',
} as const

/** Colours of the actions: restrictive ones warm, permissive ones cool. */
export const actionInk = {
  block: 'var(--block)',
  quarantine: 'var(--quarantine)',
  alert: 'var(--alert)',
  allow: 'var(--allow)',
} as const

/** Text of axes and labels, in the face of the page. */
export const chartText = { color: ink.muted, fontSize: 11, fontFamily: 'system-ui, sans-serif' }

/**
 * Draws a chart on the server as inline SVG: no script, no network, readable by a screen reader.
 *
 * The markup depends on the chart alone: ECharts' running numbers are replaced by the chart's id, and what only serves
 * a script (hover classes, metadata) is dropped.
 */
export function renderSvg(chart: SvgChart): Markup {
  const instance = init(null, null, { renderer: 'svg', ssr: true, width: chart.width, height: chart.height })
  try {
    instance.setOption({ animation: false, textStyle: { fontFamily: chartText.fontFamily }, ...chart.option })
    const drawing = instance
      .renderToSVGString()
      .replace(/^<svg[^>]*>/, '')
      .replace(/<\/svg>\s*$/, '')
      .replace(/<style\s*>[\s\S]*?<\/style>/g, '')
      .replace(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, '')
      .replace(/zr\d+-/g, `${chart.id}-`)
      .replace(/\n{2,}/g, '\n')
    return html`<svg class="chart" viewBox="0 0 ${chart.width} ${chart.height}" role="img" aria-labelledby="${chart.id}-title ${chart.id}-description">
<title id="${chart.id}-title">${chart.title}</title>
<desc id="${chart.id}-description">${chart.description}</desc>${trusted(drawing)}</svg>`
  } finally {
    instance.dispose()
  }
}
