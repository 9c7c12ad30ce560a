import {
  type CommandContext,
  commandError,
  type FlagTable,
  flagsOf,
  formatCounted,
  readFlags,
  runCommand,
  textFlag,
} from '@vigil/command-line'
import { say } from '../standard-streams.ts'
import { addProofs, rivalEvidence } from '../team/rival-evidence.ts'

const FLAGS = {
  team: {
    value: 'FILE',
    about: 'the manifest of the first epoch of the team, with the next one and its signatures beside it',
  },
  rival: { value: 'FILE', about: 'another manifest of that next epoch, with the signatures under it beside it' },
  out: {
    value: 'FILE',
    about: 'what the proofs are added to, as decided/evidence.jsonl of an enforcer that has ended; without it stdout',
  },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:team-evidence',
    file: 'packages/service/src/cli/team-evidence.ts',
    purpose:
      'Collects proofs against agents that have signed two successors of one epoch which begin with the same batch: a line of JSON for each, as the enforcer keeps them.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--team=team/team.json --rival=found/team.1.json --out=decided/evidence.jsonl'],
    exitCodes:
      '0 looked, 1 a file cannot be written or its folder is taken, 2 the usage is bad, 3 a manifest or a proof is bad, or the two are no rivals',
  },
  run: collect,
})

async function collect({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const [team, rival, out] = [
    textFlag(flags, 'team', 'FILE'),
    textFlag(flags, 'rival', 'FILE'),
    textFlag(flags, 'out', 'FILE'),
  ]
  if (team === undefined || rival === undefined) {
    throw commandError('INVALID_VALUE', 'Give --team and --rival; --help tells what each is.')
  }
  const { lines, agents } = await rivalEvidence(team, rival, say)
  if (out === undefined) process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  else await addProofs(out, lines)
  say(
    agents.length === 0
      ? 'No agent has signed both.'
      : `${formatCounted(agents.length, 'agent')} signed both: ${agents.join(', ')}`,
  )
  return out === undefined
    ? { agents, proofs: lines.map((line) => JSON.parse(line) as unknown) }
    : { agents, files: [{ path: out, what: 'proofs, a line of JSON each' }] }
}
