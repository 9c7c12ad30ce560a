import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startBroker, whyNoBroker } from './broker.fixture.ts'
import { awaitBroker, closeBroker, openBroker } from './broker.ts'
import { brokerOf } from './broker-flags.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigil-broker-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileWith = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const seed = new TextDecoder().decode(nkeys.createUser().getSeed())

/** A certificate that signs itself, and its key. */
function certificateFor(name: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const own = ['-subj', '/CN=server', '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', certificate]
  execFileSync('openssl', [...words, ...own], { stdio: 'ignore' })
  return { certificate, key }
}
const [BY_NUMBER, BY_NAME] = ['IP:127.0.0.1', 'DNS:localhost']
let byNumber: ReturnType<typeof certificateFor>
let byName: ReturnType<typeof certificateFor>
beforeAll(() => {
  ;[byNumber, byName] = [certificateFor(BY_NUMBER), certificateFor(BY_NAME)]
})

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
    'nats://host:65536',
    'nats://host:0',
    'nats://[1:2]:4222',
    'nats://a b',
  ])('refuses %s, and does not repeat it', async (address) => {
    const error = expect.objectContaining({ code: 'BROKER_ADDRESS', message: expect.not.stringContaining('secret') })
    await expect(brokerBy(address)).rejects.toEqual(error)
  })

  it('reads secrets from files, their first line alone', async () => {
    const flags = { 'token-file': fileWith('token', '  t0ken\nsecond\n'), 'nkey-file': fileWith('nkey', `${seed}\r\n`) }
    expect(await brokerBy('nats://host', flags)).toEqual({ address: 'nats://host', token: 't0ken', nkeySeed: seed })
  })

  it.each([
    ['empty', fileWith('empty', ' \n'), /--token-file cannot be used: .*empty is empty\. Give a file/],
    ['not there', join(folder, 'nowhere'), /--token-file .*nowhere cannot be read: .*ENOENT\)\. Name one/],
  ])('refuses a file of a token that is %s', async (_, file, message) => {
    await expect(brokerBy('nats://host', { 'token-file': file })).rejects.toMatchObject({
      code: 'BROKER_ADDRESS',
      message,
    })
  })

  it.each([
    ['the public key', nkeys.createUser().getPublicKey()],
    ['a seed with a letter too few', seed.slice(0, -1)],
    ['the seed of an account', new TextDecoder().decode(nkeys.createAccount().getSeed())],
  ])('refuses %s in the place of a seed, and does not repeat it', async (_, text) => {
    const opened = brokerBy('nats://host', { 'nkey-file': fileWith('seed', text) })
    const message = expect.stringMatching(/--nkey-file cannot be used: .*Make one with "nk -gen user" or/)
    await expect(opened).rejects.toMatchObject({ code: 'BROKER_ADDRESS', message })
    await expect(opened).rejects.not.toMatchObject({ message: expect.stringContaining(text) })
  })

  it('takes certificates with TLS alone', async () => {
    const paths = { ca: byName.certificate, certificate: byNumber.certificate, key: byNumber.key }
    const flags = { 'tls-ca': paths.ca, 'tls-cert': paths.certificate, 'tls-key': paths.key }
    expect(await brokerBy('tls://host', flags)).toEqual({ address: 'tls://host', ...paths })
    await expect(brokerBy('nats://host', flags)).rejects.toMatchObject({ message: /--server=tls:\/\/host/ })
  })

  it('refuses certificates by which nobody connects before it asks anybody', async () => {
    const refused = async (flags: Record<string, string>) =>
      await brokerBy('tls://host', flags).then(
        () => 'taken',
        ({ code, message }) => `${code} ${message}`,
      )
    const junk = fileWith('junk', 'no PEM')
    expect([
      await refused({ 'tls-ca': join(folder, 'nowhere') }),
      await refused({ 'tls-ca': junk }),
      await refused({ 'tls-cert': byName.certificate }),
      await refused({ 'tls-key': byName.key }),
      await refused({ 'tls-cert': byName.certificate, 'tls-key': byNumber.key }),
    ]).toEqual([
      expect.stringMatching(/^BROKER_ADDRESS --tls-ca .*nowhere cannot be read.*Name one that is there\.$/),
      expect.stringMatching(/^BROKER_ADDRESS --tls-ca .*junk is no certificate in PEM .*Give one that is\.$/),
      expect.stringMatching(/^BROKER_ADDRESS --tls-cert .*Give --tls-key, too\.$/),
      expect.stringMatching(/^BROKER_ADDRESS --tls-key .*Give --tls-cert, too\.$/),
      expect.stringMatching(/^BROKER_ADDRESS --tls-cert .* is no certificate in PEM with its key/),
    ])
  })
})

