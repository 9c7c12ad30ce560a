import { hostname } from 'node:os'
import { defaultActorCount } from '@vigil/actors'
import { BROKER_FLAGS, brokerOf } from '@vigil/broker'
import {
  type CommandContext,
  commandError,
  type Flags,
  type FlagTable,
  flagsOf,
  numberFlag,
  readFlags,
  runCommand,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import { defaultCache } from '../host/dataset-cache.ts'
import { joinRuns } from '../host/join-run.ts'
import { nameSchema } from '../wire/messages.ts'

const ACTORS = { min: 1, max: 256, integer: true, hint: 'or auto' } as const
const MEBIBYTES = { min: 1, max: 2047, integer: true } as const

const FLAGS = {
  server: { value: 'ADDRESS', about: 'the NATS server at which a learner shares its work, as nats://10.0.0.5:4222' },
  actors: { value: 'N', about: 'worker threads; auto = one per core', number: ACTORS, default: 'auto' },
  name: { value: 'WORD', about: 'of this host, another one on each; without it made of the name of the machine' },
  run: { value: 'WORD', about: 'the only run to work for, as learner:train prints it; without it any' },
  once: { about: 'ends with the run, and looks for no other one' },
  cache: { value: 'FOLDER', about: 'where datasets are kept; without it vigil/datasets in the cache of the user' },
  'dataset-mib': { value: 'N', about: 'size of a dataset that is taken at most', number: MEBIBYTES, default: 2047 },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'actors:join',
    file: 'packages/hosts/src/cli/join.ts',
    purpose:
      'Collects for learners that were started with --transport at the same NATS server, until it is stopped. It needs no data and no settings: both come from the learner. docs/hosts.md says what a host trusts, and what is checked.',
    groups: [
      { title: 'Flags', flags: flagsOf(FLAGS) },
      { title: 'The NATS server', flags: flagsOf(BROKER_FLAGS) },
    ],
    examples: ['--server=nats://10.0.0.5:4222', '--server=tls://broker.example:4222 --nkey-file=host.nk --actors=16'],
    exitCodes: '0 ended as asked, 1 refused by the learner or the server, 2 the usage is bad, 3 what arrived is bad',
  },
  run: join,
})

async function join({ words, stop }: CommandContext): Promise<void> {
  const flags = readFlags(words, { ...FLAGS, ...BROKER_FLAGS })
  const address = textFlag(flags, 'server', 'nats://HOST:4222')
  if (address === undefined) throw commandError('INVALID_VALUE', 'Give the NATS server: --server=nats://HOST:4222.')
  const controller = new AbortController()
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  const joining = {
    broker: await brokerOf(flags, { address, flag: 'server' }),
    name: wordFlag(flags, 'name') ?? defaultName(),
    actors:
      flags.get('actors') === 'auto'
        ? defaultActorCount()
        : (numberFlag(flags, 'actors', ACTORS) ?? defaultActorCount()),
    run: wordFlag(flags, 'run') ?? null,
    once: switchFlag(flags, 'once'),
    cache: textFlag(flags, 'cache', 'FOLDER') ?? defaultCache(),
    datasetBytesMax: (numberFlag(flags, 'dataset-mib', MEBIBYTES) ?? FLAGS['dataset-mib'].default) * 2 ** 20,
  }
  const unsubscribe = stop.onRequest(() => {
    say('Stopping after the shards under way; once more to stop at once.')
    controller.abort()
  })
  try {
    await joinRuns({ ...joining, say, signal: controller.signal })
  } finally {
    unsubscribe()
  }
}

/** @throws {VigilError} INVALID_VALUE for what could be no word of a subject */
function wordFlag(flags: Flags, name: 'name' | 'run'): string | undefined {
  const text = textFlag(flags, name, 'WORD')
  if (text === undefined || nameSchema.safeParse(text).success) return text
  throw commandError('INVALID_VALUE', `--${name} must be 1 to 64 letters, digits, hyphens or underscores.`)
}

/** Two processes on one machine have two names. */
function defaultName(): string {
  const machine = hostname()
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 48)
  return `${machine}-${process.pid}`
}
