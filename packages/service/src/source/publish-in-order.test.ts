import { describe, expect, it } from 'vitest'
import { publishInOrder, type Sending } from './publish-in-order.ts'

const MESSAGES = Array.from({ length: 12 }, (_, i) => i + 1)
const away = new Error('away')

/** A server that keeps the first message of a name, in the order in which they come. */
function serverOf() {
  const kept: number[] = []
  return {
    kept,
    store(message: number) {
      const duplicate = kept.includes(message)
      if (!duplicate) kept.push(message)
      return { duplicate }
    },
  }
}

function sendingBy(send: Sending<number>['send'], changes: Partial<Sending<number>> = {}) {
  const again: number[] = []
  const sending: Sending<number> = {
    ...{ send, stop: new AbortController().signal, againMs: 5 },
    isAway: async (cause) => cause === away,
    onAgain: (_, message) => void again.push(message),
    ...changes,
  }
  return { again, sending }
}

describe('messages that are published', () => {
  it('are stored in their order where a connection is lost at the fifth, whichever failure is heard of first', async () => {
    const server = serverOf()
    let isLost = false
    let calls = 0
    const { again, sending } = sendingBy(async (message) => {
      isLost ||= message === 5 && calls < MESSAGES.length
      if (++calls > MESSAGES.length) return server.store(message)
      if (!isLost) return server.store(message)
      // The last one is heard of first.
      await new Promise((resolve) => setTimeout(resolve, 3 * (MESSAGES.length - message)))
      throw away
    })
    expect(await publishInOrder(MESSAGES, sending)).toEqual(MESSAGES.map(() => 'now'))
    expect(server.kept).toEqual(MESSAGES)
    expect(again).toEqual([5])
    expect(calls).toBe(12 + 8)
  })

  it('are told from those that the server had before this process, not from those whose answer alone was lost', async () => {
    const server = serverOf()
    for (const message of [1, 2, 7]) server.store(message)
    let isFirst = true
    const { sending } = sendingBy(async (message) => {
      const answer = server.store(message)
      if (message !== 4 || !isFirst) return answer
      isFirst = false
      throw away
    })
    const stored = await publishInOrder(MESSAGES, sending)
    expect(MESSAGES.filter((_, i) => stored[i] === 'before')).toEqual([1, 2, 7])
    expect(stored).not.toContain('not')
  })

  it('are not sent again where the server will never store one, nor where an end is asked for', async () => {
    const never = new Error('too large')
    const refusing = sendingBy(async (message) => {
      if (message === 3) throw never
      return { duplicate: false }
    })
    await expect(publishInOrder(MESSAGES, refusing.sending)).rejects.toBe(never)
    const ending = new AbortController()
    let calls = 0
    const { sending } = sendingBy(
      async (message) => {
        calls++
        if (message < 3) return { duplicate: false }
        ending.abort()
        throw away
      },
      { stop: ending.signal },
    )
    const stored = await publishInOrder(MESSAGES, sending)
    expect(stored).toEqual(MESSAGES.map((message) => (message < 3 ? 'now' : 'not')))
    expect(calls).toBe(12)
  })
})
