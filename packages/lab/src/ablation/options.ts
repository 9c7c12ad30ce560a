import {
  commandError,
  type Flags,
  type FlagTable,
  flagsOf,
  type Help,
  nearestName,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import { DEFECTS, labConfigSchema, parseFlags, readSpecifications } from '@vigil/config'
import { seedsOf } from '@vigil/learner'
import { presetNames } from '../presets/presets.ts'
import { CAUSES, type Settings } from './causes.ts'

/** What is to be trained, and where the results go. */
export type Options = {
  readonly presets: readonly string[]
  readonly seeds: readonly number[]
  /** Everything smaller, to be seen in minutes. */
  readonly quick: boolean
  readonly out: string
  /** Causes to be taken away, a list for each further run of a preset. */
  readonly without: readonly (readonly string[])[]
  /** Defects to be switched on, likewise. */
  readonly with: readonly (readonly string[])[]
  /** Settings of learner:train for all presets. */
  readonly overrides: Settings
}

const OWN = {
  presets: { value: 'LIST', about: 'what to train', choices: presetNames(), default: 'all' },
  seeds: { value: 'LIST', about: 'each preset once for each, as 1..5 or 1,2,7', default: 1 },
  quick: { about: 'fewer iterations, narrower networks, for a first look' },
  out: {
    value: 'FOLDER',
    about: 'finished runs in it are not done again',
    default: 'ablations/full, or ablations/quick',
  },
  without: {
    value: 'LIST',
    about: 'every preset once more for each cause, with it taken away; a+b takes away both at once',
    choices: CAUSES,
  },
  with: { value: 'LIST', about: 'every preset once more for each defect, with it switched on', choices: DEFECTS },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:ablation',
  file: 'packages/lab/src/ablation/ablation.ts',
  purpose:
    'Trains presets over seeds, one after another, and lays what came of them side by side. Any setting of learner:train may be given besides, for all presets (--lstm-hidden for those with an LSTM).',
  groups: [{ title: 'Flags', flags: flagsOf(OWN) }],
  examples: ['--quick', '--presets=original,default --seeds=1,2,3 --dataset=darpa-tc --data=PATH --iterations=100'],
}

/**
 * Reads the command line.
 *
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE, {VigilError} CONFIG_FILE
 */
export async function parseOptions(words: readonly string[]): Promise<Options> {
  const { settings, flags } = parseFlags(words, OWN, labConfigSchema)
  if ('seed' in settings) throw commandError('INVALID_VALUE', '--seed is one; give --seeds=1,2,3.')
  if (typeof settings.specifications === 'string') {
    settings.specifications = await readSpecifications(settings.specifications)
  }
  const quick = switchFlag(flags, 'quick')
  return {
    presets: namesIn('presets', textFlag(flags, 'presets') ?? presetNames().join(), presetNames()),
    seeds: seedsOf(flags) ?? [1],
    quick,
    out: textFlag(flags, 'out') ?? `ablations/${quick ? 'quick' : 'full'}`,
    without: groupsIn(flags, 'without', CAUSES),
    with: groupsIn(flags, 'with', DEFECTS),
    overrides: settings,
  }
}

function groupsIn(flags: Flags, name: string, valid: readonly string[]): string[][] {
  const groups = textFlag(flags, name)?.split(',') ?? []
  return groups.map((group) => namesIn(name, group.replaceAll('+', ','), valid))
}

function namesIn(name: string, text: string, valid: readonly string[]): string[] {
  const words = text.split(',')
  const wrong = words.find((word) => !valid.includes(word))
  if (wrong === undefined) return [...new Set(words)]
  const nearest = nearestName(wrong, valid)
  const remedy = nearest === null ? `They are ${valid.join(', ')}.` : `Did you mean "${nearest}"?`
  throw commandError('INVALID_VALUE', `--${name} does not know "${wrong}". ${remedy}`)
}
