import {
  choiceFlag,
  commandError,
  type FlagTable,
  flagsOf,
  type Help,
  harmlessText,
  nearestName,
  readFlags,
  textFlag,
} from '@vigil/command-line'
import { parallelOf, SEEDS_FLAGS, seedsOf } from '@vigil/learner'
import { TASKS, type Task } from './tasks.ts'

const BUDGETS = ['full', 'quick'] as const

const FLAGS = {
  'data-dir': {
    value: 'FOLDER',
    about: 'with nsl-kdd, adfa-ld, ait-ads and darpa-tc-trace-e5; what is not there is named as absent',
  },
  only: { value: 'LIST', about: 'some of the datasets', choices: TASKS.map(({ name }) => name), default: 'all' },
  ...SEEDS_FLAGS,
  seeds: { ...SEEDS_FLAGS.seeds, about: 'of every dataset', default: '1..5' },
  budget: {
    value: 'NAME',
    about: 'full trains as the page of each dataset says; quick hardly trains at all, to see that everything works',
    choices: BUDGETS,
    default: 'full',
  },
  out: { value: 'FOLDER', about: 'finished runs in it are not done again', default: 'vigil-bench/BUDGET' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:vigil-bench',
  file: 'tools/src/vigil-bench/vigil-bench.ts',
  purpose:
    'Trains every dataset whose data are there with the settings of its page, over several seeds, and fills one table: interquartile means with intervals, beside the best rule and trees. The same command goes on where it ended.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: ['--data-dir=FOLDER', '--only=synthetic,quickest --seeds=1..3 --parallel=2', '--budget=quick'],
}

/** What is to be measured. */
export type Options = {
  readonly dataDir: string | null
  readonly tasks: readonly Task[]
  readonly seeds: readonly number[]
  readonly parallel: number
  readonly budget: (typeof BUDGETS)[number]
  readonly out: string
}

/** Reads the command line. @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE */
export function parseOptions(words: readonly string[]): Options {
  const flags = readFlags(words, FLAGS)
  const names = TASKS.map(({ name }) => name)
  const asked = textFlag(flags, 'only', 'synthetic')?.split(',') ?? names
  const wrong = asked.find((name) => !names.includes(name))
  if (wrong !== undefined) {
    const nearest = nearestName(wrong, names)
    const remedy = nearest === null ? `They are ${names.join(', ')}.` : `Did you mean ${nearest}?`
    throw commandError('INVALID_VALUE', `--only does not know "${harmlessText(wrong, 100)}". ${remedy}`)
  }
  const budget = choiceFlag(flags, 'budget', BUDGETS) ?? FLAGS.budget.default
  return {
    dataDir: textFlag(flags, 'data-dir', 'FOLDER') ?? null,
    tasks: TASKS.filter(({ name }) => asked.includes(name)),
    seeds: seedsOf(flags) ?? [1, 2, 3, 4, 5],
    parallel: parallelOf(flags),
    budget,
    out: textFlag(flags, 'out', 'FOLDER') ?? `vigil-bench/${budget}`,
  }
}
