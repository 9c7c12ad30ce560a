import {
  choiceFlag,
  commandError,
  type Flags,
  type FlagTable,
  flagName,
  flagsOf,
  type Help,
  numberFlag,
  readFlags,
  textFlag,
} from '@vigil/command-line'
import { settingGroups } from '@vigil/config'
import { parallelOf, SEEDS_FLAGS, seedsOf } from '@vigil/learner'

const METHODS = ['random', 'halving', 'model'] as const

/** How a sweep searches. */
type Method = (typeof METHODS)[number]

const TRIALS = { min: 1, max: 10_000, integer: true } as const
const ETA = { min: 2, max: 10, integer: true } as const
const BATCH = { min: 1, max: 256, integer: true } as const
const SEED = { min: 0, max: 2 ** 32 - 1, integer: true } as const

const FLAGS = {
  space: { value: 'FILE', about: 'YAML: settings to vary, and from where to where; without it one training is scored' },
  method: { value: 'NAME', about: 'how trials are chosen', choices: METHODS, default: 'random' },
  trials: {
    value: 'N',
    about: 'how many settings are tried; the first are those without the space',
    number: TRIALS,
    default: '20, without a space 1',
  },
  seeds: { ...SEEDS_FLAGS.seeds, about: 'of every trial, as 1..3; it is scored by their mean', default: 1 },
  'sweep-seed': { value: 'N', about: 'every choice of a trial follows from it', number: SEED, default: 1 },
  eta: { value: 'N', about: 'of halving: one trial in so many goes on, so many times as far', number: ETA, default: 3 },
  batch: {
    value: 'N',
    about: 'of model: so many trials are proposed at a time, from those before; more run in parallel, fewer learn more',
    number: BATCH,
    default: 4,
  },
  parallel: SEEDS_FLAGS.parallel,
  out: { value: 'FOLDER', about: 'finished trials in it are not done again', default: 'sweeps/METHOD' },
} as const satisfies FlagTable

/** What is to be searched. */
export type Options = {
  readonly space: string | null
  readonly method: Method
  readonly trials: number
  readonly seeds: readonly number[]
  readonly sweepSeed: number
  readonly eta: number
  readonly batch: number
  readonly parallel: number
  readonly out: string
  /** Words of learner:train for all trials. */
  readonly words: readonly string[]
}

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:sweep',
  file: 'tools/src/sweep/sweep.ts',
  purpose:
    'Searches for settings of learner:train by the reward on validation: at random, by successive halving, or by a model of the trials so far. The test split is never looked at. Settings of learner:train may be given besides, for all trials. The last line is JSON.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: [
    '--space=space.yaml --trials=20 --dataset=synthetic --parallel=2',
    '--space=space.yaml --method=halving --trials=27 --iterations=30 --validate-every=1',
    '--dataset=synthetic --learning-rate=0.001',
  ],
}

/** Reads the command line. @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE */
export function parseOptions(words: readonly string[]): Options {
  const settings = Object.fromEntries(
    settingGroups().flatMap((group) => group.flags.map(({ name, ...rest }) => [name, rest])),
  )
  const { seed: _seed, out: _out, ...others } = settings
  const flags = readFlags(words, { ...others, config: { value: 'FILE', about: 'JSON object of settings' }, ...FLAGS })
  const method = choiceFlag(flags, 'method', METHODS) ?? FLAGS.method.default
  const space = textFlag(flags, 'space', 'space.yaml') ?? null
  const number = (name: 'trials' | 'sweep-seed' | 'eta' | 'batch', range: Parameters<typeof numberFlag>[2]) =>
    numberFlag(flags, name, range)
  if (space === null && (method !== 'random' || (number('trials', TRIALS) ?? 1) > 1)) {
    throw commandError('INVALID_VALUE', 'Several trials need to know what to vary. Give --space=FILE.')
  }
  return {
    ...{ space, method },
    trials: number('trials', TRIALS) ?? (space === null ? 1 : 20),
    seeds: seedsOf(flags) ?? [1],
    sweepSeed: number('sweep-seed', SEED) ?? FLAGS['sweep-seed'].default,
    eta: number('eta', ETA) ?? FLAGS.eta.default,
    batch: number('batch', BATCH) ?? FLAGS.batch.default,
    parallel: parallelOf(flags),
    out: textFlag(flags, 'out', 'sweeps/NAME') ?? `sweeps/${space === null ? 'single' : method}`,
    words: wordsOf(flags),
  }
}

/** What is not the sweep's own, as words again. */
function wordsOf(flags: Flags): readonly string[] {
  return [...flags]
    .filter(([name]) => !Object.hasOwn(FLAGS, name))
    .map(([name, value]) => (value === null ? `--${flagName(name)}` : `--${flagName(name)}=${value}`))
}
