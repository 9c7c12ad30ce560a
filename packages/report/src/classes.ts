import { formatCount, formatShare } from '@vigil/command-line'
import type { Evaluation } from '@vigil/runs'
import { html, type Markup } from './html.ts'

type ClassScores = Evaluation['perClass'][number]

/** Above this many classes the table is set in two columns. */
const classesPerColumn = 12

/** Share of each class that was decided rightly, as a table with bars; largest class first, novel classes marked. */
export function classesPanel(perClass: Evaluation['perClass']): Markup {
  const classes = perClass.toSorted((a, b) => b.rows - a.rows)
  const half = classes.length > classesPerColumn ? Math.ceil(classes.length / 2) : classes.length
  const columns = [classes.slice(0, half), classes.slice(half)].filter((column) => column.length > 0)
  return html`<article class="card wide">
<header><h3>Class by class</h3></header>
<p class="explanation">Share decided rightly: threats stopped, benign events let through.${
    classes.some(isNovel) ? html` <span class="novel">novel</span> classes do not occur in the training rows.` : null
  }</p>
<div class="${columns.length > 1 ? 'classes many' : 'classes'}">${columns.map(
    (column) => html`<table>
<colgroup><col class="name"><col><col class="rows"></colgroup>
<thead class="hidden"><tr><th scope="col">class</th><th scope="col">decided rightly</th><th scope="col">events</th></tr></thead>
<tbody>${column.map(classRow)}</tbody></table>`,
  )}</div>
</article>`
}

function classRow(scores: ClassScores): Markup {
  const { name, rows, recall } = scores
  const badge = isNovel(scores) ? html` <span class="novel">novel</span>` : null
  const bar =
    rows === 0
      ? html`<td class="none">not in this split</td>`
      : html`<td><span class="bar${isNovel(scores) ? ' unseen' : ''}"><i style="width:${(recall * 100).toFixed(2)}%"></i></span><b>${formatShare(recall)}</b></td>`
  return html`<tr><th scope="row"><span title="${name}">${name === '' ? '(no name)' : name}</span>${badge}</th>${bar}<td>${formatCount(rows)}</td></tr>`
}

function isNovel({ rows, trainRows }: ClassScores): boolean {
  return trainRows === 0 && rows > 0
}
