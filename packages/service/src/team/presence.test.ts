import { expect, it } from 'vitest'
import { createPresence } from './presence.ts'

const settings = (epoch: number) => ({ domain: { run: 'ab'.repeat(32), epoch, batch: 0 }, agentCount: 4 })
const ballots = (...agents: number[]) => agents.map((agent) => ({ agent }))

it('agents are away whose ballots were missing, and of which nothing has come since', () => {
  const presence = createPresence()
  expect([...presence.awayIn(settings(0))]).toEqual([])
  presence.settle(settings(0), ballots(0, 1))
  presence.hear(2)
  expect([...presence.awayIn(settings(0))]).toEqual([3])
  presence.settle(settings(0), ballots(0, 1))
  expect([...presence.awayIn(settings(0))]).toEqual([2, 3])
  presence.settle(settings(0), ballots(0, 1, 3))
  expect([...presence.awayIn(settings(0))]).toEqual([2])
})

it('in another epoch agents are others', () => {
  const presence = createPresence()
  presence.settle(settings(0), ballots(0, 1, 2))
  expect([...presence.awayIn(settings(1))]).toEqual([])
})
