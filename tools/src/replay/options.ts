import { commandError, type FlagTable, flagsOf, type Help, numberFlag, readFlags, textFlag } from '@vigil/command-line'
import type { RepeatSettings } from '@vigil/learner'

/** Which run to repeat, and with what. */
export type Options = { readonly run: string; readonly settings: RepeatSettings }

const FLAGS = {
  run: { value: 'FOLDER', about: 'the run, as runs/NAME; its files are read, never written' },
  data: { value: 'PATH', about: 'where its data lie now' },
  actors: {
    value: 'N',
    about: 'worker threads; changes speed, never results',
    number: { min: 1, max: 256, integer: true },
  },
  'engine-threads': {
    value: 'N',
    about: 'threads of the engine; changes speed, never results',
    number: { min: 1, max: 8, integer: true },
  },
  engine: { value: 'NAME', about: 'in place of the one that trained the run' },
  backend: { value: 'NAME', about: 'in place of the one that trained the run' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:replay',
  file: 'tools/src/replay/replay.ts',
  purpose: 'Trains a finished run again from its config.json, in memory, and says whether the same weights come out.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: ['--run=runs/NAME', '--run=runs/NAME --actors=1'],
  exitCodes: '0 it matches, 1 it does not, 2 and 3 it could not be repeated, and why',
}

/**
 * Reads the command line.
 *
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options {
  const flags = readFlags(words, FLAGS)
  const text = (name: string) => textFlag(flags, name)
  const run = text('run')
  if (run === undefined) throw commandError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const settings = {
    data: text('data'),
    actors: numberFlag(flags, 'actors', FLAGS.actors.number),
    engineThreads: numberFlag(flags, 'engine-threads', FLAGS['engine-threads'].number),
    engine: text('engine'),
    backend: text('backend'),
  }
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return { run, settings: Object.fromEntries(given) }
}
