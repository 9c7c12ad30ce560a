import { formatScore, formatShare } from '@vigil/command-line'
import { html, ink, type Markup, renderLegend, renderPage, renderSvg, renderTable } from '@vigil/report'
import type { IterationMetrics } from '@vigil/runs'
import { readPreset } from '../presets/presets.ts'
import type { Ablation } from './ablation-file.ts'
import { recordedOf } from './recorded.ts'
import { type CurveGroup, type SharedAxes, sharedAxes, smallMultiples, VALUE_LOSS_MAX } from './small-multiples.ts'
import { notesOn, tableParts } from './table.ts'
import { asRecordedInWords, headlineOf, seedsInWords } from './verdict.ts'

/** Charts of a row stand side by side on a wide page and wrap on a narrow one. */
const STYLE = `
.attempt { margin-bottom: 26px; break-inside: avoid; }
.attempt header { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: baseline; }
.attempt header h3 { font-size: 16px; }
.attempt header p { color: var(--muted); font-size: 13px; }
.attempt .outcome { font-size: 13px; margin: 2px 0 8px; }
.attempt .outcome b { font-weight: 600; }
.multiples { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 4px 16px; }
.multiples h4 { margin: 0; font-size: 12px; font-weight: 500; color: var(--muted); }
.tables { display: grid; gap: 16px; }
.tables .scroll { max-height: none; }
`

const LEGEND = [
  { name: 'one line per seed', ink: ink.team, mark: 'line' },
  { name: 'entropy over ln 4', ink: ink.third, mark: 'line' },
  { name: 'floor: 1 - the most that can be explained', ink: ink.optimum, mark: 'dashed' },
  { name: 'what the record says', ink: ink.second, mark: 'dashed' },
  { name: 'what was hoped for', ink: ink.rest, mark: 'dashed' },
] as const

/**
 * ablation.html: the table, and for each preset its curves in a row, the axes of a column the same for all, with what the
 * earlier system's record says where it says anything.
 *
 * @param metrics lines of metrics.jsonl by run folder, of every run of the ablation
 */
export function renderAblation(ablation: Ablation, metrics: ReadonlyMap<string, readonly IterationMetrics[]>): string {
  const groups = ablation.means.map(({ name, preset }, index) => ({
    name,
    id: `attempt-${index}`,
    seeds: ablation.runs.flatMap((run) => (run.name === name ? [metrics.get(run.folder) ?? []] : [])),
    recorded: name === preset ? recordedOf(preset) : null,
  }))
  const axes = sharedAxes(groups)
  const body = html`<div class="headline">
<p class="eyebrow"><b>Vigil</b> ablation</p>
<h1>${headlineOf(ablation)}</h1>
<ul class="notes">${notesOn(ablation).map((note) => html`<li>${note}</li>`)}</ul>
</div>
<section aria-labelledby="curves">
<h2 id="curves">Side by side</h2>
<p class="lead">Over the iterations; the charts of a column share their axes. Value losses above ${VALUE_LOSS_MAX} are cut.</p>
${renderLegend(LEGEND)}
</section>
${groups.map((group) => attempt(group, ablation, axes))}
<section aria-labelledby="figures">
<h2 id="figures">Figures</h2>
<div class="tables">
${tableParts(ablation).map((part) => html`<article class="card">${renderTable(part.title, part)}</article>`)}
</div>
</section>
<footer>
<p>A positive is a threat. Value loss as printed is the mean squared error of the critics in the units of their targets; over
the variance of the returns, 1 is as good as predicting the mean. Made from ablation.json and the metrics.jsonl of each run.</p>
</footer>`
  return renderPage({ title: 'Vigil: ablation', style: STYLE, body })
}

function attempt(group: CurveGroup, ablation: Ablation, axes: SharedAxes): Markup {
  const mean = ablation.means.find(({ name }) => name === group.name)!
  const preset = readPreset(mean.preset)
  const isPlain = mean.name === mean.preset
  const runs = ablation.runs.filter(({ name }) => name === group.name)
  const verdict = seedsInWords(runs)
  const asRecorded = asRecordedInWords(runs)
  const figures = `${runs.length === 1 ? '' : 'on average '}F1 ${formatScore(mean.f1)} with ${formatShare(mean.alertRate)} alerts and ${formatShare(mean.undecidedRate)} undecided, accuracy ${formatScore(mean.accuracy)}, ${formatShare(mean.restrictiveShare)} restrictive while learning`
  return html`<section class="attempt">
<header><h3>${mean.name}</h3>${isPlain ? html`<p>${preset.purpose}</p>` : null}</header>
<p class="outcome">Here: ${verdict === null ? null : html`<b>${verdict}</b>, `}${figures}.${
    isPlain && preset.recorded !== null ? html` The record: ${preset.recorded}.` : null
  }${asRecorded === null ? null : html` As recorded: <b>${asRecorded}</b>.`}${
    isPlain && group.recorded?.remark ? html` ${group.recorded.remark}.` : null
  }</p>
<div class="multiples">
${smallMultiples(group, axes).map(({ heading, chart }) => html`<div><h4>${heading}</h4>${renderSvg(chart)}</div>`)}
</div>
</section>`
}
