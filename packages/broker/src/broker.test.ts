import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { startBroker, whyNoBroker } from './broker.fixture.ts'
import { awaitBroker, brokerOf, closeBroker, openBroker } from './broker.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-broker-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileWith = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const brokerBy = (address: string, flags: Readonly<Record<string, string>> = {}) =>
  brokerOf(new Map(Object.entries(flags)), { address, flag: 'server' })

describe('brokerOf', () => {
  it.each(['nats://10.0.0.5:4222', 'nats://localhost', 'tls://broker.example:4443', 'nats://[::1]:4222'])(
    'takes %s',
    async (address) => {
      expect(await brokerBy(address)).toEqual({ address })
    },
  )

  it.each([
    'http://10.0.0.5:4222',
    '10.0.0.5:4222',
    'nats://',
    'nats://user:secret@host:4222',
    'nats://host:4222/path',
    'nats://host:123456',
    'nats://a b',
  ])('refuses %s, and does not repeat it', async (address) => {
    const error = expect.objectContaining({ code: 'BROKER_ADDRESS', message: expect.not.stringContaining('secret') })
    await expect(brokerBy(address)).rejects.toEqual(error)
  })

  it('reads secrets from files, their first line alone', async () => {
    const flags = { 'token-file': fileWith('token', '  t0ken\nsecond\n'), 'nkey-file': fileWith('nkey', 'SUA\n') }
    expect(await brokerBy('nats://host', flags)).toEqual({ address: 'nats://host', token: 't0ken', nkeySeed: 'SUA' })
  })

  it.each([
    ['empty', fileWith('empty', ' \n'), /--token-file is empty/],
    ['not there', join(folder, 'nowhere'), /--token-file cannot be read/],
  ])('refuses a file of a token that is %s', async (_, file, message) => {
    await expect(brokerBy('nats://host', { 'token-file': file })).rejects.toMatchObject({
      code: 'BROKER_ADDRESS',
      message,
    })
  })

  it('takes certificates with TLS alone', async () => {
    const flags = { 'tls-ca': 'ca.pem', 'tls-cert': 'own.pem', 'tls-key': 'own.key' }
    const paths = { ca: 'ca.pem', certificate: 'own.pem', key: 'own.key' }
    expect(await brokerBy('tls://host', flags)).toEqual({ address: 'tls://host', ...paths })
    await expect(brokerBy('nats://host', flags)).rejects.toMatchObject({ message: /--server=tls:\/\/host/ })
  })
})

describe('openBroker', () => {
  it('says which server does not answer', async () => {
    const opened = openBroker({ address: 'nats://127.0.0.1:1' }, { name: 'test', note: () => undefined })
    await expect(opened).rejects.toMatchObject({ code: 'BROKER', message: /nats:\/\/127\.0\.0\.1:1/ })
  })

  it.skipIf(whyNoBroker !== null)(
    `tells a client without the token what is asked for (${whyNoBroker ?? 'nats-server'})`,
    async () => {
      await using server = await startBroker(['--auth', 't0ken'])
      const options = { name: 'test', note: () => undefined }
      await expect(openBroker(server.broker, options)).rejects.toMatchObject({
        code: 'BROKER',
        message: /--token-file/,
      })
      await closeBroker(await openBroker({ ...server.broker, token: 't0ken' }, options))
    },
  )

  it.skipIf(whyNoBroker !== null)(
    `waits for a server that is away, tells of that once, and not for one that refuses (${whyNoBroker ?? 'nats-server'})`,
    async () => {
      await using server = await startBroker(['--auth', 't0ken'])
      await server.kill()
      const notes: string[] = []
      const options = { name: 'test', note: (text: string) => void notes.push(text) }
      const ending = new AbortController()
      const waiting = awaitBroker(server.broker, { ...options, stop: ending.signal })
      const opening = awaitBroker(
        { ...server.broker, token: 't0ken' },
        { ...options, stop: new AbortController().signal },
      )
      await vi.waitFor(() => expect(notes).toHaveLength(2), { timeout: 20_000 })
      ending.abort()
      expect(await waiting).toBeNull()
      await server.start()
      await closeBroker((await opening)!)
      expect(notes).toEqual([1, 2].map(() => expect.stringMatching(/It is tried again until it answers\.$/)))
      const refused = awaitBroker(server.broker, { ...options, stop: new AbortController().signal })
      await expect(refused).rejects.toMatchObject({ code: 'BROKER', message: /--token-file/ })
    },
  )

  it.skipIf(whyNoBroker !== null)(
    `connects again after a crash of the server, and notes both (${whyNoBroker ?? 'nats-server'})`,
    async () => {
      await using server = await startBroker()
      const notes: string[] = []
      const connection = await openBroker(server.broker, { name: 'test', note: (text) => notes.push(text) })
      const noted = (...texts: readonly RegExp[]) =>
        vi.waitFor(() => expect(notes).toEqual(texts.map((text) => expect.stringMatching(text))), { timeout: 60_000 })
      await server.kill()
      await noted(/is away/)
      await server.start()
      await noted(/is away/, /is back/)
      await connection.flush()
      await closeBroker(connection)
    },
  )
})
