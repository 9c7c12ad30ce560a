import { formatCompact, formatCount, formatScore, formatShare } from '@vigil/command-line'
import {
  type Card,
  drawPlot,
  fixedAxis,
  html,
  ink,
  type Markup,
  rankedChart,
  renderCards,
  renderPage,
  renderTable,
} from '@vigil/report'
import type { InspectFinding } from './finding.ts'
import type { Inspection } from './inspection.ts'
import { LEAK_BALANCED_ACCURACY } from './survey.ts'

/** Lines of a chart at most; the table behind it has all. */
const LINES_MAX = 12

/**
 * An inspection as one HTML page that needs nothing else: no network, no script, light and dark. Every text of the data is
 * escaped.
 *
 * @returns the whole page; the same inspection gives the same text
 */
export function renderInspection(inspection: Inspection): string {
  const { source, findings, notes, draft } = inspection
  const cards = [
    balanceCard(inspection),
    splitCard(inspection),
    orderCard(inspection),
    aloneCard(inspection),
    missingCard(inspection),
  ].filter((card) => card !== null)
  const body = html`${headline(inspection)}
<section aria-labelledby="findings">
<h2 id="findings">What was found</h2>
${findings.map(findingBlock)}
</section>
<section aria-labelledby="pictures">
<h2 id="pictures">What the events are like</h2>
<div class="grid">
${renderCards(cards)}
</div>
</section>
<section class="columns" aria-labelledby="columns">
<h2 id="columns">Columns</h2>
<div class="card">${columnTable(inspection)}</div>
</section>
${notes.length === 0 ? null : html`<section><h2>How the files were read</h2><ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`}
${draft === null ? null : html`<section class="config"><h2>The draft</h2><pre tabindex="0">${draft}</pre></section>`}
<footer>
<p>A column alone, a tree and the number of the row are measured on rows that did not choose the threshold; test rows are not looked at.
Balanced accuracy is the mean of the shares of threats and of benign rows that are told rightly: 0.5 is a coin.</p>
</footer>`
  return renderPage({ title: `Vigil: inspection of ${source}`, style: STYLE, body })
}

const STYLE = `
.finding { border-left: 3px solid var(--rest); padding: 2px 0 2px 14px; margin-bottom: 14px; max-width: 62em; overflow-wrap: anywhere; }
.finding.problem { border-color: var(--wrong); }
.finding.note { border-color: var(--quarantine); }
.finding h3 small { color: var(--muted); font-weight: 400; margin-left: 8px; }
.finding p { font-size: 13.5px; color: var(--muted); text-wrap: pretty; }
.finding p.evidence { color: var(--ink); }
.config pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: none; }
.card .scroll { max-height: none; margin-top: 0; }
section > .card { overflow: hidden; }
@media (max-width: 680px) {
  .columns .figures :is(th, td):is(:nth-child(3), :nth-child(4)) { display: none; }
  .columns .figures { font-size: 12.5px; }
  .columns .figures th:first-child { max-width: 10em; }
}
`

function headline({ source, rows, rowsLookedAt, columns, threats, findings, isDraft }: Inspection): Markup {
  const problems = findings.filter(({ severity }) => severity === 'problem').length
  const verdict =
    problems === 0
      ? 'No problem was found in these events.'
      : `${problems} ${problems === 1 ? 'problem was' : 'problems were'} found: look at ${problems === 1 ? 'it' : 'them'} before you train.`
  const looked =
    rowsLookedAt < rows ? ` ${formatCount(rowsLookedAt)} of them, none for testing, were looked at for leaks.` : ''
  return html`<header class="headline">
<p class="eyebrow"><b>Vigil</b> ${isDraft ? 'data' : 'description'} <span>/</span> ${source}</p>
<h1>${verdict}</h1>
<p class="lead">${formatCount(rows)} rows, ${formatCount(columns.length)} columns, ${threats === null ? 'no label is known' : `${formatCount(threats)} threats (${formatShare(threats / rows)})`}.${looked}</p>
</header>`
}

function findingBlock({ code, severity, title, evidence, cause, remedy }: InspectFinding): Markup {
  return html`<div class="finding ${severity}"><h3>${title}<small>${code}</small></h3>
<p class="evidence">${evidence}</p>
${cause === '' ? null : html`<p>${cause}</p>`}${remedy === '' ? null : html`<p>${remedy}</p>`}</div>`
}

function balanceCard({ classes, rows, threats }: Inspection): Card | null {
  if (threats === null || classes.length === 0) return null
  const entries = classes.slice(0, LINES_MAX).map(({ name, rows: count }) => ({
    name: shortened(name),
    value: count,
    text: formatShare(count / rows),
    color: name === 'benign' ? ink.rest : ink.third,
  }))
  return {
    title: 'Class balance',
    figure: formatShare(threats / rows),
    explanation: 'Rows of each class; the figure beside the title is the share of threats.',
    legend: [],
    chart: rankedChart({
      ...{ id: 'balance', title: 'Class balance', entries, mark: 'bar', to: null, reference: null },
      description: `${formatShare(threats / rows)} of ${formatCount(rows)} rows are threats.`,
    }),
    table: {
      columns: ['class', 'rows', 'in train'],
      rows: classes.map(({ name, rows: count, train }) => [
        name,
        formatCount(count),
        train === null ? '' : formatCount(train),
      ]),
      omission: null,
    },
  }
}

