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
import { makeFolder } from '@vigil/runs'
import { say } from '../standard-streams.ts'
import { runAgent } from '../team/run-agent.ts'

const AGENT = { min: 0, max: 63, integer: true } as const

const FLAGS = {
  team: {
    value: 'FILE',
    about: 'the manifest of the first epoch of the team, as team/team.json, with those of later ones beside it',
  },
  agent: { value: 'N', about: 'which agent this is, from 0', number: AGENT },
  key: {
    value: 'FILE',
    about: 'its keys, as team/agent-0.key: a file that nobody else may read; those of epoch 1 are in agent-0.1.key',
  },
  run: {
    value: 'FOLDER,...',
    about: 'whose weights and features it has, as runs/NAME: the bundles that the manifests name',
  },
  log: { value: 'FOLDER', about: 'where it keeps what it has signed; one process at a time' },
} as const satisfies FlagTable

await runCommand({
  isStreaming: true,
  help: {
    command: 'service:agent',
    file: 'packages/service/src/cli/agent.ts',
    purpose:
      'Runs one agent of a team as a process of its own: its own key, weights and log. Ctrl-C or SIGTERM ends it.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--team=team/team.json --agent=0 --key=team/agent-0.key --run=runs/NAME --log=logs/agent-0'],
    exitCodes:
      '0 never, 1 the log cannot be written or the address is taken, 2 the usage is bad, 3 a file is bad, 130 or 143 stopped',
  },
  run: agent,
})

async function agent({ words, stop }: CommandContext): Promise<void> {
  const flags = readFlags(words, FLAGS, { isStreaming: true })
  const [team, key] = [textFlag(flags, 'team', 'FILE'), textFlag(flags, 'key', 'FILE')]
  const [run, log] = [textFlag(flags, 'run', 'runs/NAME'), textFlag(flags, 'log', 'FOLDER')]
  const number = numberFlag(flags, 'agent', AGENT)
  if (team === undefined || key === undefined || run === undefined || log === undefined || number === undefined) {
    throw commandError('INVALID_VALUE', 'Give --team, --agent, --key, --run and --log; --help tells what each is.')
  }
  await makeFolder(log)
  await runAgent({ team, agent: number, key, runs: run.split(','), log }, stop, say)
}
