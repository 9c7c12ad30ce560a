/** What is kept of a stream between its events: f32 values in a fixed order. */
export type StreamStates = {
  /** State of a stream, which the caller changes in place; a new one for a stream that is not known, or has no name. */
  of(stream: string | null): Float32Array
  /** State of a stream that is known; undefined of others. */
  known(stream: string): Float32Array | undefined
  /** The stream begins anew when it comes again. */
  forget(stream: string): void
  readonly size: number
}

/**
 * States of the streams seen latest.
 *
 * @param begin what a stream begins with
 * @param limit of one stream more, the one unused longest is forgotten
 */
export function createStreamStates(begin: Float32Array, limit: number): StreamStates {
  // A map keeps the order of insertion: the stream unused longest stands first.
  const states = new Map<string, Float32Array>()
  return {
    of(stream) {
      if (stream === null) return begin.slice()
      const state = states.get(stream) ?? begin.slice()
      states.delete(stream)
      states.set(stream, state)
      if (states.size > limit) states.delete(states.keys().next().value as string)
      return state
    },
    known: (stream) => states.get(stream),
    forget: (stream) => states.delete(stream),
    get size() {
      return states.size
    },
  }
}
