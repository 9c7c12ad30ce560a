import { randomBytes } from 'node:crypto'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { describe, expect, it } from 'vitest'
import { dial, greet, honestHello } from './hand-made-host.fixture.ts'
import { sharePool } from './learner/shared-pool.ts'
import { collections, openScene } from './shared-run.fixture.ts'
import { decodeFrame, encodeFrame } from './wire/frame.ts'
import { helloSubject, inboxOf, type Offer, receiptSchema, subjectOf, type Verb } from './wire/messages.ts'

describe.skipIf(whyNoBroker !== null)(`what may arrive at a learner (${whyNoBroker ?? 'nats-server'})`, () => {
  it('hosts of another build are refused with a reason, and the learner tells of whoever it can name', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { notes } = await scene.shared(broker.broker)
    const hello = await honestHello()
    const { build } = hello
    const reasons = []
    for (const [name, change] of [
      ['guest', { build: { ...build, rollout: 'f'.repeat(64) } }],
      ['guest', { build: { ...build, node: 'v22.0.0' } }],
      ['guest', { build: { ...build, policy: 'short' } }],
      ['guest!', {}],
    ] as const) {
      const connection = await dial(broker.broker, name)
      const answer = await greet(connection, name, { ...hello, ...change })
      reasons.push(answer.kind === 'refused' ? answer.reason : 'taken')
      await connection.close()
    }
    const known = [/module rollout.wasm is ffffffffffffffff... on the host/, /Node is v22.0.0 on the host/]
    const patterns = [...known, /build.policy/, /match pattern/]
    expect(reasons).toEqual(patterns.map((pattern) => expect.stringMatching(pattern)))
    expect(notes).toEqual(known.map((pattern) => expect.stringMatching(pattern)))
  })

  it('a host without the kernels of the run is refused, and told what would help', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { pool } = await scene.local()
    const shared = await sharePool(pool, 'neon', {
      ...{ broker: broker.broker, audit: 0, learnerCollects: true },
      note: () => undefined,
    })
    const connection = await dial(broker.broker, 'guest')
    const answer = await greet(connection, 'guest', { ...(await honestHello()), families: ['avx2'] })
    expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/"neon".*--engine=portable/) })
    await connection.close()
    await shared.close()
  })

  it('a wrong token is refused, at both ends', async () => {
    await using broker = await startBroker(['--auth', 'right'])
    await using scene = await openScene()
    const wrong = { ...broker.broker, token: 'wrong' }
    const refusal = expect.objectContaining({
      code: 'BROKER',
      message: expect.stringMatching(/Authorization.*--token-file/s),
    })
    await expect(scene.host(wrong, 'host').ended).rejects.toEqual(refusal)
    await expect(scene.shared(wrong)).rejects.toEqual(refusal)
    const right = { ...broker.broker, token: 'right' }
    const { team } = await scene.shared(right)
    scene.host(right, 'host')
    expect(await collections(team, [0])).toHaveLength(1)
  })

  it('messages that are none are refused one by one, their sender is banned, and nothing is lost', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker)
    const connection = await dial(broker.broker, 'noise')
    const stranger = await dial(broker.broker, 'stranger')
    const { run } = (await greet(connection, 'noise')) as Offer
    const send = async (verb: Verb, data: Uint8Array, host = 'noise', from = connection) => {
      const reply = await from.request(subjectOf(run, host, verb), data, { timeout: 5000 })
      return decodeFrame(reply.data, receiptSchema).header
    }
    expect(await send('lease', encodeFrame({}), 'stranger', stranger)).toMatchObject({
      reason: expect.stringMatching(/not asked for work/),
    })
    await expect(send('lease', encodeFrame({}), 'noise.more')).rejects.toThrow()
    await stranger.close()
    const result = { round: 0, shard: 0, sha256: '0'.repeat(64), bytes: 9, trajectoryBytes: 2 ** 31 - 1, at: 0 }
    expect(await send('result', encodeFrame(result, randomBytes(9)))).toEqual({ kind: 'late' })
    expect(await send('result', encodeFrame({ ...result, shard: -1 }))).toMatchObject({ kind: 'refused' })
    expect(await send('result', randomBytes(600_000))).toMatchObject({ kind: 'refused' })
    expect(await send('lease', encodeFrame({ more: 1 }))).toMatchObject({ kind: 'refused' })
    expect(await send('lease', encodeFrame({}))).toMatchObject({
      reason: expect.stringMatching(/too many of its messages are refused/),
    })
    expect(await greet(connection, 'noise')).toMatchObject({ reason: expect.stringMatching(/too many/) })
    expect(notes.join('\n')).toMatch(/host noise is banned: too many of its messages are refused/)
    // Of a run that is none, nobody listens.
    await expect(connection.request(subjectOf('ffffffffffff', 'noise', 'lease'), encodeFrame({}))).rejects.toThrow(
      /no responders/i,
    )
    await connection.close()
    scene.host(broker.broker, 'honest')
    expect(await collections(team, [0, 1])).toEqual(await collections(await scene.local(), [0, 1]))
  })

  it('a question whose answer would go to another host, by its subject or its inbox, is none, and that host goes on', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { team, notes } = await scene.shared(broker.broker)
    scene.host(broker.broker, 'victim')
    const before = await collections(team, [0])
    const connection = await dial(broker.broker, 'liar')
    const { run } = (await greet(connection, 'liar')) as Offer
    const heard: string[] = []
    const inbox = `${inboxOf('victim')}.forged`
    connection.subscribe(inbox, { callback: (_, { subject }) => void heard.push(subject) })
    for (const reply of [subjectOf(run, 'victim', 'parcel'), inbox]) {
      for (let i = 0; i < 8; i++) connection.publish(subjectOf(run, 'liar', 'parcel'), encodeFrame({}), { reply })
      connection.publish(helloSubject('liar'), encodeFrame({}), { reply })
    }
    await connection.flush()
    // What it asks for itself is answered behind all that.
    await greet(connection, 'liar')
    expect(heard).toEqual([])
    await connection.close()
    const after = await collections(team, [1, 2])
    expect([...before, ...after]).toEqual(await collections(await scene.local(), [0, 1, 2]))
    expect(notes.join('\n')).not.toMatch(/banned|victim: a message/)
  })

  it('a host that any run may have is refused by one learner, and works for another', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const connection = await dial(broker.broker, 'tuesday')
    connection.subscribe(helloSubject('*'), {
      callback: (_, message) => void message.respond(encodeFrame({ kind: 'refused', reason: 'it is Tuesday' })),
    })
    const { lines } = scene.host(broker.broker, 'host')
    const refusal = 'The learner refuses this host: it is Tuesday. It looks for another one.'
    await expect.poll(() => lines, { timeout: 10_000 }).toContain(refusal)
    const { team } = await scene.shared(broker.broker)
    expect(await collections(team, [0])).toEqual(await collections(await scene.local(), [0]))
    expect(lines.filter((line) => line === refusal)).toHaveLength(1)
    const faithful = scene.host(broker.broker, 'faithful', { run: 'another' })
    await expect(faithful.ended).rejects.toMatchObject({ code: 'REFUSED' })
    await connection.close()
  })

  it('a host that works for another run alone is told which run is there, as the learner is, and goes on waiting', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    const { notes } = await scene.shared(broker.broker)
    const { lines, stop } = scene.host(broker.broker, 'rack-7', { run: 'another' })
    const other = /^a learner of run [0-9a-f]{12} is there; this host waits for run another$/
    await expect.poll(() => lines, { timeout: 10_000 }).toContainEqual(expect.stringMatching(other))
    expect(notes).toEqual(['host rack-7 works for run another alone, which is not this one'])
    await stop()
    expect(lines.filter((line) => other.test(line))).toHaveLength(1)
  })

  it('a dataset that is larger than the host takes is refused by the host', async () => {
    await using broker = await startBroker()
    await using scene = await openScene()
    await scene.shared(broker.broker)
    const { ended } = scene.host(broker.broker, 'small', { datasetBytesMax: 1000 })
    await expect(ended).rejects.toThrow(/this host takes 1\. Raise --dataset-mib/)
  })
})
