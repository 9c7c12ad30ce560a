import { setTimeout as pause } from 'node:timers/promises'
import { createShardCheck } from '@vigil/actors'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { describe, expect, it } from 'vitest'
import { withTrajectory, workByHand } from './hand-made-host.fixture.ts'
import { collections, openScene } from './shared-run.fixture.ts'

const VERSIONS = [0, 1, 2]

describe.skipIf(whyNoBroker !== null)(`hosts on which nobody can rely (${whyNoBroker ?? 'nats-server'})`, () => {
  it('come and go in the middle of a run, and the bytes are the same', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker)
    const first = scene.host(broker.broker, 'first')
    const before = await collections(team, [0])
    await first.stop()
    const second = scene.host(broker.broker, 'second')
    expect([...before, ...(await collections(team, [1, 2]))]).toEqual(await collections(await scene.local(), VERSIONS))
    expect(notes).toContain('host first has left')
    expect(second.lines.join('\n')).toMatch(/collecting for run/)
  })

  it('lose the broker, which comes back without a memory, and go on', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker)
    const host = scene.host(broker.broker, 'host')
    const before = await collections(team, [0])
    await broker.kill()
    const after = collections(team, [1, 2])
    await pause(300)
    await broker.start()
    expect([...before, ...(await after)]).toEqual(await collections(await scene.local(), VERSIONS))
    expect(notes.some((note) => /is away/.test(note))).toBe(true)
    expect(host.lines.some((line) => /is away/.test(line))).toBe(true)
  })

  it('are not needed: without any, and without a broker after the start, the learner collects alone', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team } = await scene.shared(broker.broker, undefined, { learnerCollects: true })
    await broker.kill()
    expect(await collections(team, VERSIONS)).toEqual(await collections(await scene.local(), VERSIONS))
  })

  it('say everything twice, and each answer counts once', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team } = await scene.shared(broker.broker)
    const { receipts } = await workByHand(broker.broker, 'echo', { copies: 2 })
    expect(await collections(team, VERSIONS)).toEqual(await collections(await scene.local(), VERSIONS))
    expect(receipts.filter((kind) => kind === 'late').length).toBeGreaterThanOrEqual(VERSIONS.length)
    expect(receipts).not.toContain('refused')
  })

  it('lie about one reward of an audited shard: the liar is named with the evidence, and nothing of its enters', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker, undefined, { audit: 1 })
    const expected = createShardCheck(team.pool.settings).expected
    const { ended } = await workByHand(broker.broker, 'liar', {
      alter: (rollout, { round, shard }) =>
        round === 2 && shard === 3
          ? withTrajectory(rollout, expected, ({ rewards }) => {
              rewards[17] += 0.5
            })
          : rollout,
    })
    const honest = collections(await scene.local(), VERSIONS)
    const first = await collections(team, [0])
    const [host] = [scene.host(broker.broker, 'honest')]
    expect([...first, ...(await collections(team, [1, 2]))]).toEqual(await honest)
    const truth = (await honest)[1][3].rewards[17]
    expect(notes.find((note) => /banned/.test(note))).toMatch(
      new RegExp(
        `^host liar is banned: in shard 3 of collection 2, computed with policy 1, rewards\\[17\\] is ${truth + 0.5}, but must be ${truth} \\(SHA-256 [0-9a-f]{64}, but [0-9a-f]{64}\\)`,
      ),
    )
    expect(await ended).toMatch(/rewards\[17\]/)
    expect(host.lines.join('\n')).not.toMatch(/refuse/)
  })

  it('have other labels: the canary comes out otherwise, both ends say so, and nothing of theirs enters', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker)
    const { ended, receipts } = await workByHand(broker.broker, 'elsewhere', {
      swap: (dataset) => ({ ...dataset, labels: dataset.labels.map((label) => 1 - label) }),
    })
    const collected = collections(team, VERSIONS)
    const reason = /the canary shard came out with other bits there: SHA-256 [0-9a-f]{64}, but [0-9a-f]{64} here/
    expect(await ended).toMatch(reason)
    expect(receipts).toEqual(['refused'])
    scene.host(broker.broker, 'honest')
    expect(await collected).toEqual(await collections(await scene.local(), VERSIONS))
    expect(notes.find((note) => /host elsewhere: refused/.test(note))).toMatch(reason)
  })

  it('are all away while the learner may not collect: it says what it waits for', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker)
    const collected = collections(team, [0])
    await expect.poll(() => notes, { timeout: 20_000 }).toContainEqual(expect.stringMatching(/waits for one/))
    scene.host(broker.broker, 'at-last')
    expect(await collected).toHaveLength(1)
  })
})
