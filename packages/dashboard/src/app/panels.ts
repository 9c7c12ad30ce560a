import { type ComponentChildren, h } from 'preact'
import { ACTIONS, clock, percent, short } from './format.ts'
import type { History, Recent } from './history.ts'
import { LiveChart } from './live-chart.ts'
import type { DriftReport, Model } from './service-client.ts'

const ACTION_COLOURS = ACTIONS.map((action) => `--${action}`)
const LINE_COLOURS = ['--team', '--second', '--third', '--optimum', '--novel']
const INPUTS_SHOWN = 8

type PanelProps = { readonly title: string; readonly id: string; readonly children?: ComponentChildren }

function Panel({ title, id, children }: PanelProps) {
  return h('section', { class: 'card', 'aria-labelledby': id }, [h('h2', { id }, title), children])
}

/** Figures of the last minute. */
export function Tiles({ recent }: { readonly recent: Recent }) {
  const { decisions, seconds, actions, undecided, late, shielded, p99Ms } = recent
  const share = (count: number) => (decisions === 0 ? '–' : percent(count / decisions))
  const tiles = [
    ['decisions a second', seconds === 0 ? '–' : short(decisions / seconds), 'over the last minute'],
    ['stopped', share(actions[1] + actions[2]), 'block and quarantine'],
    ['alerts', share(actions[3]), 'for an analyst'],
    ['undecided', share(undecided), `${short(late)} late, ${short(shielded)} shielded`],
    ['answer, p99', p99Ms === null ? '–' : `${short(p99Ms)} ms`, 'the longest of the minute'],
  ]
  return h(
    'dl',
    { class: 'tiles' },
    tiles.map(([name, value, context]) =>
      h('div', { key: name }, [
        h('dt', null, name),
        h('dd', { class: 'value' }, value),
        h('dd', { class: 'context' }, context),
      ]),
    ),
  )
}

/** What was decided, how sure, how fast. */
export function Charts({ history: { frames } }: { readonly history: History }) {
  const times = frames.map(({ at }) => at / 1000)
  const perSecond = ACTIONS.map((label, action) => ({
    ...{ label, colour: ACTION_COLOURS[action] },
    values: frames.map(({ actions, seconds }) => actions[action] / Math.max(seconds, 1e-3)),
  }))
  const score = { label: 'mean score', colour: '--team', values: frames.map((frame) => frame.score) }
  const latency = (['median', 'p99'] as const).map((label, i) => ({
    ...{ label, colour: LINE_COLOURS[i] },
    values: frames.map(({ latencyMs }) => latencyMs?.[label] ?? null),
  }))
  return h('div', { class: 'grid' }, [
    h(Panel, { title: 'Decisions', id: 'decisions' }, [
      h(LiveChart, { title: 'by action, a second', times, series: perSecond, format: short }),
    ]),
    h(Panel, { title: 'Threat score', id: 'score' }, [
      h(LiveChart, { title: 'mean of the team', times, series: [score], format: short, range: [0, 1] }),
    ]),
    h(Panel, { title: 'Latency', id: 'latency' }, [
      h(LiveChart, { title: 'from arrival to answer, ms', times, series: latency, format: short }),
    ]),
  ])
}

/** How each agent votes, and how often against the team. */
export function Agents({ recent: { votes, dissent } }: { readonly recent: Recent }) {
  const most = dissent.indexOf(Math.max(...dissent))
  const rows = votes.map((own, agent) => {
    const total = own.reduce((sum, n) => sum + n, 0)
    const words = ACTIONS.map((action, i) => `${action} ${percent(own[i] / Math.max(1, total))}`).join(', ')
    const parts = [0, 3, 1, 2].map((action) =>
      h('i', {
        key: action,
        style: { background: `var(${ACTION_COLOURS[action]})`, flexGrow: own[action], flexBasis: 0 },
      }),
    )
    return h('tr', { key: agent }, [
      h('th', { scope: 'row' }, `agent ${agent}`),
      h('td', { class: 'wide' }, h('span', { class: 'bar', role: 'img', 'aria-label': words, title: words }, parts)),
      h('td', { class: agent === most && dissent[agent] > 0 ? 'number mark' : 'number' }, percent(dissent[agent])),
    ])
  })
  return h(Panel, { title: 'Votes', id: 'votes' }, [
    h('table', null, [
      h(
        'thead',
        null,
        h('tr', null, [
          h('th', null, ''),
          h('th', null, 'votes of the last minute'),
          h('th', { class: 'number' }, 'dissents'),
        ]),
      ),
      h('tbody', null, rows),
    ]),
    h(Legend, null),
  ])
}

function Legend() {
  return h(
    'ul',
    { class: 'legend' },
    ACTIONS.map((action, i) =>
      h('li', { key: action }, [h('i', { style: { background: `var(${ACTION_COLOURS[i]})` } }), action]),
    ),
  )
}

