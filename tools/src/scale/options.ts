import { BROKER_FLAGS, type Broker, brokerOf } from '@vigil/broker'
import {
  commandError,
  type Flags,
  type FlagTable,
  flagsOf,
  type Help,
  numberFlag,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import { type Config, configError, parseFlags, resolveConfig, settingGroups } from '@vigil/config'
import type { Route } from '@vigil/hosts'

/** What is measured. */
export type Options = {
  readonly config: Config
  readonly broker: Broker
  readonly processes: number
  /** of another learner, in place of what this machine takes; undefined = this machine */
  readonly updateMs: number | undefined
  /** Flags by which the processes open the broker. */
  readonly credentials: readonly string[]
  /** The network between the learner and its hosts, and whether the processes are measured over such a one. */
  readonly network: Route & { readonly isMeasured: boolean }
  readonly json: boolean
}

const FLAGS = {
  server: { value: 'ADDRESS', about: 'a NATS server to measure at, as nats://127.0.0.1:4222' },
  processes: {
    value: 'N',
    about: 'the most processes of one actor that share the work, from 1 on',
    number: { min: 1, max: 64, integer: true },
    default: 2,
  },
  'update-ms': {
    value: 'X',
    about: "an update's time on another machine, as of a GPU; without it that of this one",
    number: { min: 0.01, max: 1e6 },
  },
  'delay-ms': {
    value: 'X',
    about: 'of the network between the learner and its hosts, one way; the processes are measured over such a line too',
    number: { min: 0, max: 10_000 },
    default: 0,
  },
  mbit: {
    value: 'X',
    about: 'of that network in each direction, in Mbit/s; given, the line has it',
    number: { min: 0.1, max: 1e5 },
    default: 1000,
  },
  namespaces: { about: 'each process over the line has a network namespace of its own (Linux, as root)' },
  json: { value: 'true|false', about: 'JSON in place of text', default: 'false' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:scale',
  file: 'tools/src/scale/scale.ts',
  purpose:
    'How many actors on other hosts a learner can use: measures what a shard costs an actor and the learner, and what processes on this machine collect together, and prints the model that follows. Every setting of learner:train is a flag.',
  groups: [
    { title: 'Flags', flags: flagsOf(FLAGS) },
    { title: 'The NATS server', flags: flagsOf(BROKER_FLAGS) },
    ...settingGroups(),
  ],
  examples: [
    '--server=nats://127.0.0.1:4222',
    '--server=nats://127.0.0.1:4222 --policy=lstm --update-ms=30',
    '--server=nats://127.0.0.1:4222 --delay-ms=20 --mbit=100 --namespaces',
  ],
}

/** @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE, CONFLICT, BROKER_ADDRESS */
export async function parseOptions(words: readonly string[]): Promise<Options> {
  const { settings, flags } = parseFlags(words, { ...FLAGS, ...BROKER_FLAGS })
  const address = textFlag(flags, 'server', 'nats://127.0.0.1:4222')
  if (address === undefined) {
    throw commandError('INVALID_VALUE', 'Give a NATS server to measure at: --server=nats://127.0.0.1:4222.')
  }
  // One actor, and collections that wait for updates, so that their times are apart.
  const apart = { iterations: 4, validateEvery: 4, ...settings, actors: 1, staleness: 0 }
  const config = resolveConfig(apart, () => 'the command line')
  if (config.credit === 'exact') {
    throw configError(
      'CONFLICT',
      'With credit "exact" nothing is collected that other hosts could compute. Give --credit=sampled.',
    )
  }
  return {
    config,
    broker: await brokerOf(flags, { address, flag: 'server' }),
    processes: numberFlag(flags, 'processes', FLAGS.processes.number) ?? FLAGS.processes.default,
    updateMs: numberFlag(flags, 'update-ms', FLAGS['update-ms'].number),
    credentials: Object.keys(BROKER_FLAGS).flatMap((name) => (flags.has(name) ? [`--${name}=${flags.get(name)}`] : [])),
    network: networkOf(flags, address),
    json: switchFlag(flags, 'json'),
  }
}

/** @throws {VigilError} INVALID_VALUE */
function networkOf(flags: Flags, address: string): Options['network'] {
  const isMeasured = (['delay-ms', 'mbit', 'namespaces'] as const).some((name) => flags.has(name))
  if (isMeasured && address.startsWith('tls:')) {
    throw commandError(
      'INVALID_VALUE',
      'A line has no certificate: give a NATS server without TLS, or leave --delay-ms, --mbit and --namespaces out.',
    )
  }
  return {
    isMeasured,
    delayMs: numberFlag(flags, 'delay-ms', FLAGS['delay-ms'].number) ?? FLAGS['delay-ms'].default,
    bitsPerSecond: 1e6 * (numberFlag(flags, 'mbit', FLAGS.mbit.number) ?? FLAGS.mbit.default),
    namespaces: switchFlag(flags, 'namespaces'),
  }
}
