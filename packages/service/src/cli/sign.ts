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
import { signBundle } from '../bundle-signature.ts'
import { teamName } from '../trust-flags.ts'

const NUMBER = { min: 1, max: 2 ** 32 - 1, integer: true } as const

const FLAGS = {
  run: { value: 'FOLDER', about: 'whose team is signed, as runs/NAME: its bundle' },
  key: { value: 'FILE', about: 'an Ed25519 private key, PEM, as "openssl genpkey -algorithm ed25519" makes it' },
  team: { value: 'NAME', about: 'the team that it is a bundle of: services with another --trust-team do not take it' },
  number: {
    value: 'N',
    about: 'higher than those of all bundles of the team before: a lower one is not taken again',
    number: NUMBER,
  },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'service:sign',
    file: 'packages/service/src/cli/sign.ts',
    purpose: 'Signs the bundle of a run, for services that take only what a key has signed (--trust).',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--run=runs/NAME --key=signing.key --team=edge --number=7'],
    exitCodes: '0 signed, 1 a file cannot be written, 2 the usage is bad, 3 the key or the bundle is bad',
  },
  run: sign,
})

async function sign({ words }: CommandContext) {
  const flags = readFlags(words, FLAGS)
  const [run, key] = [textFlag(flags, 'run', 'runs/NAME'), textFlag(flags, 'key', 'FILE')]
  const number = numberFlag(flags, 'number', NUMBER)
  const team = teamName(flags, 'team')
  if (run === undefined || key === undefined || team === undefined || number === undefined) {
    throw commandError('INVALID_VALUE', 'Give --run, --key, --team and --number; --help tells what each is.')
  }
  const path = await signBundle(run, { key, team, number })
  process.stdout.write(`${path}: team ${team}, number ${number}\n`)
  return { team, number, files: [{ path, what: 'signature of the bundle' }] }
}
