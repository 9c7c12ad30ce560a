import { type CommandContext, type FlagTable, flagName, flagsOf, runCommand } from '@vigil/command-line'
import { parsePipeline } from '@vigil/data'
import { ATTACKS, type Attack, attacksAsked } from '../attacks/attack-votes.ts'
import { COMMAND_LINE, resolveConfig } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import { parseFlags } from '../config/flags.ts'
import { evaluateRun } from '../run/evaluate-run.ts'
import { openRunFolder } from '../run/run-folder.ts'
import { identityOf, loadData } from '../run/session.ts'
import { createTeam } from '../run/team.ts'
import { errorKinds } from './error-kinds.ts'

const FLAGS = {
  run: { value: 'FOLDER', about: 'the run, as runs/NAME' },
  split: { value: 'NAME', about: 'which part of the data', choices: ['test', 'validation'], default: 'test' },
  attack: {
    value: 'NAME',
    about: 'what the team is attacked by',
    choices: ['all', ...ATTACKS],
    default: 'the cheap ones',
  },
  certify: { about: 'lets the team sign its decisions, for tools:verify' },
} as const satisfies FlagTable
/** Settings of the run that may be others here. */
const PLACE = {
  data: { value: 'PATH', about: 'where the data lie now' },
  actors: { value: 'N', about: 'worker threads', default: 'those of the run' },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'learner:evaluate',
    file: 'packages/learner/src/cli/evaluate.ts',
    purpose: 'Evaluates the best checkpoint of a run, with attacks and baselines, and writes evaluation and report.',
    groups: [{ title: 'Flags', flags: flagsOf({ ...FLAGS, ...PLACE }) }],
    examples: ['--run=runs/NAME', '--run=runs/NAME --attack=all --certify'],
  },
  errors: errorKinds,
  run: evaluate,
})

async function evaluate({ words }: CommandContext): Promise<void> {
  const { settings, flags } = parseFlags(words, FLAGS)
  const { actors, data, ...other } = settings
  const foreign = Object.keys(other)[0]
  if (foreign !== undefined) {
    throw new ConfigError(
      'CONFLICT',
      `--${flagName(foreign)} belongs to training; an evaluation takes --run, --split, --attack, --certify, --data and --actors.`,
    )
  }
  if (flags.run === undefined) throw new ConfigError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const split = flags.split ?? 'test'
  if (split !== 'test' && split !== 'validation') {
    throw new ConfigError('INVALID_VALUE', `--split is "${split}", but must be test or validation.`)
  }

  const attacks = attacksNamed(flags.attack)
  const certify = isOn(flags.certify)

  const { folder, config: saved, pipeline } = await openRunFolder(flags.run)
  const { lanesPerShard: _derived, ...input } = saved
  const config = resolveConfig(
    { ...input, ...(actors === undefined ? {} : { actors }), ...(data === undefined ? {} : { data }) },
    COMMAND_LINE,
  )
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const { dataset } = await loadData(config, parsePipeline(pipeline), say)
  const team = await createTeam(config, dataset)
  try {
    const session = { stream: process.stdout, isTTY: process.stdout.isTTY === true }
    await evaluateRun({ config, folder, team, identity: identityOf(config, team), split, attacks, certify }, session)
  } finally {
    await team.pool.close()
  }
}

function attacksNamed(name: string | undefined): readonly Attack[] {
  const attacks = attacksAsked(name)
  if (attacks !== null) return attacks
  throw new ConfigError('INVALID_VALUE', `--attack is "${name}", but must be all or one of ${ATTACKS.join(', ')}.`)
}

function isOn(value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false
  if (value === 'true') return true
  throw new ConfigError('INVALID_VALUE', `--certify is "${value}", but must be true or false.`)
}
