import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGatherer } from './gatherer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function gathering({ apart = false } = {}) {
  const batches: number[][] = []
  const state = { isIdle: true }
  const gatherer = createGatherer({
    ...{ batchRows: 3, waitMs: 20, waitMsMax: 500, apart },
    isIdle: () => state.isIdle,
    onBatch: ({ events }) => batches.push(events.map((text) => JSON.parse(text)[0])),
    clock: () => Date.now(),
  })
  const add = (id: number, stream: string | null = null) => gatherer.add(`[${id},{}]`, { stream, line: id, taken: [] })
  return { batches, state, gatherer, add }
}

describe('events are gathered', () => {
  it('by number, at once', () => {
    const { batches, add } = gathering()
    for (const id of [1, 2, 3, 4]) add(id)
    expect(batches).toEqual([[1, 2, 3]])
  })

  it('by time, where the team has nothing to do', () => {
    const { batches, add } = gathering()
    add(1)
    vi.advanceTimersByTime(19)
    expect(batches).toEqual([])
    add(2)
    vi.advanceTimersByTime(1)
    expect(batches).toEqual([[1, 2]])
  })

  it('into larger batches where the team is busy, until it is not', () => {
    const { batches, state, gatherer, add } = gathering()
    state.isIdle = false
    add(1)
    vi.advanceTimersByTime(100)
    add(2)
    gatherer.onIdle()
    expect(batches).toEqual([[1, 2]])
    add(3)
    gatherer.onIdle()
    // This one has not waited for others yet.
    expect(batches).toEqual([[1, 2]])
  })

  it('after a while also where the team is away', () => {
    const { batches, state, add } = gathering()
    state.isIdle = false
    add(1)
    vi.advanceTimersByTime(499)
    expect(batches).toEqual([])
    vi.advanceTimersByTime(1)
    expect(batches).toEqual([[1]])
    add(2)
    vi.advanceTimersByTime(499)
    expect(batches).toEqual([[1]])
  })

  it('with no two of a stream where agents see what was decided before, and any number of nobody', () => {
    const { batches, gatherer, add } = gathering({ apart: true })
    add(1, 'a')
    add(2, 'b')
    add(3, 'a')
    add(4)
    add(5)
    gatherer.flush()
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ])
  })
})
