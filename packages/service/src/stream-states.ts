import { serviceError } from './errors.ts'
import { createRecentEntries } from './recent-entries.ts'

/** What is kept of a stream between its events: f32 values in a fixed order. */
export type StreamStates = {
  /**
   * State of a stream, which the caller changes in place until `limit` other streams have been asked for or it is forgotten; a new one
   * for a stream that is not known, or has no name.
   */
  of(stream: string | null): Float32Array
  /** State of a stream that is known; undefined of others. */
  known(stream: string): Float32Array | undefined
  forget(stream: string): void
  readonly size: number
  save(): KeptStreams
  /** Takes what states of the same size have saved. @throws {VigilError} STATE_INVALID */
  restore(kept: KeptStreams): void
}

/** What streams remember, from the one unused longest on: [streams, values of each]. */
export type KeptStreams = { readonly keys: readonly string[]; readonly states: Float32Array }

/** States that are made room for at a time. */
const CHUNK = 4096

/**
 * States of the streams seen latest, in few long arrays: one array for each state would take three times the memory.
 *
 * @param begin what a stream begins with
 * @param limit of one stream more, the one unused longest is forgotten
 */
export function createStreamStates(begin: Float32Array, limit: number): StreamStates {
  const { length } = begin
  const slots = createRecentEntries<string, number>(limit)
  const chunks: Float32Array[] = []
  const free: number[] = []
  let slotCount = 0

  function stateIn(slot: number): Float32Array {
    const at = (slot % CHUNK) * length
    return chunks[Math.floor(slot / CHUNK)].subarray(at, at + length)
  }

  function freeSlot(): number {
    if (slots.size === limit) forget(slots.oldest as string)
    const slot = free.pop() ?? slotCount++
    if (slot === chunks.length * CHUNK) chunks.push(new Float32Array(Math.min(CHUNK, limit - slot) * length))
    return slot
  }

  function put(stream: string, values: Float32Array): Float32Array {
    const slot = freeSlot()
    slots.put(stream, slot)
    const state = stateIn(slot)
    state.set(values)
    return state
  }

  function forget(stream: string): void {
    const slot = slots.peek(stream)
    if (slot === undefined) return
    free.push(slot)
    slots.forget(stream)
  }

  return {
    of(stream) {
      if (stream === null) return begin.slice()
      const slot = slots.use(stream)
      return slot === undefined ? put(stream, begin) : stateIn(slot)
    },
    known(stream) {
      const slot = slots.peek(stream)
      return slot === undefined ? undefined : stateIn(slot)
    },
    forget,
    save() {
      const kept = { keys: [] as string[], states: new Float32Array(slots.size * length) }
      for (const [stream, slot] of slots.all()) {
        kept.states.set(stateIn(slot), kept.keys.length * length)
        kept.keys.push(stream)
      }
      return kept
    },
    restore({ keys, states }) {
      if (states.length !== keys.length * length) {
        throw serviceError('STATE_INVALID', 'Streams: need what a team of the same bundle has saved, received another.')
      }
      for (const [i, stream] of keys.entries()) {
        forget(stream)
        put(stream, states.subarray(i * length, (i + 1) * length))
      }
    },
    get size() {
      return slots.size
    },
  }
}
