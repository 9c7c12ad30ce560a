import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createTaskLine } from './task-line.ts'

describe('a line of tasks', () => {
  it('takes so many of a name while they wait, and as many again when they have begun', async () => {
    const line = createTaskLine()
    const done: string[] = []
    const add = (name: string, most: number) => line.addWithin(name, most, async () => void done.push(name))
    for (let i = 0; i < 5; i++) add('two', 2)
    add('one', 1)
    await line.ended()
    expect(done).toEqual(['two', 'two', 'one'])
    add('two', 2)
    await line.ended()
    expect(done.at(-1)).toBe('two')
  })

  it('keeps no name of which none waits, however many there were', async () => {
    const put = vi.spyOn(Map.prototype, 'set')
    onTestFinished(() => put.mockRestore())
    const line = createTaskLine()
    for (let batch = 0; batch < 1000; batch++) {
      for (let i = 0; i < 3; i++) line.addWithin(`0 3 committed ${batch}`, 2, async () => undefined)
      if (batch % 10 === 9) await line.ended()
    }
    await line.ended()
    const isName = (_: unknown, call: number) => String(put.mock.calls[call][0]).startsWith('0 3 committed')
    const names = new Set(put.mock.contexts.filter(isName) as Map<string, number>[])
    expect([...names].map(({ size }) => size)).toEqual([0])
  })
})
