import { html, type Markup } from './html.ts'

/** A chart: what it is called, what it says in words, and its drawing. */
export type SvgChart = {
  /** Unique in the page, letters and hyphens. */
  readonly id: string
  readonly title: string
  /** What a reader who cannot see the chart should know. */
  readonly description: string
  /** In CSS pixels at the size the chart is meant to be seen; it scales with its column. */
  readonly width: number
  readonly height: number
  readonly drawing: Markup
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

/** A chart as inline SVG: no script, no network, readable by a screen reader. */
export function renderSvg({ id, title, description, width, height, drawing }: SvgChart): Markup {
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-description">
<title id="${id}-title">${title}</title>
<desc id="${id}-description">${description}</desc>${drawing}</svg>`
}
