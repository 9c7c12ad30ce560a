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
import { say } from '../standard-streams.ts'
import { signNextEpoch } from '../team/sign-epoch.ts'

const AGENT = { min: 0, max: 63, integer: true } as const

const FLAGS = {
  team: { value: 'FILE', about: 'the manifest of the first epoch of the team, with the one to sign beside it' },
  agent: { value: 'N', about: 'which agent this is in the epoch that ends, from 0', number: AGENT },
  key: { value: 'FILE', about: 'its keys in the first epoch, as team/agent-0.key, with those of later ones beside it' },
  log: {
    value: 'FOLDER',
    about: 'where it keeps what it has signed: the folder that it works with; an agent at work signs itself',
  },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:team-sign',
    file: 'packages/service/src/cli/team-sign.ts',
    purpose:
      'Signs the manifest of the next epoch as an agent of the one that ends. From the first batch of the new epoch on it signs nothing under the old manifest.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--team=team/team.json --agent=0 --key=team/agent-0.key --log=logs/agent-0'],
    exitCodes: '0 signed, 1 the log is taken or a file cannot be written, 2 the usage is bad, 3 it may not sign',
  },
  run: sign,
})

async function sign({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const [team, key, log] = [
    textFlag(flags, 'team', 'FILE'),
    textFlag(flags, 'key', 'FILE'),
    textFlag(flags, 'log', 'FOLDER'),
  ]
  const agent = numberFlag(flags, 'agent', AGENT)
  if (team === undefined || key === undefined || log === undefined || agent === undefined) {
    throw commandError('INVALID_VALUE', 'Give --team, --agent, --key and --log; --help tells what each is.')
  }
  const { file, epoch, batch } = await signNextEpoch(team, { agent, key, log }, say)
  process.stdout.write(
    `${file}: agent ${agent} has signed epoch ${epoch}, from batch ${batch} on. Give the file to all members.\n`,
  )
  return { agent, epoch, batch, files: [{ path: file, what: 'signature of the next epoch' }] }
}
