import { describe, expect, it } from 'vitest'
import { createBacklog } from './backlog.ts'
import type { Frame } from './frames.ts'

const large: Frame = { kind: 'message', content: new Uint8Array(3 * 2 ** 20) }
const small: Frame = { kind: 'message', content: new Uint8Array(0) }

describe('a backlog', () => {
  it('makes a member wait that has sent too much, and nobody else, until there is room', async () => {
    const backlog = createBacklog()
    expect(backlog.add(1, large)).toBeUndefined()
    let hasRoom = false
    const wait = backlog.add(1, large)?.then(() => {
      hasRoom = true
    })
    expect(backlog.add(2, large)).toBeUndefined()
    backlog.remove(2, large)
    await Promise.resolve()
    expect(hasRoom).toBe(false)
    backlog.remove(1, large)
    await wait
    expect(hasRoom).toBe(true)
    expect(backlog.add(1, small)).toBeUndefined()
  })

  it('counts frames that hold nothing too', () => {
    const backlog = createBacklog()
    const waits = Array.from({ length: 20_000 }, () => backlog.add('enforcer', small))
    expect(waits[15_000]).toBeUndefined()
    expect(waits[17_000]).toBeInstanceOf(Promise)
  })
})
