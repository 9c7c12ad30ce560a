import { readFlags, UsageError } from '@vigil/command-line'

/** Which run to diagnose, and how to say it. */
export type Options = { readonly run: string; readonly data: string | undefined; readonly json: boolean }

/** What --help prints. */
export const USAGE = `Explains how a training went: reads its metrics, its data and its evaluation, and names what is wrong, with
evidence, cause and remedy. The run may be finished, stopped or still training; nothing is written.

  --run=runs/NAME        the run
  --data=PATH            where its data lie now
  --json                 JSON in place of text
Exit code 0: no problem was found. 1: problems were found. 2: wrong usage. 3: not the folder of a run, or half of one, or
one of another version of Vigil, or nothing in it could be looked at. docs/doctor.md explains every finding.
`

/**
 * Reads the command line.
 *
 * @returns null when --help is wanted
 * @throws {UsageError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options | null {
  const flags = readFlags(words, ['run', 'data', 'json', 'help'])
  if (flags.has('help')) return null
  const text = (name: string) => {
    const value = flags.get(name)
    if (value !== null && value !== '') return value
    throw new UsageError('INVALID_VALUE', `--${name} needs a value, as in --${name}=PATH.`)
  }
  const run = text('run')
  if (run === undefined) throw new UsageError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const json = flags.get('json')
  if (typeof json === 'string' && json !== 'true' && json !== 'false') {
    throw new UsageError('INVALID_VALUE', `--json is true or false, but is "${json}". Give --json alone.`)
  }
  return { run, data: text('data'), json: flags.has('json') && json !== 'false' }
}
