import {
  type CommandContext,
  commandError,
  type FlagTable,
  flagsOf,
  numberFlag,
  readFlags,
  runCommand,
  textFlag,
} from '@vigil/command-line'
import { readBundle } from '@vigil/runs'
import { say } from '../standard-streams.ts'
import { rotateTeam } from '../team/rotate-team.ts'

const BATCH = { min: 1, max: 2 ** 32 - 1, integer: true } as const
const PORT = { min: 1, max: 65_535, integer: true } as const
const VIEW_MS = { min: 10, max: 600_000, integer: true } as const

const FLAGS = {
  team: { value: 'FILE', about: 'the manifest of the first epoch of the team, as team/team.json' },
  run: { value: 'FOLDER', about: 'whose team it is from then on, as runs/NAME: its bundle' },
  from: { value: 'FOLDER', about: 'whose team it was, where the bundle is another one: both must read events alike' },
  at: { value: 'N', about: 'the first batch of the new epoch: one that the team has not begun yet', number: BATCH },
  hosts: { value: 'A,B,...', about: 'where the agents listen, one host each; without it all on this machine' },
  port: {
    value: 'N',
    about: 'port of agent 0; without it 7500 and 7400 in turns, for two epochs are connected at once',
    number: PORT,
  },
  'view-ms': { value: 'N', about: 'milliseconds of view 0; without it as before', number: VIEW_MS },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:team-rotate',
    file: 'packages/service/src/cli/team-rotate.ts',
    purpose:
      'Makes the keys and the manifest of the next epoch of a team, which a quorum of its agents has to sign with service:team-sign.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--team=team/team.json --run=runs/NAME --at=5000'],
    exitCodes: '0 made, 1 a file cannot be written, 2 the usage is bad, 3 a bundle or a manifest is bad',
  },
  run: rotate,
})

async function rotate({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const [team, run] = [textFlag(flags, 'team', 'FILE'), textFlag(flags, 'run', 'runs/NAME')]
  const at = numberFlag(flags, 'at', BATCH)
  if (team === undefined || run === undefined || at === undefined) {
    throw commandError('INVALID_VALUE', 'Give --team, --run and --at; --help tells what each is.')
  }
  const { agentCount } = (await readBundle(run)).network
  const hosts = textFlag(flags, 'hosts', 'A,B,...')?.split(',')
  if (hosts !== undefined && hosts.length !== agentCount) {
    throw commandError(
      'INVALID_VALUE',
      `--hosts needs one host for each of ${agentCount} agents, received ${hosts.length}.`,
    )
  }
  const given = numberFlag(flags, 'port', PORT)
  const addressesIn = (epoch: number) => {
    const port = given ?? (epoch % 2 === 0 ? 7400 : 7500)
    return Array.from({ length: agentCount }, (_, agent) =>
      hosts === undefined ? `127.0.0.1:${port + agent}` : `${hosts[agent]}:${port}`,
    )
  }
  const from = textFlag(flags, 'from', 'runs/OLD') ?? null
  const next = { run, from, at, addressesIn, viewMs: numberFlag(flags, 'view-ms', VIEW_MS) ?? null }
  const made = await rotateTeam(team, next, say)
  process.stdout.write(
    `${made.path}: epoch ${made.epoch}, from batch ${at} on. It counts when ${made.quorum} of ${made.signers} agents have signed it with service:team-sign.\n`,
  )
  const { path, ...rest } = made
  return { ...rest, batch: at, files: [{ path, what: 'manifest of the next epoch' }] }
}
