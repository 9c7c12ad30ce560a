/** The network between a learner and its hosts is cut for half a minute, and comes back. */
import { setTimeout as pause } from 'node:timers/promises'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { describe, expect, it } from 'vitest'
import { collections, openScene } from './shared-run.fixture.ts'

const PARTITION_MS = 30_000
const VERSIONS = [0, 1, 2, 3, 4]

describe.skipIf(whyNoBroker !== null)(`a partition of 30 seconds (${whyNoBroker ?? 'nats-server'})`, () => {
  it.each([
    ['waits for hosts where they alone may collect', false],
    ['collects alone', true],
  ])('costs time and nothing else: the learner %s, and the bytes are the same', async (_, learnerCollects) => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker, undefined, { learnerCollects })
    for (const name of ['first', 'second']) scene.host(broker.broker, name)
    // With the first collection there is a canary, by which hosts show that they may collect.
    const before = await collections(team, [0])
    await expect.poll(() => notes.filter((note) => /collects with/.test(note)).length, { timeout: 60_000 }).toBe(2)
    // With answers of hosts the learner knows how long a shard takes.
    before.push(...(await collections(team, [1])))
    broker.freeze()
    let isOver = false
    const during = collections(team, [2, 3]).finally(() => {
      isOver = true
    })
    await pause(PARTITION_MS)
    expect(isOver).toBe(learnerCollects)
    broker.thaw()
    const all = [...before, ...(await during), ...(await collections(team, [4]))]
    expect(all).toEqual(await collections(await scene.local(), VERSIONS))
  })
})
