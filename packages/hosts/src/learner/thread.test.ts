import type { ShardCollection } from '@vigil/actors'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { describe, expect, it } from 'vitest'
import { openScene } from '../shared-run.fixture.ts'
import { startThread } from './thread.ts'

describe.skipIf(whyNoBroker !== null)(`the thread of an exchange (${whyNoBroker ?? 'nats-server'})`, () => {
  it('can be closed when it has died', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { pool } = await scene.local()
    const { dense, categorical } = pool
    const settings = { ...pool.settings, dataset: { ...pool.settings.dataset, dense, categorical } }
    const sharing = { run: 'run', broker: broker.broker, family: null, learnerCollects: false, slots: 1 }
    const thread = await startThread({ ...sharing, settings, audit: { key: 1, share: 0 } }, () => undefined)
    const collection = {} as ShardCollection
    const broken = { collection, round: 1, policyVersion: 0, policy: new Uint8Array(1), states: null as never }
    await expect(thread.collect(broken)).rejects.toMatchObject({ code: 'EXCHANGE' })
    // The thread ends behind its error.
    const reason = () => thread.collect(broken).catch(({ message }: Error) => message)
    await expect.poll(reason, { timeout: 10_000 }).toMatch(/has ended/)
    await thread.close()
  })
})
