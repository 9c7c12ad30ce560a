import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { nkeys } from '@nats-io/transport-node'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { expect, it, onTestFinished } from 'vitest'
import { jetstreamPublisher } from './jetstream-decisions.ts'

const needs = whyNoBroker ?? 'nats-server'

it.skipIf(whyNoBroker !== null)(
  `credentials that do not let decisions be published, or their stream be asked for, are told and not tried again (${needs})`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-denied-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const members = [['>'], ['$JS.API.>'], ['decisions']].map((publish) => ({ publish, key: nkeys.createUser() }))
    const users = members.map(({ publish, key }) => ({
      ...{ nkey: key.getPublicKey(), permissions: { publish, subscribe: ['>'] } },
    }))
    const file = join(folder, 'nats.conf')
    writeFileSync(
      file,
      `jetstream { store_dir: ${JSON.stringify(folder)} }\nauthorization { users = ${JSON.stringify(users)} }`,
    )
    await using server = await startBroker(['-c', file])
    const [owner, teller, publisher] = await Promise.all(
      members.map(async ({ key }) => {
        const nkeySeed = new TextDecoder().decode(key.getSeed())
        return await openBroker({ ...server.broker, nkeySeed }, { name: 'test', note: () => undefined })
      }),
    )
    await (await jetstreamManager(owner)).streams.add({ name: 'DECISIONS', subjects: ['decisions'] })
    const notes: string[] = []
    const target = {
      subject: 'decisions',
      stop: AbortSignal.timeout(10_000),
      note: (text: string) => void notes.push(text),
    }
    const publish = await jetstreamPublisher({ ...target, connection: teller })
    const denied = (subject: string) => ({
      ...{ code: 'JETSTREAM_REFUSED', message: expect.stringMatching(`Publish to "${subject}".*Let the credentials`) },
    })
    await expect(publish([{ text: '{}', name: 'one', about: 1 }])).rejects.toMatchObject(denied('decisions'))
    await expect(jetstreamPublisher({ ...target, connection: publisher })).rejects.toMatchObject(
      denied('\\$JS\\.API\\.STREAM\\.NAMES'),
    )
    expect(notes).toEqual([])
    for (const connection of [owner, teller, publisher]) await closeBroker(connection)
  },
)
