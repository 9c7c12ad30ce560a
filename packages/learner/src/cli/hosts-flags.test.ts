import { expect, it } from 'vitest'
import { PLAIN } from '../run/composition.ts'
import { sharingOf } from './hosts-flags.ts'
import { trainCommand } from './train-command.ts'

const flags = (given: Record<string, string | null>) => new Map(Object.entries(given))

it('shares nothing where no server is named', async () => {
  expect(await sharingOf(flags({}))).toBeNull()
  expect(await sharingOf(flags({ transport: 'local' }))).toBeNull()
})

it('shares at a server, with an audit of one shard in fifty and own actors, as long as nothing else is said', async () => {
  const broker = { address: 'nats://10.0.0.5:4222' }
  expect(await sharingOf(flags({ transport: broker.address }))).toEqual({ broker, audit: 0.02, learnerCollects: true })
  const told = flags({ transport: broker.address, audit: '0.5', 'hosts-only': null })
  expect(await sharingOf(told)).toEqual({ broker, audit: 0.5, learnerCollects: false })
})

it.each([
  [{ audit: '0.1' }, /--audit is about other hosts/],
  [{ 'hosts-only': null, transport: 'local' }, /--hosts-only is about other hosts/],
  [{ transport: 'nats://a', audit: '2' }, /--audit must be a number from 0 to 1/],
  [{ transport: 'a:4222' }, /--transport must be nats/],
])('refuses %j', async (given, message) => {
  await expect(sharingOf(flags(given as Record<string, string | null>))).rejects.toThrow(message)
})

it('is for trainings that collect as every host does: experiments have no such flags', () => {
  const names = (isExperiment: boolean) => {
    const parts = { command: '', file: '', purpose: '', examples: [], flags: {}, beginFrom: () => [] }
    const { help } = trainCommand({ ...parts, isExperiment, composition: PLAIN })
    return help.groups.flatMap((group) => group.flags.map(({ name }) => name))
  }
  expect(names(false)).toContain('transport')
  expect(names(true)).not.toContain('transport')
  expect(names(true)).not.toContain('token-file')
})
