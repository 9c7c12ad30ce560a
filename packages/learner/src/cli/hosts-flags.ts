import { BROKER_FLAGS, brokerOf } from '@vigil/broker'
import { commandError, type Flags, type FlagTable, numberFlag, switchFlag, textFlag } from '@vigil/command-line'
import type { CollectionSharing } from '../run/share-collections.ts'

const SHARE = { min: 0, max: 1 } as const

/** Who collects besides this process: no setting of a run, whose weights are the same whoever does. */
export const HOSTS_FLAGS = {
  transport: {
    value: 'ADDRESS',
    about: 'local, or a NATS server as nats://HOST:4222, where hosts that run actors:join collect too; docs/hosts.md',
    default: 'local',
  },
  audit: {
    value: 'SHARE',
    about: 'of the shards of other hosts is computed here too, and a host whose bytes differ is banned',
    number: SHARE,
    default: 0.02,
  },
  'hosts-only': { about: "other hosts compute every shard; this process's actors only check and evaluate" },
  ...BROKER_FLAGS,
} as const satisfies FlagTable

/** How collections are shared out; null = not at all. @throws {VigilError} INVALID_VALUE, BROKER_ADDRESS */
export async function sharingOf(flags: Flags): Promise<CollectionSharing | null> {
  const address = textFlag(flags, 'transport', 'nats://HOST:4222') ?? 'local'
  const audit = numberFlag(flags, 'audit', SHARE) ?? HOSTS_FLAGS.audit.default
  const learnerCollects = !switchFlag(flags, 'hosts-only')
  if (address !== 'local') {
    return { broker: await brokerOf(flags, { address, flag: 'transport' }), audit, learnerCollects }
  }
  const useless = Object.keys(HOSTS_FLAGS).find((name) => name !== 'transport' && flags.has(name))
  if (useless === undefined) return null
  throw commandError('INVALID_VALUE', `--${useless} is about other hosts: give --transport=nats://HOST:4222 with it.`)
}
