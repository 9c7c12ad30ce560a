import { commandError, type FlagTable, flagsOf, type Help, readFlags, switchFlag, textFlag } from '@vigil/command-line'

/** What to inspect, and what to write. */
export type Options = {
  readonly data: string
  /** Where the draft goes; undefined = events.yaml. */
  readonly out: string | undefined
  readonly label: string | null
  readonly force: boolean
  readonly json: boolean
  readonly page: string | null
}

const FLAGS = {
  data: { value: 'PATH', about: 'a file, folder or pattern of events, or a description of some (.yaml, .json)' },
  out: { value: 'FILE', about: 'where the drafted description goes', default: 'events.yaml' },
  label: { value: 'COLUMN', about: 'the column that holds the label; without it a guess' },
  force: { value: 'true|false', about: 'write over a description that is there', default: 'false' },
  json: { value: 'true|false', about: 'JSON in place of text', default: 'false' },
  page: { value: 'FILE', about: 'a page with pictures besides' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:inspect',
  file: 'tools/src/inspect/inspect.ts',
  purpose:
    'Looks at events before anybody learns from them: drafts their description, and names identifiers, constants, missing cells, duplicates, leaks, and what the label, the time, the streams and the split are like. docs/inspect.md explains every finding.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: ['--data=flows.csv', '--data=flows.csv --label=verdict --page=inspect.html', '--data=events.yaml --json'],
  exitCodes: '0 no problem was found, 1 problems were found, 2 bad usage, 3 data or a description that cannot be read',
}

/**
 * Reads the command line.
 *
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options {
  const flags = readFlags(words, FLAGS)
  const data = textFlag(flags, 'data', 'flows.csv')
  if (data === undefined) {
    throw commandError('INVALID_VALUE', 'Give events or their description: --data=flows.csv or --data=events.yaml.')
  }
  return {
    data,
    out: textFlag(flags, 'out', 'events.yaml'),
    label: textFlag(flags, 'label', 'COLUMN') ?? null,
    force: switchFlag(flags, 'force'),
    json: switchFlag(flags, 'json'),
    page: textFlag(flags, 'page', 'inspect.html') ?? null,
  }
}
