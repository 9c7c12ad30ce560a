import { html, type Markup } from './html.ts'
import { renderSvg, type SvgChart } from './svg-chart.ts'

/** One entry of a legend; `ink` is a CSS colour of svg-chart.ts, never text of the run. */
export type LegendEntry = { readonly name: string; readonly ink: string; readonly mark: 'line' | 'dashed' | 'area' }

/** The numbers behind a chart, already formatted. The first column names the row. */
export type FigureTable = {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What the table leaves out, or null when it is complete. */
  readonly omission: string | null
}

/** A chart with everything around it. */
export type Card = {
  readonly title: string
  /** The figure beside the title, or null. */
  readonly figure: string | null
  /** One line that says how to read the chart. */
  readonly explanation: string
  readonly legend: readonly LegendEntry[]
  /** null when there is nothing to draw; the card then says so. */
  readonly chart: SvgChart | null
  readonly table: FigureTable | null
}

/** Renders cards in order, each with its chart, legend and folded table. */
export function renderCards(cards: readonly Card[]): Markup {
  return html`${cards.map(renderCard)}`
}

/** A table of figures; numbers are aligned right. */
export function renderTable(caption: string, table: FigureTable): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="figures">
<caption>${caption}${table.omission === null ? null : html` <span>(${table.omission})</span>`}</caption>
<thead><tr>${table.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${table.rows.map(
    ([name, ...cells]) => html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody>
</table></div>`
}

function renderCard({ title, figure, explanation, legend, chart, table }: Card): Markup {
  return html`<article class="card">
<header><h3>${title}</h3>${figure === null ? null : html`<span class="figure">${figure}</span>`}</header>
<p class="explanation">${explanation}</p>
${chart === null ? html`<p class="nothing">Not recorded in this run.</p>` : renderSvg(chart)}
${legend.length === 0 ? null : renderLegend(legend)}
${table === null ? null : html`<details><summary>Numbers</summary>${renderTable(title, table)}</details>`}
</article>`
}

/** What the inks of a chart stand for. */
export function renderLegend(legend: readonly LegendEntry[]): Markup {
  return html`<ul class="legend">${legend.map(renderLegendEntry)}</ul>`
}

function renderLegendEntry({ name, ink, mark }: LegendEntry): Markup {
  return html`<li><i class="${mark}" style="color:${ink}"></i>${name}</li>`
}
