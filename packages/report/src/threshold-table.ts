import { formatCount, formatScore, formatShare } from '@vigil/command-line'
import { deriveRates, type Evaluation } from '@vigil/runs'
import { renderTable } from './card.ts'
import { html, type Markup } from './html.ts'
import { countsOf } from './threshold-counts.ts'

const COLUMNS = ['threshold', 'flagged', 'threats caught', 'false alarms', 'recall', 'FPR', 'precision', 'F1']

/**
 * What thresholds on the team's score come to: a table, and where scripts run a slider over its rows (`thresholdScript`).
 *
 * @returns null where there is no curve, or one without points
 */
export function thresholdCard(evaluation: Evaluation): Markup | null {
  const { rows, threats, split } = evaluation
  const curve = teamCurve(evaluation)
  if (curve === null) return null
  const table = countsOf(curve, { rows, threats }).map(({ threshold, tp, fp, fn, tn }) => {
    const rates = deriveRates({ tp, fp, fn, tn, threatAlerts: 0, benignAlerts: 0, undecided: 0 })
    return [
      `${Number(threshold.toPrecision(6))}`,
      ...[tp + fp, tp, fp].map(formatCount),
      ...[rates.recall, rates.falsePositiveRate, rates.precision].map(formatShare),
      formatScore(rates.f1),
    ]
  })
  return html`<article class="card full thresholds">
<header><h3>A threshold on the team's score</h3></header>
<p class="explanation">Events with this score or a higher one are flagged; figures of ${split}. A threshold for use is chosen on validation.</p>
<div class="slider" hidden=""><label>threshold <input type="range" min="0" max="${table.length - 1}" value="0" step="1"></label>
<dl>${COLUMNS.map((name) => html`<div><dt>${name}</dt><dd></dd></div>`)}</dl></div>
<details open=""><summary>All thresholds</summary>${renderTable('Thresholds on the team score', { columns: COLUMNS, rows: table, omission: null })}</details>
</article>`
}

/** The curve over thresholds on the team's score; null where there is none, or one without points. */
export function teamCurve({ curves }: Evaluation): Evaluation['curves'][number] | null {
  return curves.find(({ name, points }) => name === 'team' && points.length > 0) ?? null
}

/**
 * The slider of `thresholdCard`: shows the row of the table that it stands on. It reads the page, writes text, and fetches nothing;
 * the page's policy allows these bytes alone.
 */
export const thresholdScript = `
for (const card of document.querySelectorAll('.thresholds')) {
  const rows = Array.from(card.querySelectorAll('tbody tr'))
  const places = Array.from(card.querySelectorAll('.slider dd'))
  const range = card.querySelector('input')
  const show = () => {
    const cells = Array.from(rows[range.value].children)
    places.forEach((place, i) => { place.textContent = cells[i].textContent })
    range.setAttribute('aria-valuetext', cells[0].textContent)
  }
  const half = rows.findIndex((row) => Number(row.children[0].textContent) <= 0.5)
  range.value = half === -1 ? rows.length - 1 : half
  range.addEventListener('input', show)
  card.querySelector('.slider').hidden = false
  card.querySelector('details').open = false
  show()
}
`

/** Style of the slider. */
export const thresholdStyle = `
.thresholds label { display: flex; gap: 12px; align-items: center; font-size: 13px; color: var(--muted); }
.thresholds input { flex: 1; min-width: 0; accent-color: var(--team); }
.thresholds dl { display: grid; grid-template-columns: repeat(4, 1fr); gap: 10px 16px; margin-top: 14px; }
.thresholds dt { color: var(--muted); font-size: 12.5px; }
.thresholds dd { font-size: 19px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (max-width: 680px) { .thresholds dl { grid-template-columns: repeat(2, 1fr); } }
@media print {
  .thresholds { break-inside: auto; }
  .thresholds .slider { display: none; }
  .thresholds > details { display: block; }
  .thresholds > details::details-content { content-visibility: visible; }
}
`