describe('openBroker', () => {
  it('says which server does not answer', async () => {
    const opened = openBroker({ address: 'nats://127.0.0.1:1' }, { name: 'test', note: () => undefined })
    const message = /nats:\/\/127\.0\.0\.1:1: connection refused\. Nobody listens there: start the server/
    await expect(opened).rejects.toMatchObject({ code: 'BROKER', message })
  })

  it('says that what listens there is no NATS server', async () => {
    const other = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const opened = openBroker({ address: `nats://127.0.0.1:${port}` }, { name: 'test', note: () => undefined })
    await expect(opened).rejects.toMatchObject({ code: 'BROKER', message: /Give the port at which a NATS server/ })
    other.close()
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
    `tells which credentials the server does not know, by the flags of the command (${whyNoBroker ?? 'nats-server'})`,
    async () => {
      await using server = await startBroker(['--auth', 't0ken'])
      const saidTo = async (credentials: object) =>
        await openBroker({ ...server.broker, ...credentials }, { name: 'test', note: () => undefined }).catch(
          ({ message }) => message.split('. ')[1],
        )
      expect([
        await saidTo({ token: 'other' }),
        await saidTo({ nkeySeed: seed, prefix: 'sink-' }),
        await saidTo({ prefix: 'sink-' }),
      ]).toEqual([
        expect.stringMatching(/another token than that of --token-file/),
        expect.stringMatching(/does not know the nkey of --sink-nkey-file/),
        expect.stringMatching(/give --sink-token-file or --sink-nkey-file/),
      ])
    },
  )

  it.skipIf(whyNoBroker !== null)(
    `by tls:// has the certificate name the address that was given, and points to it from nats:// (${whyNoBroker ?? 'nats-server'})`,
    async () => {
      const opened = async ({ certificate, key }: typeof byName, host: string, ca?: string) => {
        await using server = await startBroker(['--tls', '--tlscert', certificate, '--tlskey', key])
        const broker = { address: `${host}:${server.port}`, ...(ca !== undefined && { ca }) }
        return await openBroker(broker, { name: 'test', note: () => undefined }).then(
          async (connection) => await closeBroker(connection),
          ({ message }) => message,
        )
      }
      expect(await opened(byNumber, 'tls://127.0.0.1', byNumber.certificate)).toBe(undefined)
      expect(await opened(byName, 'tls://localhost', byName.certificate)).toBe(undefined)
      expect([
        await opened(byName, 'tls://127.0.0.1', byName.certificate),
        await opened(byNumber, 'tls://127.0.0.1', byName.certificate),
        await opened(byNumber, 'nats://127.0.0.1'),
      ]).toEqual([
        expect.stringMatching(/Give the server by a name that its certificate has/),
        expect.stringMatching(/give the one that has signed it, tls:.* with --tls-ca=FILE/),
        expect.stringMatching(/give the one that has signed it, tls:.* with --tls-ca=FILE/),
      ])
    },
  )

  it.skipIf(whyNoBroker !== null)(
    `tells once that a server that is back does not take the token any more (${whyNoBroker ?? 'nats-server'})`,
    async () => {
      await using server = await startBroker(['--auth', 't0ken'])
      const notes: string[] = []
      const broker = { ...server.broker, token: 't0ken' }
      const connection = await openBroker(broker, { name: 'test', note: (text) => notes.push(text) })
      await server.kill()
      await server.start(['--auth', 'other'])
      await vi.waitFor(() => expect(notes.length).toBeGreaterThan(1), { timeout: 60_000 })
      await server.kill()
      await server.start()
      await vi.waitFor(() => expect(notes.at(-1)).toMatch(/is back/), { timeout: 60_000 })
      expect(notes).toEqual(
        [/is away/, /another token.*It is tried again\.$/, /is back/].map((text) => expect.stringMatching(text)),
      )
      await closeBroker(connection)
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
