import { formatCount, formatScore, formatSigned } from '@vigil/command-line'
import type { ResponseScores, Timeline } from '@vigil/runs'
import { type LegendEntry, renderLegend } from '../card.ts'
import { html, type Markup } from '../html.ts'
import { actionInk, ink, renderSvg } from '../svg-chart.ts'
import { timelineChart } from './timeline-chart.ts'

const ACTIONS = ['allow', 'block', 'quarantine', 'alert'] as const

const TITLES: Readonly<Record<Timeline['kind'], string>> = {
  contained: 'A threat that the team contained',
  'contained-late': 'The threat that the team contained latest',
  verdict: 'A threat that the analyst contained',
  'false-containment': 'A false containment',
  missed: 'A threat that nobody contained',
  'let-through': 'An alert that the analyst cleared, or that came too late',
}

const LEGEND: readonly LegendEntry[] = [
  { name: 'threat score of the team', ink: ink.team, mark: 'line' },
  { name: 'belief', ink: ink.muted, mark: 'dashed' },
  { name: 'alert', ink: actionInk.alert, mark: 'area' },
  { name: 'block', ink: actionInk.block, mark: 'area' },
  { name: 'quarantine', ink: actionInk.quarantine, mark: 'area' },
]

/** Some streams, event by event: a drawing of each, and below it a row of events to step through with the arrow keys. */
export function timelinesSection({ timelines }: ResponseScores): Markup | null {
  if (timelines.length === 0) return null
  return html`<section aria-labelledby="timelines">
<h2 id="timelines">Streams, step by step</h2>
<p class="lead">One stream of each kind. Choose an event, then go on with the arrow keys. A red dot is a threat; faded events never happened.</p>
${timelines.map(timeline)}
</section>`
}

function timeline(own: Timeline): Markup {
  const { kind, stream, returned, before, after, moments } = own
  const outside = [
    before === 0 ? '' : ` ${formatCount(before)} events before are not shown.`,
    after === 0 ? '' : ` ${formatCount(after)} events after are not shown.`,
  ].join('')
  return html`<article class="card timeline">
<header><h3>${TITLES[kind]}</h3><span class="figure">${formatSigned(returned)}</span></header>
<p class="explanation">Stream ${stream}, ${formatCount(before + moments.length + after)} events; its return is at the right.${outside}</p>
<div class="drawing" tabindex="0" role="region" aria-label="${TITLES[kind]}, drawn">${renderSvg(timelineChart(own))}</div>
${renderLegend(LEGEND)}
<fieldset class="steps"><legend>Events</legend>
${moments.map((moment, i) => step(kind, moment, before + i + 1, i === 0))}
</fieldset>
</article>`
}

type Moment = Timeline['moments'][number]

/** One event: a dot to choose, and what is shown while it is chosen. */
function step(kind: string, moment: Moment, number: number, isFirst: boolean): Markup {
  const { isThreat, action } = moment
  const look = `${isThreat ? 'threat' : 'benign'} ${action === null ? 'gone' : ACTIONS[action]}`
  const name = `Event ${number}, ${isThreat ? 'threat' : 'benign'}`
  return html`<label class="${look}"><input type="radio" name="step-${kind}" aria-label="${name}"${isFirst ? html` checked="checked"` : null}/><span class="what"><b>${name}</b> ${inWords(moment)}</span></label>`
}

function inWords({ action, score, belief, votes, ticket, reward }: Moment): string {
  if (action === null) return 'never happened: the stream had been ended.'
  const known = [
    ...(score === null ? [] : [`threat score ${formatScore(score)}`]),
    ...(belief === null ? [] : [`belief ${formatScore(belief)}`]),
    ...(ticket === null || ticket === 0 ? [] : [`verdict in ${ticket} ${ticket === 1 ? 'event' : 'events'}`]),
  ]
  const cast = (votes ?? []).map((vote) => ACTIONS[vote]).join(', ')
  const paid = reward === null ? '' : `; reward ${formatSigned(reward)}`
  return `${known.join(', ')}. Votes: ${cast}. The team does ${ACTIONS[action]}${paid}.`
}
