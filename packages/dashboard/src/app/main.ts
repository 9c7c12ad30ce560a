import { h, render } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { type History, NOTHING_TOLD, recentOf, withFrame } from './history.ts'
import { Agents, Charts, Drift, Latest, Specifications, Tiles } from './panels.ts'
import { createServiceClient, type DriftReport, type Model, Refused } from './service-client.ts'
import { Timeline } from './timeline.ts'

const RETRY_MS = 2000
const DRIFT_MS = 5000
const TOKEN = 'vigil-token'

type Connection = 'connecting' | 'live' | 'lost' | 'refused'
const WORDS: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'connection lost, trying again',
  refused: 'this service asks for a token',
}

function App() {
  const [token, setToken] = useState(sessionStorage.getItem(TOKEN))
  const client = useMemo(() => createServiceClient(token), [token])
  const [connection, setConnection] = useState<Connection>('connecting')
  const [history, setHistory] = useState<History>(NOTHING_TOLD)
  const [model, setModel] = useState<Model | null>(null)
  const [drift, setDrift] = useState<DriftReport | null>(null)
  const [stream, setStream] = useState('')
  useEffect(() => {
    const ending = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const follow = async () => {
      try {
        setModel(await client.model())
        setConnection('live')
        await client.frames((frame) => setHistory((before) => withFrame(before, frame)), ending.signal)
        setConnection('lost')
      } catch (error) {
        setConnection(error instanceof Refused && error.status === 401 ? 'refused' : 'lost')
        if (error instanceof Refused && error.status === 401) return
      }
      if (!ending.signal.aborted) timer = setTimeout(follow, RETRY_MS)
    }
    follow()
    return () => {
      ending.abort()
      clearTimeout(timer)
    }
  }, [client])
  useEffect(() => {
    const ask = () => client.drift().then(setDrift, () => setDrift(null))
    ask()
    const timer = setInterval(ask, DRIFT_MS)
    return () => clearInterval(timer)
  }, [client])
  const recent = recentOf(history)
  return h('main', null, [
    h(Head, { connection, model }),
    connection === 'refused'
      ? h(TokenForm, {
          onToken: (own) => {
            sessionStorage.setItem(TOKEN, own)
            setToken(own)
          },
        })
      : null,
    h(Tiles, { recent }),
    h(Charts, { history }),
    h('div', { class: 'grid' }, [
      h(Agents, { recent }),
      h(Specifications, { history, model }),
      h(Drift, { report: drift }),
    ]),
    h('div', { class: 'grid two' }, [
      h(Latest, { history, onStream: setStream }),
      h(Timeline, { client, stream, columns: model?.stream ?? [], onStream: setStream }),
    ]),
  ])
}

function Head({ connection, model }: { readonly connection: Connection; readonly model: Model | null }) {
  const facts =
    model === null ? '' : `iteration ${model.iteration}, ${model.agents} agents, ${model.rule}, f = ${model.faults}`
  return h('header', null, [
    h('h1', null, 'Vigil'),
    h('p', { class: 'facts' }, facts),
    h('p', { class: `state ${connection}`, role: 'status' }, WORDS[connection]),
  ])
}

function TokenForm({ onToken }: { readonly onToken: (token: string) => void }) {
  const [token, setToken] = useState('')
  return h(
    'form',
    {
      class: 'card',
      onSubmit: (event: Event) => {
        event.preventDefault()
        onToken(token.trim())
      },
    },
    [
      h('label', { for: 'token' }, 'Token of the service'),
      h('input', {
        id: 'token',
        type: 'password',
        autocomplete: 'off',
        value: token,
        onInput: (event: Event) => setToken((event.target as HTMLInputElement).value),
      }),
      h('button', { type: 'submit' }, 'Show'),
    ],
  )
}

render(h(App, null), document.getElementById('app') as HTMLElement)
