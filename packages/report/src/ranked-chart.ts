import { html, type Markup } from './html.ts'
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

const width = 360
const margins = { left: 108, right: 56, top: 6, bottom: 6 } as const

/** Names on the left, bars or dots in the middle, values on the right: reads like a table and compares like a chart. */
export function rankedChart({ id, title, description, entries, mark, to, reference }: RankedChart): SvgChart {
  const rowHeight = Math.max(20, Math.min(40, 200 / entries.length))
  const height = Math.round(entries.length * rowHeight + margins.top + margins.bottom)
  const [low, high] = ends(entries, { mark, to, reference })
  const across = (value: number) =>
    tenth(margins.left + ((value - low) / (high - low || 1)) * (width - margins.left - margins.right))
  const origin = across(mark === 'bar' ? Math.min(high, Math.max(low, 0)) : (reference ?? 0))
  const rows = entries.map(({ name, value, text, color }, index) => {
    const middle = tenth(margins.top + (index + 0.5) * rowHeight)
    const end = across(value)
    const thickness = tenth(Math.min(18, rowHeight * 0.55))
    return html`${label(shortened(name), { x: margins.left - 10, y: middle, anchor: 'end', strong: color === ink.team })}${
      mark === 'bar'
        ? html`<rect x="${Math.min(origin, end)}" y="${tenth(middle - thickness / 2)}" width="${tenth(Math.abs(end - origin))}" height="${thickness}" rx="2" fill="${color}"/>`
        : // A stem from the reference to the dot shows the difference as a length.
          html`<path d="M${origin} ${middle}H${end}" stroke="${color}" stroke-width="2"/><circle cx="${end}" cy="${middle}" r="5.5" fill="${color}"/>`
    }${label(text, { x: width - margins.right + 10, y: middle, anchor: 'start', strong: color === ink.team })}`
  })
  const line =
    reference === null
      ? null
      : html`<path d="M${across(reference)} ${margins.top}V${height - margins.bottom}" stroke="${ink.muted}" stroke-dasharray="3 3"/>`
  return { id, title, description, width, height, drawing: html`<g>${line}${rows}</g>` }
}

/** Bars begin at zero; dots have an axis around them, with a margin, or those at its ends would be cut in half. */
function ends(
  entries: readonly RankedEntry[],
  { mark, to, reference }: Pick<RankedChart, 'mark' | 'to' | 'reference'>,
): [number, number] {
  const values = [...entries.map(({ value }) => value), ...(reference === null ? [] : [reference])]
  const low = Math.min(...values, ...(mark === 'bar' ? [0] : []))
  const high = Math.max(...values, ...(mark === 'bar' ? [0] : []))
  if (mark === 'bar') return [low, to ?? high]
  const margin = Math.max((high - low) * 0.15, 1e-4)
  return [low - margin, to ?? high + margin]
}

function label(
  text: string,
  { x, y, anchor, strong }: { x: number; y: number; anchor: string; strong: boolean },
): Markup {
  const face = strong ? html`fill="${ink.text}" font-weight="600"` : html`fill="${chartText.color}"`
  return html`<text x="${x}" y="${y + 4}" text-anchor="${anchor}" font-size="12" font-family="${chartText.fontFamily}" ${face}>${text}</text>`
}

/** What fits beside the marks; the table below the chart has the whole name. */
function shortened(name: string): string {
  const text = name.replace(/\s+/g, ' ')
  return text.length <= nameLength ? text : `${text.slice(0, nameLength - 1)}…`
}

const nameLength = 17

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
