import { numberFlag, readFlags, UsageError } from '@vigil/command-line'
import type { RepeatSettings } from '@vigil/learner'

/** Which run to repeat, and with what. */
export type Options = { readonly run: string; readonly settings: RepeatSettings }

const FLAGS = ['run', 'data', 'actors', 'engine-threads', 'engine', 'backend', 'help']

/** What --help prints. */
export const USAGE = `Trains a finished run again from its config.json, in memory, and says whether the same weights come out.

  --run=runs/NAME        the run; its files are read, never written
  --data=PATH            where its data lie now
  --actors=N --engine-threads=N
                         change speed, never results
  --engine=NAME --backend=NAME
                         in place of those that trained the run
Exit code 0: it matches. 1: it does not. 2 and 3: it could not be repeated, and why.
`

/**
 * Reads the command line.
 *
 * @returns null when --help is wanted
 * @throws {UsageError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options | null {
  const flags = readFlags(words, FLAGS)
  if (flags.has('help')) return null
  const text = (name: string) => {
    const value = flags.get(name)
    if (value === null || value === '') {
      throw new UsageError('INVALID_VALUE', `--${name} needs a value, as in --${name}=VALUE.`)
    }
    return value
  }
  const run = text('run')
  if (run === undefined) throw new UsageError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const settings = {
    data: text('data'),
    actors: numberFlag(flags, 'actors', { min: 1, max: 256, integer: true }),
    engineThreads: numberFlag(flags, 'engine-threads', { min: 1, max: 8, integer: true }),
    engine: text('engine'),
    backend: text('backend'),
  }
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return { run, settings: Object.fromEntries(given) }
}
