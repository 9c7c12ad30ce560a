import { createRecentEntries, type RecentEntries } from './recent-entries.ts'

/** What is kept of a stream between its events: f32 values in a fixed order. */
export type StreamStates = Pick<RecentEntries<string, Float32Array>, 'all' | 'forget' | 'put' | 'size'> & {
  /** State of a stream, which the caller changes in place; a new one for a stream that is not known, or has no name. */
  of(stream: string | null): Float32Array
  /** State of a stream that is known; undefined of others. */
  known(stream: string): Float32Array | undefined
}

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
    ...{ all: states.all, forget: states.forget, put: states.put },
    get size() {
      return states.size
    },
  }
}
