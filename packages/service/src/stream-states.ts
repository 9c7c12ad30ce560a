import { serviceError } from './errors.ts'
import { createRecentEntries, type RecentEntries } from './recent-entries.ts'

/** What is kept of a stream between its events: f32 values in a fixed order. */
export type StreamStates = Pick<RecentEntries<string, Float32Array>, 'forget' | 'size'> & {
  /** State of a stream, which the caller changes in place; a new one for a stream that is not known, or has no name. */
  of(stream: string | null): Float32Array
  /** State of a stream that is known; undefined of others. */
  known(stream: string): Float32Array | undefined
  save(): KeptStreams
  /** Takes what states of the same size have saved. @throws {VigilError} STATE_INVALID */
  restore(kept: KeptStreams): void
}

/** What streams remember, from the one unused longest on: [streams, values of each]. */
export type KeptStreams = { readonly keys: readonly string[]; readonly states: Float32Array }

/**
 * States of the streams seen latest.
 *
 * @param begin what a stream begins with
 * @param limit of one stream more, the one unused longest is forgotten
 */
export function createStreamStates(begin: Float32Array, limit: number): StreamStates {
  const states = createRecentEntries<string, Float32Array>(limit)
  return {
    of(stream) {
      if (stream === null) return begin.slice()
      const known = states.use(stream)
      if (known !== undefined) return known
      const state = begin.slice()
      states.put(stream, state)
      return state
    },
    known: states.peek,
    forget: states.forget,
    save() {
      const kept = { keys: [] as string[], states: new Float32Array(states.size * begin.length) }
      for (const [stream, state] of states.all()) {
        kept.states.set(state, kept.keys.length * begin.length)
        kept.keys.push(stream)
      }
      return kept
    },
    restore({ keys, states: values }) {
      if (values.length !== keys.length * begin.length) {
        throw serviceError('STATE_INVALID', 'Streams: need what a team of the same bundle has saved, received another.')
      }
      for (const [i, stream] of keys.entries()) {
        states.put(stream, values.slice(i * begin.length, (i + 1) * begin.length))
      }
    },
    get size() {
      return states.size
    },
  }
}
