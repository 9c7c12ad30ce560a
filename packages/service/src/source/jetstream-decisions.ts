import { setTimeout as pause } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** How long the server may take to store a decision, in milliseconds. */
const STORED_MS = 2000
/** Before a decision that the server did not take is sent again, in milliseconds. */
const AGAIN_MS = 1000

/** Where decisions go. */
export type DecisionSubject = {
  readonly connection: NatsConnection
  readonly subject: string
  /** names the team: an event has one decision of each */
  readonly team: string
  /** asks for an end */
  readonly stop: AbortSignal
  readonly note: (text: string) => void
}

/**
 * Publishes decisions to a subject of JetStream. Each has the name of its team and event as `Nats-Msg-Id`, so that the server keeps the first of those that come
 * within its duplicate window.
 *
 * @returns what takes decisions, a line each, with the names of their events, and resolves when the server has stored them; false where an end was asked for before
 */
export function jetstreamDecisions({ connection, subject, team, stop, note }: DecisionSubject) {
  const client = jetstream(connection)
  const publish = async (line: string, id: string | number): Promise<boolean> => {
    for (let isTold = false; !stop.aborted; isTold = true) {
      try {
        await client.publish(subject, line, { msgID: `${team}:${JSON.stringify(id)}`, timeout: STORED_MS })
        return true
      } catch (cause) {
        if (!isTold) note(`the decision on ${id} is sent again until it is stored: ${(cause as Error).message}`)
        await pause(AGAIN_MS, undefined, { signal: stop }).catch(() => undefined)
      }
    }
    return false
  }
  return async (text: string, ids: readonly (string | number)[]): Promise<boolean> => {
    const lines = text.split('\n')
    const stored = await Promise.all(ids.map(async (id, i) => await publish(lines[i], id)))
    return !stored.includes(false)
  }
}
