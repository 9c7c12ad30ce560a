/** A team of processes whose decisions nobody takes: nobody who is away holds it up, and what is not taken is told of and comes later. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { jetstreamManager } from '@nats-io/jetstream'
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterEach, expect, it } from 'vitest'
import { processTeam, type Running } from './processes.fixture.ts'

const running: Running[] = []
let remove: () => void = () => undefined
afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  remove()
})

it.skipIf(whyNoBroker !== null)(
  'decides while stdout is not read and the server of its decisions is away, tells what they lack, and publishes all in order later',
  async () => {
    const team = await processTeam({ viewMs: 60_000, batch: 16 })
    remove = team.remove
    for (let agent = 0; agent < team.agentCount; agent++) running.push(team.agent(agent))
    mkdirSync(team.file('jetstream'))
    await using server = await startBroker(['-js', '-sd', team.file('jetstream'), '--auth', 't0ken'])
    await server.kill()
    // Within an envelope they are more than a pipe takes.
    const events = team.lines(2)
    team.write('live.jsonl', events.map((line) => `${line}\n`).join(''))
    for (const token of ['t0ken', 'wrong']) writeFileSync(team.file(token), token)
    const begin = (token: string): Running => {
      const enforcer = team.enforcer(
        '',
        ...['--follow=live.jsonl', '--deadline-ms=120000', '--envelope=cloudevents', '--publish=decisions'],
        ...[`--sink=${server.broker.address}`, `--sink-token-file=${token}`],
      )
      running.push(enforcer)
      return enforcer
    }
    const alone = begin('t0ken')
    alone.process.stdout?.pause()
    await expect.poll(() => team.decisions().length, { timeout: 60_000, interval: 50 }).toBe(events.length)
    expect(alone.said()).toContain('It is tried again until it answers.')
    alone.process.kill('SIGTERM')
    await expect
      .poll(alone.said, { timeout: 20_000 })
      .toMatch(/^\d+ decisions not on stdout, or not whole: .*\n800 decisions not on the server of --publish yet: /m)
    alone.process.stdout?.resume()
    expect(await alone.ended).toBe(143)

    await server.start()
    const stranger = begin('wrong')
    expect([await stranger.ended, stranger.said()]).toEqual([1, expect.stringContaining('error BROKER: ')])

    const connection = await openBroker({ ...server.broker, token: 't0ken' }, { name: 'test', note: () => undefined })
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name: 'DECISIONS', subjects: ['decisions'] })
    const again = begin('t0ken')
    const stored = async () => (await manager.streams.info('DECISIONS')).state.messages
    await expect.poll(stored, { timeout: 20_000 }).toBe(events.length)
    again.process.kill('SIGTERM')
    expect(await again.ended).toBe(143)
    expect(again.said()).not.toContain('not on the server')
    const rows = await Promise.all(
      events.map(async (_, i) => {
        const message = await manager.streams.getMessage('DECISIONS', { seq: i + 1 })
        return Number(message?.header.get('Nats-Msg-Id').split(':')[1])
      }),
    )
    expect(rows).toEqual(events.map((_, i) => i + 1))
    await closeBroker(connection)
  },
)