/** How robustly specifications are kept. */
export function Specifications({
  history: { frames },
  model,
}: {
  readonly history: History
  readonly model: Model | null
}) {
  const names = frames.at(-1)?.robustness.map(({ name }) => name) ?? []
  const unwatched = (model?.specifications ?? []).filter(({ watched }) => !watched).map(({ name }) => name)
  const series = names.map((label, s) => ({
    ...{ label, colour: LINE_COLOURS[s % LINE_COLOURS.length] },
    values: frames.map(({ robustness }) => robustness[s]?.min ?? null),
  }))
  return h(Panel, { title: 'Specifications', id: 'specifications' }, [
    names.length === 0
      ? h('p', { class: 'nothing' }, 'No specification of this team can be watched without labels.')
      : h(LiveChart, {
          title: 'lowest robustness, violated below 0',
          times: frames.map(({ at }) => at / 1000),
          series,
          format: short,
          floor: 0,
        }),
    unwatched.length > 0
      ? h('p', { class: 'note' }, `Not watched, for they need labels: ${unwatched.join(', ')}.`)
      : null,
  ])
}

/** How what comes differs from the training, and decisions from what was usual. */
export function Drift({ report }: { readonly report: DriftReport | null }) {
  const inputs = report?.inputs
  const charts = report?.decisions
  const most = Math.max(0.25, ...(inputs?.drift ?? []).map(({ psi }) => psi))
  return h(Panel, { title: 'Drift', id: 'drift' }, [
    inputs?.missing ? h('p', { class: 'nothing' }, inputs.missing) : null,
    h('table', null, [
      h(
        'thead',
        null,
        h('tr', null, [
          h('th', null, 'input'),
          h('th', { colSpan: 2, title: 'population stability index' }, 'index'),
          h('th', { class: 'number' }, 'noise'),
          h('th', { class: 'number' }, 'unknown'),
        ]),
      ),
      h(
        'tbody',
        null,
        (inputs?.drift ?? [])
          .slice(0, INPUTS_SHOWN)
          .map(({ input, psi, noise, unknown }) =>
            h('tr', { key: input }, [
              h('th', { scope: 'row', class: 'name', title: input }, input),
              h('td', { class: 'wide' }, h(Meter, { value: psi, most, isHigh: psi > Math.max(0.25, 3 * noise) })),
              h('td', { class: 'number' }, short(psi)),
              h('td', { class: 'number' }, short(noise)),
              h('td', { class: 'number' }, unknown === null ? '–' : percent(unknown.live)),
            ]),
          ),
      ),
    ]),
    charts && charts.waiting > 0
      ? h('p', { class: 'note' }, `${short(charts.waiting)} more decisions until what is usual is known.`)
      : h('table', null, [
          h(
            'thead',
            null,
            h('tr', null, [
              h('th', null, 'decisions'),
              h('th', { colSpan: 2 }, 'sum to an alarm'),
              h('th', { class: 'number' }, 'alarms'),
            ]),
          ),
          h(
            'tbody',
            null,
            (charts?.charts ?? []).map(({ chart, up, down, alarms }) =>
              h('tr', { key: chart }, [
                h('th', { scope: 'row' }, chart),
                h(
                  'td',
                  { class: 'wide' },
                  h(Meter, { value: Math.max(up, down), most: charts?.threshold ?? 1, isHigh: false }),
                ),
                h('td', { class: 'number' }, short(Math.max(up, down))),
                h('td', { class: alarms > 0 ? 'number mark' : 'number' }, short(alarms)),
              ]),
            ),
          ),
        ]),
  ])
}

/** @param most that fills it */
function Meter({ value, most, isHigh }: { readonly value: number; readonly most: number; readonly isHigh: boolean }) {
  const width = `${Math.min(100, (100 * value) / most)}%`
  return h('span', { class: isHigh ? 'meter high' : 'meter', 'aria-hidden': true }, h('i', { style: { width } }))
}

/** The latest decisions, by whose streams their timelines are opened. */
export function Latest({
  history: { latest },
  onStream,
}: {
  readonly history: History
  readonly onStream: (stream: string) => void
}) {
  return h(Panel, { title: 'Latest decisions', id: 'latest' }, [
    latest.length === 0 ? h('p', { class: 'nothing' }, 'Nothing has been decided since this page was opened.') : null,
    h(
      'div',
      { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': 'latest decisions' },
      h('table', { class: 'decisions' }, [
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            ['time', 'event', 'stream', 'action', 'score', 'votes'].map((name) => h('th', { key: name }, name)),
          ),
        ),
        h(
          'tbody',
          null,
          latest.map(({ id, at, stream, action, score, decided, votes, shield }) =>
            h('tr', { key: `${at} ${id}` }, [
              h('td', null, clock(at)),
              h('td', { class: 'name' }, String(id)),
              h(
                'td',
                { class: 'name' },
                stream === null
                  ? '–'
                  : h('button', { type: 'button', class: 'link', onClick: () => onStream(stream) }, stream),
              ),
              h('td', null, [
                h('span', { class: `badge ${ACTIONS[action]}` }, ACTIONS[action]),
                shield === null ? null : h('small', null, ` for ${ACTIONS[shield.from]}`),
                decided ? null : h('small', null, ' undecided'),
              ]),
              h('td', { class: 'number' }, score.toFixed(3)),
              h(
                'td',
                null,
                h(
                  'span',
                  { class: 'votes', role: 'img', 'aria-label': votes.map((vote) => ACTIONS[vote]).join(', ') },
                  votes.map((vote, agent) =>
                    h('i', { key: agent, class: ACTIONS[vote], title: `agent ${agent}: ${ACTIONS[vote]}` }),
                  ),
                ),
              ),
            ]),
          ),
        ),
      ]),
    ),
  ])
}
