import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, nkeyAuthenticator, nkeys } from '@nats-io/transport-node'
import { brokerOf } from '@vigil/broker'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collections, openScene } from './shared-run.fixture.ts'
import { encodeFrame } from './wire/frame.ts'
import { helloSubject, inboxOf, subjectOf } from './wire/messages.ts'

let folder: string
const at = (name: string) => join(folder, name)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-secured-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const flagsOf = (flags: Record<string, string>) => new Map(Object.entries(flags))

/** A certificate for the loopback that signs itself. */
function certify(name: string): { cert: string; key: string } {
  const [cert, key] = [at(`${name}.pem`), at(`${name}.key`)]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  const { status, stderr } = spawnSync('openssl', [...words, ...names, '-keyout', key, '-out', cert], {
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  return { cert, key }
}

describe.skipIf(whyNoBroker !== null)(`a secured broker (${whyNoBroker ?? 'nats-server'})`, () => {
  it('by TLS takes whoever knows its certificate and has one that it knows, and nobody else', async () => {
    const [server, client, stranger] = ['server', 'client', 'stranger'].map(certify)
    const words = ['--tlsverify', '--tlscert', server.cert, '--tlskey', server.key, '--tlscacert', client.cert]
    await using broker = await startBroker(words)
    await using scene = await openScene()
    const address = `tls://127.0.0.1:${broker.port}`
    const by = (files: { cert: string; key: string }, ca: string) =>
      brokerOf(flagsOf({ 'tls-ca': ca, 'tls-cert': files.cert, 'tls-key': files.key }), { address, flag: 'server' })
    const known = await by(client, server.cert)
    const { team } = await scene.shared(known)
    scene.host(known, 'host')
    expect(await collections(team, [0])).toEqual(await collections(await scene.local(), [0]))
    const refusal = expect.objectContaining({ code: 'BROKER' })
    await expect(scene.shared(await by(client, stranger.cert))).rejects.toEqual(refusal)
    await expect(scene.shared(await by(stranger, server.cert))).rejects.toEqual(refusal)
    await expect(scene.shared(broker.broker)).rejects.toEqual(refusal)
  })

  it('by nkeys binds the name of a host to its key', async () => {
    const [learner, host] = [nkeys.createUser(), nkeys.createUser()]
    const file = at('nats.conf')
    writeFileSync(
      file,
      `authorization { users = [
        { nkey: ${learner.getPublicKey()} }
        { nkey: ${host.getPublicKey()}, permissions: {
            publish: ["vigil.1.hello.rack-7", "vigil.1.*.rack-7.>"], subscribe: ["_INBOX.rack-7.>", "vigil.1.*.policy"] } }
      ] }`,
    )
    await using broker = await startBroker(['-c', file])
    await using scene = await openScene()
    const by = async (name: string, key: typeof host) => {
      writeFileSync(at(name), `${new TextDecoder().decode(key.getSeed())}\n`)
      const { address } = broker.broker
      return await brokerOf(flagsOf({ 'nkey-file': at(name) }), { address, flag: 'server' })
    }
    const { team } = await scene.shared(await by('learner.nk', learner))
    const { lines } = scene.host(await by('host.nk', host), 'rack-7')
    expect(await collections(team, [0])).toEqual(await collections(await scene.local(), [0]))
    await expect(scene.host(await by('nobody.nk', nkeys.createUser()), 'rack-7').ended).rejects.toThrow(/Authorization/)

    const run = /run ([0-9a-f]{12})/.exec(lines.join('\n'))![1]
    const authenticator = nkeyAuthenticator(host.getSeed())
    const servers = broker.broker.address.slice('nats://'.length)
    const connection = await connect({ servers, authenticator, inboxPrefix: inboxOf('rack-7') })
    const asAnother = connection.request(subjectOf(run, 'rack-8', 'lease'), encodeFrame({}), { timeout: 2000 })
    await expect(asAnother).rejects.toThrow(/permission|timeout/i)
    const byAnotherName = connection.request(helloSubject('rack-8'), encodeFrame({}), { timeout: 2000 })
    await expect(byAnotherName).rejects.toThrow(/permission|timeout/i)
    for (const inbox of ['_INBOX.>', '_INBOX.*.>', `${inboxOf('rack-8')}.>`]) {
      const heard = new Promise((resolve) => connection.subscribe(inbox, { callback: resolve }))
      expect(await heard).toMatchObject({ message: expect.stringMatching(/permission/i) })
    }
    await connection.close()
  })

  it.each([
    ['an address of another kind', 'http://127.0.0.1:4222', {}, /must be nats:\/\/HOST:PORT/],
    ['certificates without TLS', 'nats://127.0.0.1:4222', { 'tls-ca': 'x.pem' }, /Give --server=tls|give --server=tls/],
    ['a file of a token that is not there', 'nats://127.0.0.1:4222', { 'token-file': 'none' }, /none cannot be read/],
  ])('cannot be told by %s', async (_, address, flags, message) => {
    const broker = brokerOf(flagsOf(flags as Record<string, string>), { address, flag: 'server' })
    await expect(broker).rejects.toThrow(message)
  })
})
