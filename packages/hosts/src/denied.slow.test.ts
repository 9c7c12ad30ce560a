/** Credentials that let a learner or a host say or hear less than it must. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collections, openScene } from './shared-run.fixture.ts'

const VERSIONS = [0, 1]
const EVERYTHING = { publish: ['>'], subscribe: ['>'] }
/** As docs/hosts.md lists them for a host with the name rack-7. */
const HOST = {
  publish: ['vigil.1.hello.rack-7', 'vigil.1.*.rack-7.>'],
  subscribe: ['_INBOX.rack-7.>', 'vigil.1.*.policy'],
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-denied-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Permissions = typeof EVERYTHING

/** A server that lets a learner and a host do so much, and how each of them connects. */
async function serverFor({ learner, host }: { learner: Permissions; host: Permissions }) {
  const members = [learner, host].map((permissions) => ({ permissions, key: nkeys.createUser() }))
  const users = members.map(({ permissions, key }) => ({ nkey: key.getPublicKey(), permissions }))
  const file = join(folder, 'nats.conf')
  writeFileSync(file, `authorization { users = ${JSON.stringify(users)} }`)
  const server = await startBroker(['-c', file])
  const [asLearner, asHost] = members.map(({ key }) => ({
    ...server.broker,
    nkeySeed: new TextDecoder().decode(key.getSeed()),
  }))
  return { asLearner, asHost, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const denied = (message: RegExp) => expect.objectContaining({ code: 'BROKER', message: expect.stringMatching(message) })

describe.skipIf(whyNoBroker !== null)(`who may not (${whyNoBroker ?? 'nats-server'})`, () => {
  it('hear answers ends as a host with the reason, and the learner tells that it is not heard, and collects', async () => {
    const deaf = { ...HOST, subscribe: ['vigil.1.*.policy'] }
    await using server = await serverFor({ learner: EVERYTHING, host: deaf })
    await using scene = await openScene()
    const { team, notes } = await scene.shared(server.asLearner, undefined, { learnerCollects: true })
    const { ended } = scene.host(server.asHost, 'rack-7')
    await expect(ended).rejects.toEqual(denied(/this host.*Subscription to "_INBOX\.rack-7\..*docs\/hosts\.md/))
    const told =
      'host rack-7: does not hear what it is answered: it is gone, or its credentials do not let it subscribe to _INBOX.rack-7.>'
    await expect.poll(() => notes).toContain(told)
    expect(await collections(team, VERSIONS)).toEqual(await collections(await scene.local(), VERSIONS))
  })

  it.each([
    ['greet a learner', { ...HOST, publish: ['vigil.1.*.rack-7.>'] }, /Publish to "vigil\.1\.hello\.rack-7"/],
    [
      'ask for work',
      { ...HOST, publish: ['vigil.1.hello.rack-7'] },
      /Publish to "vigil\.1\.[0-9a-f]{12}\.rack-7\.parcel"/,
    ],
  ])('%s ends as a host with the reason', async (_, host, message) => {
    await using server = await serverFor({ learner: EVERYTHING, host })
    await using scene = await openScene()
    await scene.shared(server.asLearner)
    await expect(scene.host(server.asHost, 'rack-7').ended).rejects.toEqual(denied(message))
  })

  it('hear the weights that go to all hosts asks for them as a host, and collects the same bytes', async () => {
    await using server = await serverFor({ learner: EVERYTHING, host: { ...HOST, subscribe: ['_INBOX.rack-7.>'] } })
    await using scene = await openScene()
    const { team } = await scene.shared(server.asLearner)
    scene.host(server.asHost, 'rack-7')
    expect(await collections(team, VERSIONS)).toEqual(await collections(await scene.local(), VERSIONS))
  })

  it('listen to hosts does not begin as a learner', async () => {
    await using server = await serverFor({ learner: { ...EVERYTHING, subscribe: ['_INBOX.>'] }, host: HOST })
    await using scene = await openScene()
    await expect(scene.shared(server.asLearner)).rejects.toEqual(denied(/this learner.*Subscription to "vigil\.1\./))
  })
})
