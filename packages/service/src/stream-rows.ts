import { predictProbabilities } from '@vigil/boosting'
import { beliefRatio } from '@vigil/env-wasm'
import type { ReadEvent } from '@vigil/features'
import { createStreamFilter } from '@vigil/hidden-markov'
import type { StreamBelief } from '@vigil/runs'
import type { EventInputs } from './event-inputs.ts'
import type { LiveTeam } from './live-team.ts'
import { createStreamStates, type KeptStreams } from './stream-states.ts'

/** What a state takes besides its values: its key and its entry. */
const STATE_OVERHEAD_BYTES = 192

const QUARANTINE = 2

/** The rows of one pass through the network, with what streams remember. */
export type StreamRows = {
  /** Puts events into rows until the rows end or a stream comes again. @returns the number of rows */
  fill(events: readonly ReadEvent[], from: number): number
  /** What the streams of the rows keep when the team has acted. @param actions [rows] of the team */
  keep(actions: Uint8Array): void
  /** @returns whether the stream is known */
  hear(stream: string | null, isHostile: boolean): boolean
  /** Streams of which something is kept. */
  readonly streamCount: number
  save(): KeptStreams
  /** Takes what the rows of the same team have saved. @throws {VigilError} STATE_INVALID */
  restore(kept: KeptStreams): void
}

type StreamRowsSettings = {
  readonly inputs: EventInputs
  readonly rowsMax: number
  readonly streamBytes: number
  readonly belief: StreamBelief | null
}

/**
 * A stream keeps its context [K], its recurrent state [A, H] and, where actions have consequences, where it stands. One that was
 * contained begins anew if it comes again: somebody has let it go.
 *
 * @param streamBytes that the states may take, for at least `rowsMax` streams
 * @param belief what the team is shown, null = nothing
 */
export function createStreamRows(
  team: LiveTeam,
  { inputs, rowsMax, streamBytes, belief }: StreamRowsSettings,
): StreamRows {
  const { denseCount, contextCount, stateCount, response, agentCount } = team
  const [denseStride, keptAt] = [denseCount + contextCount, contextCount + stateCount]
  const keptBytes = response?.keptBytes ?? 0
  const believer = believerOf(belief, team)
  const believedAt = keptAt + Math.ceil(keptBytes / 4)
  const stateSize = believedAt + believer.stateSize
  const begin = new Float32Array(stateSize)
  begin.set(team.firstContext)
  // A stream of a pass is not forgotten before the pass has ended.
  const limit = Math.max(rowsMax, Math.floor(streamBytes / (4 * stateSize + STATE_OVERHEAD_BYTES)))
  const states = createStreamStates(begin, limit)
  const held: { readonly stream: string | null; readonly state: Float32Array }[] = []
  const target = { dense: team.x, denseStride, categorical: team.categories }
  const keptOf = (state: Float32Array) => new Uint8Array(state.buffer, state.byteOffset + 4 * keptAt, keptBytes)

  function place(event: ReadEvent, row: number): void {
    const { stream } = event
    const state = states.of(stream)
    held.push({ stream, state })
    if (response !== null) {
      const ratio = believer.meet(row, state.subarray(believedAt))
      response.meet(keptOf(state), ratio, state.subarray(0, contextCount))
    }
    for (let i = 0; i < contextCount; i++) team.x[row * denseStride + denseCount + i] = state[i]
    for (let i = 0; i < stateCount; i++) team.recurrentState[row * stateCount + i] = state[contextCount + i]
  }

  return {
    fill(events, from) {
      const streams = new Set<string>()
      held.length = 0
      let row = 0
      for (; row < rowsMax && from + row < events.length; row++) {
        const event = events[from + row]
        if (stateSize > 0 && event.stream !== null) {
          if (streams.has(event.stream)) break
          streams.add(event.stream)
        }
        inputs.write(event, target, row)
        if (stateSize > 0) place(event, row)
      }
      return row
    },
    keep(actions) {
      for (let row = 0; row < held.length; row++) {
        const { stream, state } = held[row]
        for (let i = 0; i < stateCount; i++) state[contextCount + i] = team.recurrentState[row * stateCount + i]
        if (response === null) {
          if (contextCount > 0) team.absorb(row, state)
        } else if (actions[row] === QUARANTINE && stream !== null) states.forget(stream)
        else response.act(keptOf(state), team.actions.subarray(row * agentCount, (row + 1) * agentCount))
      }
    },
    hear(stream, isHostile) {
      const state = stream === null ? undefined : states.known(stream)
      if (state === undefined || response === null) return false
      if (isHostile) states.forget(stream as string)
      else response.clear(keptOf(state))
      return true
    },
    get streamCount() {
      return states.size
    },
    ...{ save: states.save, restore: states.restore },
  }
}

/** Says by what ratio the event of a row moves the belief, with what it keeps of the row's stream: f32 values, zeros of a new one. */
type Believer = { readonly stateSize: number; meet(row: number, state: Float32Array): number }

function believerOf(belief: StreamBelief | null, team: LiveTeam): Believer {
  if (belief === null) return { stateSize: 0, meet: () => 1 }
  const { denseCount, columnCount, contextCount } = team
  const stride = denseCount + contextCount
  const inputsOf = (row: number) => {
    const dense = team.x.slice(row * stride, row * stride + denseCount)
    const categorical = team.categories.slice(row * columnCount, (row + 1) * columnCount)
    return { dense, denseCount, categorical, categoricalCount: columnCount }
  }
  if ('trees' in belief) {
    const judge = (row: number) => predictProbabilities(belief.trees, inputsOf(row), Uint32Array.of(0))[0]
    return { stateSize: 0, meet: (row) => beliefRatio(belief, judge(row)) }
  }
  const filter = createStreamFilter(belief)
  return { stateSize: filter.stateSize, meet: (row, state) => filter.meet(state, inputsOf(row), 0) }
}
