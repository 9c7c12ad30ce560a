import { formatCount, formatDuration, formatScore, formatSigned } from '@vigil/command-line'
import type { Evaluation, IterationMetrics, ResponseScores } from '@vigil/runs'
import { agentsCard } from './agents.ts'
import { baselineCards } from './baselines.ts'
import { renderCards } from './card.ts'
import { classesPanel } from './classes.ts'
import { confusionPanel } from './confusion.ts'
import { diversityCard } from './diversity.ts'
import { headline } from './headline.ts'
import { html, type Markup } from './html.ts'
import { learningCards } from './learning-curves.ts'
import { operatingPointSection } from './operating-point.ts'
import { renderPage } from './page.ts'
import { responseAttackCard, responseCards } from './response/response-cards.ts'
import { responseStyle } from './response/response-style.ts'
import { timelinesSection } from './response/timelines.ts'
import { specificationsSection } from './specifications.ts'
import { teamCurve, thresholdScript, thresholdStyle } from './threshold-table.ts'
import { attackCards } from './under-attack.ts'

/** What a report is made from: the three files of a run folder. */
export type ReportInput = {
  /** The resolved config, any JSON value; shown as it is. */
  readonly config: unknown
  /** Lines of metrics.jsonl, in order; may be empty. */
  readonly metrics: readonly IterationMetrics[]
  readonly evaluation: Evaluation
}

/**
 * The report of a run as one HTML page that needs nothing else: no network, and no script but a slider over thresholds, which
 * reads well without (the page's policy allows these bytes alone), light and dark, readable without seeing the charts, printable. Every string of the run is escaped.
 *
 * @returns the whole page; the same input gives the same text
 */
export function renderReport({ config, metrics, evaluation }: ReportInput): string {
  const { dataset, split, team, response, gain } = evaluation
  const result = response === null ? `team F1 ${formatScore(team.f1)}` : `${formatSigned(team.rewardMean)} per stream`
  const body = html`${headline(evaluation)}
${response === null || gain === null ? decisionsSection(evaluation) : streamsSection(response, gain)}
${specificationsSection(evaluation, metrics)}
<section aria-labelledby="attacks-heading">
<h2 id="attacks-heading">What it bears</h2>
<div class="grid">
${renderCards([...(response === null ? attackCards(evaluation) : [responseAttackCard(response)]), diversityCard(evaluation)])}
</div>
</section>
<section aria-labelledby="learning">
<h2 id="learning">How it learned</h2>
<p class="lead">${trainingInWords(metrics)}</p>
<div class="grid">
${renderCards(learningCards(metrics, evaluation))}
</div>
</section>
${configBlock(config)}
<footer>
<p>A positive is a threat. Restrictive actions (block, quarantine) say threat; permissive ones (allow, alert) say benign.
A share of nothing counts as 0. Made from config.json, metrics.jsonl and evaluation.json of this run.</p>
</footer>`
  const hasThresholds = response === null && teamCurve(evaluation) !== null
  return renderPage({
    title: `Vigil: ${dataset}, ${split}, ${result}`,
    style: response === null ? thresholdStyle : responseStyle,
    body,
    ...(hasThresholds ? { script: thresholdScript } : {}),
  })
}

/** What a team decided whose actions change nothing but their reward. */
function decisionsSection(evaluation: Evaluation): Markup {
  return html`<section aria-labelledby="decisions">
<h2 id="decisions">What the team decided</h2>
<div class="grid">
${confusionPanel(evaluation)}
${renderCards(baselineCards(evaluation))}
${renderCards([agentsCard(evaluation)])}
${classesPanel(evaluation.perClass)}
</div>
</section>
${operatingPointSection(evaluation)}`
}

/** What came of the streams of a team whose actions change what happens next. */
function streamsSection(response: ResponseScores, gain: NonNullable<Evaluation['gain']>): Markup {
  return html`<section aria-labelledby="streams">
<h2 id="streams">What came of the streams</h2>
<div class="grid">
${renderCards(responseCards(response, gain))}
</div>
</section>
${timelinesSection(response)}`
}

function trainingInWords(metrics: readonly IterationMetrics[]): string {
  const last = metrics.at(-1)
  if (last === undefined) return 'No iteration was recorded, so there are no learning curves.'
  const durationMs = metrics.reduce((sum, line) => sum + line.collectMs + line.updateMs, 0)
  const iterations = `${formatCount(metrics.length)} ${metrics.length === 1 ? 'iteration' : 'iterations'}`
  const behind = last.staleness === 0 ? '' : ' From the second one on, the policy that acted was one update behind.'
  return (
    `${iterations}, ${formatCount(last.envSteps)} events, ${formatDuration(durationMs)} of collecting and updating.${behind} ` +
    'The horizontal axis counts events seen; the figure beside each title is the last one.'
  )
}

function configBlock(config: unknown): Markup {
  // JSON.stringify gives undefined for undefined, which the type does not rule out.
  return html`<section>
<details class="config"><summary>Configuration of the run</summary>
<pre tabindex="0">${JSON.stringify(config, null, 2) ?? 'none'}</pre></details>
</section>`
}
