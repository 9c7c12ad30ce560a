/** The command on a subject of JetStream, killed between a decision and its acknowledgement. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, type TestBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { writeBundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const COMMAND = join(ROOT, 'packages/service/src/cli/decide.ts')
const EVENTS = 1200

if (whyNoBroker !== null) console.warn(`Tests with JetStream are skipped: ${whyNoBroker}.`)

describe.skipIf(whyNoBroker !== null)('service:decide on a subject', () => {
  let folder: ReturnType<typeof eventsFolder>
  let server: TestBroker
  let connection: NatsConnection
  let manager: JetStreamManager
  let words: string[]
  beforeAll(async () => {
    folder = eventsFolder()
    const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [] })
    await team.close()
    const run = join(folder.path, 'run')
    mkdirSync(run)
    await writeBundle(run, team.bundle)
    server = await startBroker(['-js', '-sd', join(folder.path, 'jetstream')])
    connection = await openBroker(server.broker, { name: 'test', note: () => undefined })
    manager = await jetstreamManager(connection)
    await manager.streams.add({ name: 'EVENTS', subjects: ['events'] })
    await manager.streams.add({ name: 'DECISIONS', subjects: ['decisions'] })
    words = [
      ...[`--run=${run}`, `--source=${server.broker.address}`, '--subject=events', '--durable=team'],
      ...['--publish=decisions', '--ack-seconds=1'],
    ]
  })
  afterAll(async () => {
    await closeBroker(connection)
    await server.kill()
    folder.remove()
  })

  const stored = async () => (await manager.streams.info('DECISIONS')).state.messages
  const acknowledged = async () => (await manager.consumers.info('EVENTS', 'team')).ack_floor.stream_seq

  it('loses no event and decides on none twice, by its id, through SIGKILL and SIGTERM', async () => {
    const client = jetstream(connection)
    const publish = async (from: number, to: number) => {
      const ids = Array.from({ length: to - from }, (_, i) => from + i)
      await Promise.all(
        ids.map((id) =>
          client.publish('events', JSON.stringify({ id, ts: 1_700_000_000 + id, host: 'h1', bytes: id })),
        ),
      )
    }
    let isHit = false
    for (const part of [0, 1, 2]) {
      await publish((part * EVENTS) / 3, ((part + 1) * EVENTS) / 3)
      const child = spawn('node', [COMMAND, ...words], { cwd: ROOT, stdio: 'ignore' })
      const ended = once(child, 'exit')
      const subscription = connection.subscribe('decisions', { max: 1 })
      for await (const _ of subscription) child.kill('SIGKILL')
      await ended
      if ((await stored()) > (await acknowledged())) isHit = true
    }
    // Else this test would not see what it is about.
    expect(isHit).toBe(true)
    const last = spawn('node', [COMMAND, ...words], { cwd: ROOT, stdio: 'ignore' })
    const ended = once(last, 'exit')
    await expect.poll(acknowledged, { timeout: 40_000, interval: 100 }).toBe(EVENTS)
    last.kill('SIGTERM')
    expect((await ended)[0]).toBe(143)
    const ids: number[] = []
    for (let sequence = 1; sequence <= EVENTS; sequence++) {
      const message = await manager.streams.getMessage('DECISIONS', { seq: sequence })
      ids.push(message!.json<{ id: number }>().id)
    }
    expect(await stored()).toBe(EVENTS)
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from(ids, (_, id) => id))
  })
})
