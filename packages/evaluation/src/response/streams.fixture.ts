import { CUT_OFF, DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { type Policy, type ResponseSettings, type Streams, walk } from '@vigil/response'
import type { PlayedSplit } from '../play-split.ts'

/** Streams of these labels, their rows in order. */
export function streamsOfLabels(...labels: readonly (readonly number[])[]): Streams {
  const all = labels.flat()
  return {
    rows: Uint32Array.from(all.keys()),
    streamStarts: Uint32Array.from([0, ...labels.map((_, i) => labels.slice(0, i + 1).flat().length)]),
    labels: Uint8Array.from(all),
    ratios: null,
    hazard: 0,
    damage: null,
  }
}

export const SETTINGS: ResponseSettings = { spec: DEFAULT_RESPONSE, seed: 1 }

/** What a team of two agents that both follow a policy does with streams: the definition, walked. */
export function playedBy(streams: Streams, policy: Policy, settings: ResponseSettings = SETTINGS): PlayedSplit {
  const walks = Array.from(streams.streamStarts.subarray(1), (_, stream) => walk(streams, stream, settings, policy))
  const actions = Uint8Array.from(walks.flatMap((own) => [...own.actions]))
  const decidedAt = Uint32Array.from(actions.keys()).filter((position) => actions[position] !== CUT_OFF)
  const chosen = Uint8Array.from(decidedAt, (position) => actions[position])
  return {
    returns: Float64Array.from(walks, ({ ledger }) => ledger.reduce((sum, entry) => sum + entry, 0)),
    ledgers: Float64Array.from(walks.flatMap(({ ledger }) => [...ledger])),
    actions,
    decidedAt,
    events: {
      labels: Uint8Array.from(decidedAt, (position) => streams.labels[streams.rows[position]]),
      actions: chosen,
      decided: chosen.map(() => 1),
      votes: Uint8Array.from([...chosen].flatMap((action) => [action, action])),
      scores: Float32Array.from([...chosen].flatMap((action) => [action === 2 ? 0.9 : 0.1, 0.2])),
    },
  }
}
