import { formatScore } from '@vigil/command-line'
import type { Timeline } from '@vigil/runs'
import { html, type Markup } from '../html.ts'
import { actionInk, chartText, ink, type SvgChart } from '../svg-chart.ts'

const WIDTH = 1120
const HEIGHT = 158
/** Score between these, actions and labels of the events below. */
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 14, 12, 96]
const ROWS = { label: 116, ticket: 130, action: 146 }

const INKS = [actionInk.allow, actionInk.block, actionInk.quarantine, actionInk.alert]
const NAMES = ['allow', 'block', 'quarantine', 'alert']

type Moment = Timeline['moments'][number]

/** Score and belief over the events of a stream; below them which events are threats, while a ticket is open, and what was done. */
export function timelineChart({ kind, moments }: Timeline): SvgChart {
  const pitch = (WIDTH - LEFT - RIGHT) / moments.length
  const across = (i: number) => round(LEFT + (i + 0.5) * pitch)
  const down = (value: number) => round(BOTTOM - value * (BOTTOM - TOP))
  const ended = moments.findIndex(({ action }) => action === null)
  const gone =
    ended < 0
      ? null
      : html`<rect x="${round(LEFT + ended * pitch)}" y="${TOP}" width="${round(WIDTH - RIGHT - LEFT - ended * pitch)}" height="${ROWS.action + 6 - TOP}" fill="${ink.line}" opacity="0.6"/>`
  const levels = [0, 0.5, 1].map(
    (value) =>
      html`<path d="M${LEFT} ${down(value)}H${WIDTH - RIGHT}" stroke="${ink.line}"/>${text(formatScore(value), LEFT - 8, down(value) + 4)}`,
  )
  const size = round(Math.max(1.5, Math.min(4, pitch * 0.35)))
  const marks = moments.map((moment, i) => mark(moment, across(i), size, pitch))
  return {
    id: `timeline-${kind}`,
    title: 'Score, belief, labels, tickets and actions over the events of a stream',
    description: inWords(moments),
    width: WIDTH,
    height: HEIGHT,
    drawing: html`<g>${gone}${levels}${line(moments, 'belief', across, down)}${line(moments, 'score', across, down)}${marks}${text('label', LEFT - 8, ROWS.label + 4)}${text('ticket', LEFT - 8, ROWS.ticket + 4)}${text('action', LEFT - 8, ROWS.action + 4)}</g>`,
  }
}

function mark({ isThreat, ticket, action }: Moment, x: number, size: number, pitch: number): Markup {
  const fill = isThreat ? 'var(--wrong)' : ink.rest
  const faded = action === null ? html` opacity="0.4"` : null
  const open =
    ticket === null || ticket === 0
      ? null
      : html`<rect x="${round(x - pitch / 2)}" y="${ROWS.ticket - 2}" width="${round(pitch)}" height="4" fill="${actionInk.alert}"/>`
  const done =
    action === null || action === 0
      ? null
      : html`<rect x="${round(x - size)}" y="${ROWS.action - 5}" width="${round(2 * size)}" height="10" rx="1" fill="${INKS[action]}"/>`
  return html`<circle cx="${x}" cy="${ROWS.label}" r="${size}" fill="${fill}"${faded}/>${open}${done}`
}

function line(
  moments: readonly Moment[],
  of: 'score' | 'belief',
  across: (i: number) => number,
  down: (value: number) => number,
): Markup | null {
  const points = moments.flatMap((moment, i) => {
    const value = moment[of]
    return value === null ? [] : [`${across(i)} ${down(value)}`]
  })
  if (points.length === 0) return null
  const [color, dashes] = of === 'score' ? [ink.team, null] : [ink.muted, html` stroke-dasharray="4 3"`]
  return html`<path d="M${points.join('L')}" fill="none" stroke="${color}" stroke-width="1.8"${dashes}/>`
}

function inWords(moments: readonly Moment[]): string {
  const first = moments.findIndex(({ isThreat }) => isThreat)
  const acts = moments.flatMap(({ action }, i) =>
    action === null || action === 0 ? [] : [`${NAMES[action]} on event ${i + 1} shown`],
  )
  const threat = first < 0 ? 'No event shown is a threat.' : `The first threat is event ${first + 1} shown.`
  return `${threat} ${acts.length === 0 ? 'Everything was allowed' : acts.slice(0, 20).join(', ')}.`
}

function text(label: string, x: number, y: number): Markup {
  return html`<text x="${x}" y="${y}" text-anchor="end" fill="${chartText.color}" font-size="11" font-family="${chartText.fontFamily}">${label}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
