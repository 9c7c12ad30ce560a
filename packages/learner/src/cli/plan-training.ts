import { type FlagTable, flagName } from '@vigil/command-line'
import { configSchema, parseFlags, resolveConfig } from '@vigil/config'
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
 * @throws {VigilError} UNKNOWN_FLAG, and as newRun
 */
export async function planTraining(
  words: readonly string[],
  { name, out, log }: { readonly name: string; readonly out: string; readonly log: string },
): Promise<PlannedTraining> {
  const { settings, flags } = parseFlags(words, OWN)
  const given = { ...settings, out }
  const { config } = await newRun(given, flags, { first: [], resolve: resolveConfig, schema: configSchema })
  const kept = RESUME_SETTINGS.filter((key) => key in settings).map((key) => `--${flagName(key)}=${settings[key]}`)
  const others = [...flags].filter(([flag]) => !(flag in BEGIN_FLAGS))
  const resume = [...kept, ...others.map(([flag, value]) => (value === null ? `--${flag}` : `--${flag}=${value}`))]
  return { name, config: { ...config, out }, words: { begin: words, resume }, log }
}
