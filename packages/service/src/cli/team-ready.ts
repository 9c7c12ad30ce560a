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
import { showReady } from '../team/sign-epoch.ts'

const AGENT = { min: 0, max: 63, integer: true } as const

const FLAGS = {
  team: { value: 'FILE', about: 'the manifest of the first epoch of the team, with that of the next one beside it' },
  agent: { value: 'N', about: 'which agent this is in the next epoch, from 0', number: AGENT },
  key: {
    value: 'FILE',
    about: 'its keys in the first epoch, as team/agent-0.key, with those of the next one beside it',
  },
  run: { value: 'FOLDER,...', about: 'whose team it is, as runs/NAME: the bundles that the manifests name' },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:team-ready',
    file: 'packages/service/src/cli/team-ready.ts',
    purpose:
      'Shows that an agent of the next epoch has its keys and its bundle and can listen at its address, on the host where it will work. The agents before sign an epoch when a quorum of its agents have.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--team=team/team.json --agent=0 --key=team/agent-0.key --run=runs/NAME'],
    exitCodes: '0 shown, 1 the address is taken or a file cannot be written, 2 the usage is bad, 3 a file is bad',
  },
  run: show,
})

async function show({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const [team, key, run] = [
    textFlag(flags, 'team', 'FILE'),
    textFlag(flags, 'key', 'FILE'),
    textFlag(flags, 'run', 'runs/NAME'),
  ]
  const agent = numberFlag(flags, 'agent', AGENT)
  if (team === undefined || key === undefined || run === undefined || agent === undefined) {
    throw commandError('INVALID_VALUE', 'Give --team, --agent, --key and --run; --help tells what each is.')
  }
  const { file, epoch, batch } = await showReady(team, { agent, key, runs: run.split(',') }, say)
  process.stdout.write(
    `${file}: agent ${agent} is ready for epoch ${epoch}, from batch ${batch} on. Give the file to all agents that sign.\n`,
  )
  return { agent, epoch, batch, files: [{ path: file, what: 'that the agent is ready, signed' }] }
}
