import {
  type CommandContext,
  choiceFlag,
  commandError,
  type FlagTable,
  flagsOf,
  numberFlag,
  readFlags,
  runCommand,
  textFlag,
} from '@vigil/command-line'
import { OUTPUT_FLAGS, outputSettings } from '../output/output-flags.ts'
import { sinkOf, sourceOf, TEAM_SOURCE_FLAGS } from '../source/source-flags.ts'
import { say } from '../standard-streams.ts'
import { runEnforcer } from '../team/run-enforcer.ts'

const MILLISECONDS = { min: 1, max: 600_000, integer: true } as const
const INPUT = ['follows', 'repeats'] as const
const ON_ERROR = ['stop', 'skip'] as const

const FLAGS = {
  team: {
    value: 'FILE',
    about: 'the manifest of the first epoch of the team, as team/team.json, with those of later ones beside it',
  },
  key: { value: 'FILE', about: 'by which agents know the enforcer, as team/enforcer.key' },
  run: { value: 'FOLDER,...', about: 'how events are read, as runs/NAME: the bundles that the manifests name' },
  out: { value: 'FOLDER', about: 'where events, certificates and decisions are kept, and gone on from' },
  ...TEAM_SOURCE_FLAGS,
  ...OUTPUT_FLAGS,
  'deadline-ms': {
    ...{ value: 'N', about: 'milliseconds after which events without a certificate get the fallback', default: 5000 },
    number: MILLISECONDS,
  },
  'wait-ms': {
    ...{ value: 'N', about: 'milliseconds that events wait for others of their batch', default: 20 },
    number: MILLISECONDS,
  },
  input: {
    ...{ value: 'NAME', choices: INPUT, default: 'follows' },
    about: 'stdin has what follows the lines in --out, or repeats those lines first: they are passed over',
  },
  'on-error': { value: 'NAME', about: 'what a bad line does', choices: ON_ERROR, default: 'stop' },
} as const satisfies FlagTable

await runCommand({
  isStreaming: true,
  help: {
    command: 'service:enforce',
    file: 'packages/service/src/cli/enforce.ts',
    purpose:
      'Gives events to a team whose agents are processes of their own, and acts on nothing but their certificates: one line of JSON for each event.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: [
      '--team=team/team.json --key=team/enforcer.key --run=runs/NAME --out=decided < events.jsonl',
      '--team=team/team.json --key=team/enforcer.key --run=runs/NAME --out=decided --follow=/var/log/events.jsonl',
      '--team=team/team.json --key=team/enforcer.key --run=runs/NAME --out=decided --source=nats://10.0.0.5:4222 --subject=events --durable=team --publish=decisions',
    ],
    exitCodes:
      '0 all events decided, 1 not all have a certificate, or a file cannot be written, 2 the usage is bad, 3 an event or a file is bad',
  },
  run: enforce,
})

async function enforce({ words, stop }: CommandContext): Promise<void> {
  const flags = readFlags(words, FLAGS, { isStreaming: true })
  const [team, key] = [textFlag(flags, 'team', 'FILE'), textFlag(flags, 'key', 'FILE')]
  const [run, out] = [textFlag(flags, 'run', 'runs/NAME'), textFlag(flags, 'out', 'FOLDER')]
  if (team === undefined || key === undefined || run === undefined || out === undefined) {
    throw commandError('INVALID_VALUE', 'Give --team, --key, --run and --out; --help tells what each is.')
  }
  const onError = choiceFlag(flags, 'on-error', ON_ERROR) ?? 'stop'
  const input = choiceFlag(flags, 'input', INPUT) ?? 'follows'
  const deadlineMs = numberFlag(flags, 'deadline-ms', MILLISECONDS) ?? FLAGS['deadline-ms'].default
  const waitMs = numberFlag(flags, 'wait-ms', MILLISECONDS) ?? FLAGS['wait-ms'].default
  const source = await sourceOf(flags)
  const sink = await sinkOf(flags, source)
  if (flags.has('input') && source.kind !== 'stdin') {
    throw commandError('INVALID_VALUE', '--input is for events on stdin. Leave it out, or --follow and --source.')
  }
  const ways = { source, input, output: outputSettings(flags), sink }
  await runEnforcer({ ...ways, team, key, runs: run.split(','), out, deadlineMs, waitMs, onError }, stop, say)
}
