import { commandError, type FlagTable, flagsOf, type Help, readFlags, switchFlag, textFlag } from '@vigil/command-line'

/** Which run to diagnose, and how to say it. */
export type Options = { readonly run: string; readonly data: string | undefined; readonly json: boolean }

const FLAGS = {
  run: { value: 'FOLDER', about: 'the run, as runs/NAME' },
  data: { value: 'PATH', about: 'where its data lie now' },
  json: { value: 'true|false', about: 'JSON in place of text', default: 'false' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:doctor',
  file: 'tools/src/doctor/doctor.ts',
  purpose:
    'Explains how a training went: reads its metrics, its data and its evaluation, and names what is wrong, with evidence, cause and remedy. The run may be finished, stopped or still training; nothing is written. docs/doctor.md explains every finding.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: ['--run=runs/NAME', '--run=runs/NAME --json'],
  exitCodes:
    '0 no problem was found, 1 problems were found, 2 bad usage, 3 not the folder of a run, or half of one, or one of another version of Vigil, or nothing in it could be looked at',
}

/**
 * Reads the command line.
 *
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options {
  const flags = readFlags(words, FLAGS)
  const run = textFlag(flags, 'run', 'runs/NAME')
  if (run === undefined) throw commandError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  return { run, data: textFlag(flags, 'data', 'PATH'), json: switchFlag(flags, 'json') }
}
