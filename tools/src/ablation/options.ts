import { nearestName, UsageError } from '@vigil/command-line'
import { DEFECTS, parseFlags, presetNames, readSpecifications } from '@vigil/learner'
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

const OWN = ['presets', 'seeds', 'quick', 'out', 'without', 'with', 'help']

/** What --help prints. */
export const USAGE = `Trains presets over seeds, one after another, and lays what came of them side by side.

  --presets=LIST         default: all, ${presetNames().join(', ')}
  --seeds=1,2,3          default: 1
  --quick                fewer iterations, narrower networks, for a look in less than five minutes
  --out=FOLDER           default: ablations/full, or ablations/quick; finished runs in it are not done again
  --without=LIST         every preset once more for each cause, with it taken away; a+b takes away both at once
                         ${CAUSES.join(', ')}
  --with=LIST            every preset once more for each defect, with it switched on
                         ${DEFECTS.join(', ')}
  and any setting of learner:train, for all presets: --dataset=darpa-tc --data=PATH --iterations=100
                         (--lstm-hidden for those with an LSTM)
`

/**
 * Reads the command line.
 *
 * @returns null when --help is wanted
 * @throws {UsageError} UNKNOWN_FLAG, INVALID_VALUE, {ConfigError} CONFIG_FILE
 */
export async function parseOptions(words: readonly string[]): Promise<Options | null> {
  const { settings, flags } = parseFlags(words, OWN, ['quick', 'help'])
  if (flags.help !== undefined) return null
  if ('seed' in settings) throw new UsageError('INVALID_VALUE', '--seed is one; give --seeds=1,2,3.')
  if (typeof settings.specifications === 'string') {
    settings.specifications = await readSpecifications(settings.specifications)
  }
  const quick = switchOf('quick', flags.quick)
  return {
    presets: namesIn('presets', flags.presets, presetNames()) ?? presetNames(),
    seeds: seedsIn(flags.seeds),
    quick,
    out: flags.out ?? `ablations/${quick ? 'quick' : 'full'}`,
    without: groupsIn('without', flags.without, CAUSES),
    with: groupsIn('with', flags.with, DEFECTS),
    overrides: settings,
  }
}

function switchOf(name: string, text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false
  if (text === 'true') return true
  throw new UsageError('INVALID_VALUE', `--${name} is "${text}", but must be true or false.`)
}

function groupsIn(name: string, text: string | undefined, valid: readonly string[]): string[][] {
  if (text === undefined) return []
  return text.split(',').map((group) => namesIn(name, group.replaceAll('+', ','), valid)!)
}

function namesIn(name: string, text: string | undefined, valid: readonly string[]): string[] | null {
  if (text === undefined) return null
  const words = text.split(',')
  const wrong = words.find((word) => !valid.includes(word))
  if (wrong === undefined) return [...new Set(words)]
  const nearest = nearestName(wrong, valid)
  const remedy = nearest === null ? `They are ${valid.join(', ')}.` : `Did you mean "${nearest}"?`
  throw new UsageError('INVALID_VALUE', `--${name} does not know "${wrong}". ${remedy}`)
}

function seedsIn(text = '1'): number[] {
  const seeds = text.split(',').map((word) => (word.trim() === '' ? Number.NaN : Number(word)))
  if (seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) return [...new Set(seeds)]
  throw new UsageError('INVALID_VALUE', `--seeds must be whole numbers from 0 to ${2 ** 32 - 1}, but is "${text}".`)
}
