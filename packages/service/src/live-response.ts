import { type EnvironmentExports, STREAM_STATE, WALK } from '@vigil/env-wasm'

/** Where the environment's walk of one stream lies, in bytes: the row that was decided on and the row that has come. */
export type ResponsePlace = {
  readonly walk: number
  readonly state: number
  /** f32 [2] */
  readonly ratios: number
  /** u8 [A] */
  readonly actions: number
  /** f32 [K] */
  readonly context: number
}

/** What the environment `respond` shows of a stream, from what is kept of it between its events. */
export type LiveResponse = {
  /** bytes that are kept of a stream, zeros of a new one */
  readonly keptBytes: number
  /**
   * The next event comes.
   *
   * @param kept    changed
   * @param ratio   by which the event moves the belief; not read where the team sees none
   * @param context [K] whose head is overwritten
   */
  meet(kept: Uint8Array, ratio: number, context: Float32Array): void
  /** The agents have acted, and the stream goes on. */
  act(kept: Uint8Array, actions: Uint8Array): void
  /** The analyst finds no threat. */
  clear(kept: Uint8Array): void
}

const ALERT = 3

/**
 * Walks live streams with the environment's own code, in which no event is a threat: what a stream is shown to be depends on what was
 * decided and heard, never on labels. Verdicts come when they come: an open ticket stands at its last event until then, and with an
 * all-clear it ends at the next event of the stream.
 *
 * @param headCount inputs that are shown
 * @param isAtOnce whether in training a verdict came with the next event
 * @param teamAction the team's action by the environment's vote on the actions at `actions`
 */
export function createLiveResponse(
  environments: EnvironmentExports,
  buffer: ArrayBufferLike,
  at: ResponsePlace,
  {
    agentCount,
    headCount,
    isAtOnce,
    teamAction,
  }: {
    readonly agentCount: number
    readonly headCount: number
    readonly isAtOnce: boolean
    readonly teamAction: () => number
  },
): LiveResponse {
  const view = new DataView(buffer)
  const state = new Uint8Array(buffer, at.state, STREAM_STATE.bytes)
  const actions = new Uint8Array(buffer, at.actions, agentCount)
  const ratios = new Float32Array(buffer, at.ratios, 2)
  const shown = new Float32Array(buffer, at.context, headCount)
  const ticketAt = at.state + STREAM_STATE.offsets.ticket
  // Behind the state: the agents' last actions, whether they have acted, whether an all-clear has come since.
  const [actedAt, clearedAt] = [STREAM_STATE.bytes + agentCount, STREAM_STATE.bytes + agentCount + 1]

  /** Events until the verdict, so that it comes now or not yet. */
  function setTicket(isCleared: boolean): void {
    const ticket = view.getUint32(ticketAt, true)
    if (isCleared) view.setUint32(ticketAt, 1, true)
    else if (ticket === 1 || (isAtOnce && ticket === 0 && teamAction() === ALERT)) view.setUint32(ticketAt, 2, true)
  }

  return {
    keptBytes: clearedAt + 1,
    meet(kept, ratio, context) {
      view.setUint32(at.walk + WALK.offsets.position, 0, true)
      if (kept[actedAt] === 0) {
        ratios[0] = ratio
        environments.beginWalk(at.walk)
      } else {
        state.set(kept.subarray(0, STREAM_STATE.bytes))
        actions.set(kept.subarray(STREAM_STATE.bytes, actedAt))
        ratios[1] = ratio
        setTicket(kept[clearedAt] === 1)
        environments.stepWalk(at.walk)
      }
      kept.set(state)
      kept[clearedAt] = 0
      context.set(shown)
    },
    act(kept, own) {
      kept.set(own, STREAM_STATE.bytes)
      kept[actedAt] = 1
    },
    clear(kept) {
      kept[clearedAt] = 1
    },
  }
}