function splitCard({ split }: Inspection): Card | null {
  if (split === null) return null
  const entries = split.parts.map(({ name, rows, threats }) => ({
    name,
    value: threats / Math.max(1, rows),
    text: formatShare(threats / Math.max(1, rows)),
    color: ink.team,
  }))
  return {
    title: `Threats in each part (${split.kind})`,
    figure: null,
    explanation: 'Share of threats in train, validation and test.',
    legend: [],
    chart: rankedChart({
      ...{ id: 'split', title: 'Threats in each part', entries, mark: 'bar', to: null, reference: null },
      description: split.parts.map(({ name, threats }) => `${name}: ${formatCount(threats)} threats`).join(', '),
    }),
    table: {
      columns: ['part', 'rows', 'threats'],
      rows: split.parts.map(({ name, rows, threats }) => [name, formatCount(rows), formatCount(threats)]),
      omission: null,
    },
  }
}

function orderCard({ threatShares, rows }: Inspection): Card | null {
  if (threatShares === null) return null
  return {
    title: 'Threats in the order of the rows',
    figure: null,
    explanation: 'Share of threats in equal stretches of the files. Steps mean that the order tells the label.',
    legend: [],
    chart: {
      id: 'order',
      title: 'Threats in the order of the rows',
      description: `Share of threats in ${threatShares.length} stretches of ${formatCount(rows)} rows.`,
      width: 360,
      height: 200,
      drawing: drawPlot({
        width: 360,
        height: 200,
        x: fixedAxis(0, rows, formatCompact, { step: rows / 2 }),
        y: fixedAxis(0, 1, (value) => `${value * 100} %`, { step: 0.5 }),
        margins: [46, 30, 10, 24],
        series: [
          {
            points: threatShares.map((share, i) => [((i + 0.5) * rows) / threatShares.length, share]),
            color: ink.team,
            width: 2,
          },
        ],
      }),
    },
    table: null,
  }
}

function aloneCard({ columns }: Inspection): Card | null {
  const measured = columns
    .flatMap(({ name, role, alone }) => (alone === null ? [] : [{ name, role, ...alone }]))
    .toSorted((a, b) => b.balancedAccuracy - a.balancedAccuracy)
  if (measured.length === 0) return null
  return {
    title: 'Each column alone',
    figure: null,
    explanation: `Balanced accuracy of the best threshold or set of values; from ${LEAK_BALANCED_ACCURACY}, the dashed line, a column is asked whether it is the label. Grey: no input.`,
    legend: [],
    chart: rankedChart({
      ...{ id: 'alone', title: 'Each column alone', mark: 'dot', to: null, reference: LEAK_BALANCED_ACCURACY },
      description: measured
        .slice(0, 3)
        .map(({ name, balancedAccuracy }) => `${name} ${formatScore(balancedAccuracy)}`)
        .join(', '),
      entries: measured.slice(0, LINES_MAX).map(({ name, role, balancedAccuracy }) => ({
        name: shortened(name),
        value: balancedAccuracy,
        text: formatScore(balancedAccuracy),
        color: role === 'input' ? ink.third : ink.rest,
      })),
    }),
    table: {
      columns: ['column', 'balanced accuracy', 'F1'],
      rows: measured.map(({ name, balancedAccuracy, f1 }) => [name, formatScore(balancedAccuracy), formatScore(f1)]),
      omission: null,
    },
  }
}

function missingCard({ columns }: Inspection): Card | null {
  const lacking = columns
    .filter(({ missingShare }) => missingShare > 0)
    .toSorted((a, b) => b.missingShare - a.missingShare)
  if (lacking.length === 0) return null
  return {
    title: 'Missing cells',
    figure: null,
    explanation: 'Share of the rows in which the column has nothing that can be used.',
    legend: [],
    chart: rankedChart({
      ...{ id: 'missing', title: 'Missing cells', mark: 'bar', to: 1, reference: null },
      description: `${lacking.length} columns have missing cells.`,
      entries: lacking.slice(0, LINES_MAX).map(({ name, missingShare }) => ({
        name: shortened(name),
        value: missingShare,
        text: formatShare(missingShare),
        color: ink.second,
      })),
    }),
    table: null,
  }
}

/** What fits beside the marks of a chart; the tables have the whole name. */
function shortened(name: string): string {
  return name.length <= 15 ? name : `${name.slice(0, 14)}…`
}

function columnTable({ columns }: Inspection): Markup {
  return renderTable('All columns', {
    columns: ['column', 'role', 'kind', 'values', 'missing', 'alone'],
    rows: columns.map(({ name, role, kind, distinct, missingShare, alone }) => [
      name,
      role,
      kind,
      formatCount(distinct),
      formatShare(missingShare),
      alone === null ? '' : formatScore(alone.balancedAccuracy),
    ]),
    omission: null,
  })
}
