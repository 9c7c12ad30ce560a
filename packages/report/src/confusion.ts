import { formatCount, formatShare } from '@vigil/command-line'
import type { Evaluation } from '@vigil/runs'
import { html, type Markup } from './html.ts'

/** The confusion matrix as a table of four fields, each with its rows and its share of the line. */
export function confusionPanel({ team, rows, threats }: Evaluation): Markup {
  return html`<article class="card">
<header><h3>Confusion matrix</h3></header>
<p class="explanation">Rows, and their share of the threats or of the benign events.</p>
<table class="confusion">
<caption class="hidden">Confusion matrix of the team</caption>
<thead><tr><td></td><th scope="col">stopped<small>block, quarantine</small></th><th scope="col">let through<small>allow, alert</small></th></tr></thead>
<tbody>
<tr><th scope="row">threats<small>${formatCount(threats)}</small></th>${field('right', 'caught', team.tp, threats)}${field('wrong', 'missed', team.fn, threats)}</tr>
<tr><th scope="row">benign<small>${formatCount(rows - threats)}</small></th>${field('wrong', 'false alarm', team.fp, rows - threats)}${field('right', 'left alone', team.tn, rows - threats)}</tr>
</tbody></table>
</article>`
}

function field(kind: 'right' | 'wrong', meaning: string, count: number, ofRows: number): Markup {
  const share = ofRows === 0 ? 0 : count / ofRows
  // The tint follows the share, but never vanishes: a hundred missed threats of a million must not look like none.
  const tint = count === 0 ? 0 : Math.round(12 + 58 * share)
  return html`<td class="${kind}" style="--tint:${tint}%"><b>${formatCount(count)}</b><span>${formatShare(share)}</span><small>${meaning}</small></td>`
}
