import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { describe, expect, it } from 'vitest'
import { BALANCED, collections, openScene, REMEMBERING, SMALL } from './shared-run.fixture.ts'

const VERSIONS = [0, 1, 2, 3]

describe.skipIf(whyNoBroker !== null)(`hosts that collect together (${whyNoBroker ?? 'nats-server'})`, () => {
  it.each([
    ['independent events', SMALL, 1],
    ['streams of a team that remembers', REMEMBERING, 2],
    ['a balanced sample', BALANCED, 4],
  ] as const)('%s: the bytes that one process collects, and the same states after it', async (_, settings, count) => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker, settings)
    const hosts = Array.from({ length: count }, (_, i) => scene.host(broker.broker, `host-${i}`))
    const alone = await scene.local(settings)
    expect(await collections(team, VERSIONS)).toEqual(await collections(alone, VERSIONS))
    expect(team.pool.saveShards()).toEqual(alone.pool.saveShards())
    expect(notes.some((note) => /^host host-\d collects with 1 actor/.test(note))).toBe(true)
    for (const { lines } of hosts) expect(lines.join('\n')).toMatch(/looking for a learner/)
  })
})
