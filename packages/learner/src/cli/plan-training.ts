import { type FlagTable, flagName, textFlag } from '@vigil/command-line'
import { configError, configSchema, parseFlags, readConfigFile, resolveConfig } from '@vigil/config'
import type { PlannedTraining } from '../experiment/planned-training.ts'
import { BUDGET_FLAGS } from './budget-flags.ts'
import { newRun } from './new-run.ts'
import { BEGIN_FLAGS, END_FLAGS, FILE_FLAGS, RESUME_SETTINGS } from './train-flags.ts'

/** Flags of learner:train that are no settings, of a training for a process of its own. */
const OWN = { ...BEGIN_FLAGS, ...BUDGET_FLAGS, ...END_FLAGS, ...FILE_FLAGS } as const satisfies FlagTable

/**
 * Plans a training for a process of its own.
 *
 * @param words of learner:train, without --out
 * @throws {VigilError} UNKNOWN_FLAG, CONFLICT for a config file with a seed or a place, and as newRun
 */
export async function planTraining(
  words: readonly string[],
  { name, out, log }: { readonly name: string; readonly out: string; readonly log: string },
): Promise<PlannedTraining> {
  const { settings, flags } = parseFlags(words, OWN)
  await assertPlaceless(textFlag(flags, 'config', 'FILE'))
  const given = { ...settings, out }
  const { config } = await newRun(given, flags, { first: [], resolve: resolveConfig, schema: configSchema })
  const kept = RESUME_SETTINGS.filter((key) => key in settings).map((key) => `--${flagName(key)}=${settings[key]}`)
  const others = [...flags].filter(([flag]) => !(flag in BEGIN_FLAGS))
  const resume = [...kept, ...others.map(([flag, value]) => (value === null ? `--${flag}` : `--${flag}=${value}`))]
  return { name, config: { ...config, out }, words: { begin: words, resume }, log }
}

/** What several trainings cannot share would be overruled without a word. */
async function assertPlaceless(file: string | undefined): Promise<void> {
  if (file === undefined) return
  const settings = await readConfigFile(file)
  const own = ['out', 'seed'].find((key) => Object.hasOwn(settings, key))
  if (own === undefined) return
  throw configError(
    'CONFLICT',
    `${file} has the setting "${own}" of one run, and several are trained. Leave it out there: --seeds and --out give each run its own.`,
  )
}
