import {
  type CommandContext,
  choiceFlag,
  type FlagTable,
  flagName,
  flagsOf,
  runCommand,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import { configError, parseFlags } from '@vigil/config'
import { ATTACKS, attacksAsked } from '@vigil/evaluation'
import { evaluateFolder } from '../run/evaluate-folder.ts'
import { BUDGET_FLAGS, budgetsOf, containmentRateOf } from './budget-flags.ts'
import { filesOfEvaluation } from './made-files.ts'

const SPLITS = ['test', 'validation'] as const
const ASKED = ['all', ...ATTACKS] as const

const FLAGS = {
  run: { value: 'FOLDER', about: 'the run, as runs/NAME' },
  split: { value: 'NAME', about: 'which part of the data', choices: SPLITS, default: 'test' },
  attack: {
    value: 'NAME',
    about: 'what the team is attacked by',
    choices: ASKED,
    default: 'the cheap ones',
  },
  ...BUDGET_FLAGS,
  certify: { about: 'lets the team sign its decisions, for tools:verify' },
} as const satisfies FlagTable
/** Settings of the run that may be others here. */
const PLACE = {
  data: { value: 'PATH', about: 'where the data lie now' },
  actors: { value: 'N', about: 'worker threads', default: 'those of the run' },
  out: { value: 'FOLDER', about: 'where the results go, as of a run that is read-only', default: 'the run folder' },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'learner:evaluate',
    file: 'packages/learner/src/cli/evaluate.ts',
    purpose: 'Evaluates the best checkpoint of a run, with attacks and baselines, and writes evaluation and report.',
    groups: [{ title: 'Flags', flags: flagsOf({ ...FLAGS, ...PLACE }) }],
    examples: ['--run=runs/NAME', '--run=runs/NAME --attack=all --certify', '--run=runs/NAME --out=results'],
  },
  run: evaluate,
})

async function evaluate({ words }: CommandContext) {
  const { settings, flags } = parseFlags(words, FLAGS)
  const { actors, data, out, ...other } = settings
  const foreign = Object.keys(other)[0]
  if (foreign !== undefined) {
    throw configError(
      'CONFLICT',
      `--${flagName(foreign)} belongs to training; an evaluation takes --run, --split, --attack, --max-false-positive-rate, --max-alerts-per-day, --max-false-containment-rate, --certify, --out, --data and --actors.`,
    )
  }
  const run = textFlag(flags, 'run', 'runs/NAME')
  if (run === undefined) throw configError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const split = choiceFlag(flags, 'split', SPLITS) ?? 'test'
  const attacks = attacksAsked(choiceFlag(flags, 'attack', ASKED))
  const [budgets, maxFalseContainmentRate] = [budgetsOf(flags), containmentRateOf(flags)]
  const certify = switchFlag(flags, 'certify')

  const given = { actors, data, out }
  const besides = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const session = { stream: process.stdout, isTTY: process.stdout.isTTY === true }
  const asked = { split, attacks, budgets, maxFalseContainmentRate, certify, settings: besides }
  const { team, verdict } = await evaluateFolder(run, asked, session)
  const folder = typeof out === 'string' ? out : run
  return { folder, split, team, verdict, files: filesOfEvaluation(run, folder, split) }
}
