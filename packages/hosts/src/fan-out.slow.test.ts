/** How often a learner hands out its weights, whatever the number of hosts. */
import { closeBroker, openBroker } from '@vigil/broker'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { expect, it } from 'vitest'
import { collections, openScene } from './shared-run.fixture.ts'
import { decodeFrame } from './wire/frame.ts'
import { parcelRequestSchema, policyPartSchema, policySubject, subjectOf } from './wire/messages.ts'

it.skipIf(whyNoBroker !== null)(
  'sends the weights of a collection once, to all hosts, which ask for them no more',
  async () => {
    await using server = await startBroker()
    await using scene = await openScene()
    const { team } = await scene.shared(server.broker)
    const listener = await openBroker(server.broker, { name: 'listener', note: () => undefined })
    const sent: string[] = []
    const asked: string[] = []
    listener.subscribe(policySubject('*'), {
      callback: (_, { data }) => void sent.push(decodeFrame(data, policyPartSchema).header.sha256),
    })
    listener.subscribe(subjectOf('*', '*', 'parcel'), {
      callback: (_, { data }) => void asked.push(decodeFrame(data, parcelRequestSchema).header.sha256),
    })
    for (const name of ['one', 'other']) scene.host(server.broker, name)
    const versions = [0, 1, 2, 3]
    expect(await collections(team, versions)).toEqual(await collections(await scene.local(), versions))
    // Each of one part. A host that is new loads the first ones with its canary.
    expect(sent.length).toBe(versions.length)
    expect(new Set(sent).size).toBe(versions.length)
    expect(asked.filter((sha256) => sent.slice(1).includes(sha256))).toEqual([])
    await closeBroker(listener)
  },
)
