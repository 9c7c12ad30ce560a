import { setTimeout as pause } from 'node:timers/promises'

/** When the server stored a message: now, or before this process sent it; 'not' where an end was asked for before. */
export type Stored = 'now' | 'before' | 'not'

/** How messages are sent. */
export type Sending<Message> = {
  /** Resolves when the server has stored it, or had under its name. */
  readonly send: (message: Message) => Promise<{ readonly duplicate: boolean }>
  /** Whether the server did not take it for the time being; throws where it never will. */
  readonly isAway: (cause: unknown, message: Message) => Promise<boolean>
  /** A message is sent again, for the first time. */
  readonly onAgain: (cause: unknown, message: Message) => void
  /** asks for an end */
  readonly stop: AbortSignal
  readonly againMs: number
}

/**
 * Sends messages at once, and from the first on that was not stored again, one behind the other as they were: what a connection loses it loses from
 * some message on. The server knows by their names those behind it that it has.
 *
 * @throws whatever `isAway` throws
 */
export async function publishInOrder<Message>(
  messages: readonly Message[],
  { send, isAway, onAgain, stop, againMs }: Sending<Message>,
): Promise<Stored[]> {
  const before = new Set<number>()
  let first = 0
  for (let isAgain = false; first < messages.length && !stop.aborted; isAgain = true) {
    if (isAgain) await pause(againMs, undefined, { signal: stop }).catch(() => undefined)
    if (stop.aborted) break
    const sent = await Promise.allSettled(messages.slice(first).map(async (message) => await send(message)))
    // What is sent again may be known from the first time.
    for (const [i, one] of sent.entries())
      if (!isAgain && one.status === 'fulfilled' && one.value.duplicate) before.add(i)
    const lost = sent.findIndex(({ status }) => status === 'rejected')
    if (lost < 0) first = messages.length
    else {
      first += lost
      const { reason } = sent[lost] as PromiseRejectedResult
      if (stop.aborted) break
      if (!(await isAway(reason, messages[first]))) throw reason
      if (!isAgain) onAgain(reason, messages[first])
    }
  }
  return messages.map((_, i) => (i >= first ? 'not' : before.has(i) ? 'before' : 'now'))
}
