/** `npx nx run environments:serve`: the environment for learners in other languages. docs/environments.md has the protocol. */
import {
  type CommandContext,
  choiceFlag,
  type FlagTable,
  flagsOf,
  numberFlag,
  runCommand,
  systemReason,
  textFlag,
} from '@vigil/command-line'
import { configSchema, parseFlags, settingGroups } from '@vigil/config'
import { assertGuarded, readToken, TOKEN_LENGTH_MIN } from '@vigil/service'
import { apiError } from '../errors.ts'
import { createEnvironmentServer } from '../serve/server.ts'
import { createSessions } from '../serve/sessions.ts'
import { loadWorld } from '../world.ts'

const SPLITS = ['train', 'validation', 'test'] as const
const PORT = { min: 0, max: 65535, integer: true } as const
const COUNT = { min: 1, max: 65_536, integer: true } as const
const SECONDS = { min: 1, max: 86_400 } as const
/** A request that does not go on for so long is ended. */
const PATIENCE_MS = 30_000
/** More than JSON of a few keys needs. */
const BODY_BYTES_MIN = 4096

const FLAGS = {
  host: { value: 'ADDRESS', about: 'address to listen at; others than loopback need a token', default: '127.0.0.1' },
  port: { value: 'N', about: 'port to listen at; 0 = a free one', number: PORT, default: 8081 },
  'token-file': { value: 'FILE', about: `a token of ${TOKEN_LENGTH_MIN} characters or more that clients must know` },
  part: { value: 'NAME', about: 'whose events come', choices: SPLITS, default: 'train' },
  sessions: { value: 'N', about: 'environments at a time', number: COUNT, default: 8 },
  'lanes-max': { value: 'N', about: 'lanes of all environments together', number: COUNT, default: 16_384 },
  'memory-mib': {
    ...{ value: 'MIB', about: 'memory of all environments together, each with its labels and rows', default: 4096 },
    number: COUNT,
  },
  idle: {
    ...{
      value: 'SECONDS',
      about: 'an environment that nobody asks for so long gives its place to another',
      default: 600,
    },
    number: SECONDS,
  },
} as const satisfies FlagTable

await runCommand({
  isStreaming: true,
  help: {
    command: 'environments:serve',
    file: 'packages/environments/src/cli/serve.ts',
    purpose:
      'Serves the environment of a training over HTTP, so that learners in other languages act in it (clients/python). Settings are those of a training; those of its algorithm have no effect. Ctrl-C or SIGTERM ends it.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }, ...settingGroups(configSchema)],
    examples: ['--dataset=quickest --agents=1', '--data=events.yaml --environment=respond --port=8081'],
    exitCodes: '0 never, 1 the address is taken, 2 the usage is bad, 3 the data are bad, 130 or 143 stopped',
  },
  run: serve,
})

async function serve({ words, stop }: CommandContext): Promise<void> {
  const { settings, flags } = parseFlags(words, FLAGS, configSchema, { isStreaming: true })
  const host = textFlag(flags, 'host', 'ADDRESS') ?? FLAGS.host.default
  const port = numberFlag(flags, 'port', PORT) ?? FLAGS.port.default
  const tokenFile = textFlag(flags, 'token-file', 'FILE')
  const token = tokenFile === undefined ? null : await readToken(tokenFile)
  assertGuarded(host, { isGuarded: token !== null })
  const lanes = numberFlag(flags, 'lanes-max', COUNT) ?? FLAGS['lanes-max'].default
  const limits = {
    lanes,
    bytes: 2 ** 20 * (numberFlag(flags, 'memory-mib', COUNT) ?? FLAGS['memory-mib'].default),
    sessions: numberFlag(flags, 'sessions', COUNT) ?? FLAGS.sessions.default,
    idleMs: 1000 * (numberFlag(flags, 'idle', SECONDS) ?? FLAGS.idle.default),
  }
  const part = choiceFlag(flags, 'part', SPLITS) ?? FLAGS.part.default
  const world = await loadWorld(settings, (text) => process.stderr.write(`${text}\n`))
  const sessions = createSessions(world, part, limits, () => performance.now())
  const server = createEnvironmentServer(sessions, {
    ...{ host, token, patienceMs: PATIENCE_MS, idleMs: limits.idleMs, connections: 4 * limits.sessions },
    onDefect: (error) =>
      process.stderr.write(`A defect of Vigil: ${error instanceof Error ? error.stack : String(error)}\n`),
    bodyBytesMax: Math.max(BODY_BYTES_MIN, lanes * world.spec.agentCount),
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        apiError(
          'PORT_TAKEN',
          `Server: cannot listen at ${host}, port ${port}: ${systemReason(cause)}. Give another --port, or another --host.`,
          { cause },
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' ? address?.port : port
  process.stdout.write(`listening at http://${host.includes(':') ? `[${host}]` : host}:${bound}\n`)
  await new Promise<void>((resolve) => {
    stop.onRequest(() => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  })
}
