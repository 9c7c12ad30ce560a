import { BROKER_FLAGS, type Broker, brokerOf } from '@vigil/broker'
import { commandError, type FlagTable, flagsOf, type Help, numberFlag, switchFlag, textFlag } from '@vigil/command-line'
import { type Config, configError, parseFlags, resolveConfig, settingGroups } from '@vigil/config'

/** What is measured. */
export type Options = {
  readonly config: Config
  readonly broker: Broker
  readonly processes: number
  /** of another learner, in place of what this machine takes; undefined = this machine */
  readonly updateMs: number | undefined
  /** of the learner's network, in Mbit/s */
  readonly mbit: number
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
  mbit: { value: 'X', about: "the learner's network, in Mbit/s", number: { min: 1, max: 1e6 }, default: 1000 },
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
  examples: ['--server=nats://127.0.0.1:4222', '--server=nats://127.0.0.1:4222 --policy=lstm --update-ms=30'],
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
    mbit: numberFlag(flags, 'mbit', FLAGS.mbit.number) ?? FLAGS.mbit.default,
    json: switchFlag(flags, 'json'),
  }
}
