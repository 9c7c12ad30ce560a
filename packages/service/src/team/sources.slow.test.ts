/** A team of processes between two subjects of JetStream, whose enforcer and server are killed: counted by key nothing is lost, nothing twice. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, type TestBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processTeam, type Running } from './processes.fixture.ts'
import { checkTeam } from './team-check.oracle.ts'

if (whyNoBroker !== null) console.warn(`Tests with JetStream are skipped: ${whyNoBroker}.`)

describe.skipIf(whyNoBroker !== null)('a team whose events and decisions are on subjects', () => {
  let team: Awaited<ReturnType<typeof processTeam>>
  let server: TestBroker
  let connection: NatsConnection
  let manager: JetStreamManager
  const running: Running[] = []
  beforeAll(async () => {
    team = await processTeam({ viewMs: 60_000, batch: 16 })
    mkdirSync(team.file('jetstream'))
    server = await startBroker(['-js', '-sd', team.file('jetstream')])
    connection = await openBroker(server.broker, { name: 'test', note: () => undefined })
    manager = await jetstreamManager(connection)
    await manager.streams.add({ name: 'EVENTS', subjects: ['events'] })
    await manager.streams.add({ name: 'DECISIONS', subjects: ['decisions'] })
    for (let agent = 0; agent < team.agentCount; agent++) running.push(team.agent(agent))
  })
  afterAll(async () => {
    for (const { process } of running) process.kill('SIGKILL')
    await Promise.all(running.map(({ ended }) => ended))
    await closeBroker(connection)
    await server.kill()
    team.remove()
  })

  const begin = (): Running => {
    const source = [`--source=${server.broker.address}`, '--subject=events', '--durable=team', '--ack-seconds=1']
    const enforcer = team.enforcer('', ...source, '--publish=decisions', '--deadline-ms=120000', '--wait-ms=5')
    running.push(enforcer)
    return enforcer
  }
  const stored = async () => (await manager.streams.info('DECISIONS')).state.messages
  const published = (): number => {
    const file = team.file('out/published.json')
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { rows: number }).rows : 0
  }
  /** Every fourth event has no id of its own: it is named by its number in the stream. */
  const eventsOf = (lines: readonly string[]) =>
    lines.map((line, i) => (i % 4 === 3 ? line.replace(/"id":"[^"]*",/, '') : line))

  it('decides on every event and publishes every decision once, through SIGKILL of the enforcer and of the server', async () => {
    const events = eventsOf(team.lines(2))
    const send = async (from: number, to: number) => {
      const client = jetstream(connection)
      await Promise.all(events.slice(from, to).map(async (line) => await client.publish('events', line)))
    }
    // More than the batches that may be without an answer: the enforcer is killed with events that it has stored and not acknowledged.
    await send(0, 280)
    let enforcer = begin()
    let isHit = false
    for (const part of [0, 1]) {
      // Killed while decisions are on the server of which it has not kept that they are.
      for await (const _ of connection.subscribe('decisions', { max: 1 })) enforcer.process.kill('SIGKILL')
      await enforcer.ended
      if ((await stored()) > published()) isHit = true
      await send(280 + 40 * part, 320 + 40 * part)
      enforcer = begin()
    }
    // Else this test would not see what it is about.
    expect(isHit).toBe(true)
    await expect.poll(stored, { timeout: 60_000, interval: 100 }).toBe(360)
    // Killed while decisions are under way to it, and has handed out events that are not acknowledged.
    const next = connection.subscribe('decisions', { max: 1 })
    await send(360, events.length)
    for await (const _ of next) {
      expect((await manager.consumers.info('EVENTS', 'team')).num_ack_pending).toBeGreaterThan(0)
      expect(await stored()).toBeLessThan(events.length)
      await server.kill()
    }
    await pause(1500)
    await server.start()
    await expect.poll(stored, { timeout: 60_000, interval: 200 }).toBe(events.length)
    await expect.poll(published, { timeout: 10_000 }).toBe(events.length)
    enforcer.process.kill('SIGTERM')
    expect([await enforcer.ended, enforcer.said()]).toEqual([143, expect.stringContaining('is back')])
    expect(enforcer.said()).toMatch(/^\d+ events that had come before$/m)

    const decisions = team.decisions()
    const { id } = JSON.parse(decisions[0]) as { id: string | number }
    expect(id).toBe('0-0')
    const byName = new Map(events.map((line, i) => [(JSON.parse(line) as { id?: string }).id ?? i + 1, line]))
    const names = decisions.map((line) => (JSON.parse(line) as { id: string | number }).id)
    expect(names.length).toBe(events.length)
    expect(new Set(names)).toEqual(new Set(byName.keys()))
    // What one process decides on the events in the order in which they were gathered.
    const wanted = await team.alone(names.map((name) => JSON.stringify({ ...JSON.parse(byName.get(name)!), id: name })))
    expect(decisions).toEqual(wanted)
    const honest = [0, 1, 2, 3]
    const found = await checkTeam(team.folder, { lines: decisions, wanted, honest, evidence: team.evidence() })
    expect(found).toMatchObject({ violations: [], late: 0, twice: 0 })

    const keys = new Map<string, string>()
    for (let sequence = 1; sequence <= events.length; sequence++) {
      const message = await manager.streams.getMessage('DECISIONS', { seq: sequence })
      keys.set(message!.header.get('Nats-Msg-Id'), message!.string())
    }
    const [first] = [...keys.keys()]
    const manifest = first.split(':')[0]
    expect(manifest).toMatch(/^[0-9a-f]{64}$/)
    // In their order, too.
    expect([...keys]).toEqual(decisions.map((line, row) => [`${manifest}:${row + 1}`, line]))
    expect((await manager.consumers.info('EVENTS', 'team')).num_ack_pending).toBe(0)
  })
})
