import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Decided } from '../frame.ts'
import { ACTIONS, clock } from './format.ts'
import type { ServiceClient } from './service-client.ts'

type TimelineProps = {
  readonly client: ServiceClient
  readonly stream: string
  readonly columns: readonly string[]
  readonly onStream: (stream: string) => void
}

const SHOWN = 120
const HEIGHT = 90

/** What was decided on one stream, oldest on the left: height is the score, colour the action. */
export function Timeline({ client, stream, columns, onStream }: TimelineProps) {
  const [asked, setAsked] = useState(stream)
  const [decisions, setDecisions] = useState<readonly Decided[]>([])
  const load = () => {
    if (stream !== '') client.decisionsOn(stream).then(setDecisions, () => setDecisions([]))
  }
  useEffect(() => {
    setAsked(stream)
    load()
    const timer = setInterval(load, 5000)
    return () => clearInterval(timer)
  }, [stream, client])
  const shown = decisions.slice(-SHOWN)
  return h('section', { class: 'card', 'aria-labelledby': 'timeline' }, [
    h('h2', { id: 'timeline' }, 'Timeline of a stream'),
    h(
      'form',
      {
        onSubmit: (event: Event) => {
          event.preventDefault()
          onStream(asked)
        },
      },
      [
        h('label', { for: 'stream' }, columns.length > 0 ? columns.join(', ') : 'stream'),
        h('input', {
          id: 'stream',
          value: asked,
          spellcheck: false,
          onInput: (event: Event) => setAsked((event.target as HTMLInputElement).value),
        }),
        h('button', { type: 'submit' }, 'Show'),
      ],
    ),
    stream === '' ? h('p', { class: 'nothing' }, 'Choose a stream among the latest decisions, or name one.') : null,
    stream !== '' && shown.length === 0
      ? h('p', { class: 'nothing' }, `No decision on ${stream} among the latest.`)
      : null,
    shown.length > 0 ? h(Marks, { decisions: shown }) : null,
  ])
}

function Marks({ decisions }: { readonly decisions: readonly Decided[] }) {
  const counts = ACTIONS.map((action, i) => [action, decisions.filter((one) => one.action === i).length] as const)
  const words = counts
    .filter(([, count]) => count > 0)
    .map(([action, count]) => `${count} ${action}`)
    .join(', ')
  return h('figure', { class: 'chart' }, [
    h(
      'svg',
      {
        viewBox: `0 0 ${10 * SHOWN} ${HEIGHT}`,
        role: 'img',
        'aria-label': words,
        preserveAspectRatio: 'none',
        class: 'marks',
      },
      decisions.map(({ id, at, score, action }, i) => {
        const height = 4 + (HEIGHT - 4) * score
        return h(
          'rect',
          { key: `${at} ${id}`, x: 10 * i + 1, y: HEIGHT - height, width: 8, height, class: ACTIONS[action] },
          h('title', null, `${clock(at)} ${id}: ${ACTIONS[action]}, score ${score.toFixed(3)}`),
        )
      }),
    ),
    h('figcaption', null, `${words}; from ${clock(decisions[0].at)} to ${clock(decisions[decisions.length - 1].at)}`),
  ])
}
