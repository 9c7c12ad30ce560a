import {
  commandError,
  type FlagTable,
  flagsOf,
  type Help,
  harmlessText,
  nearestName,
  readFlags,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import { TAG } from '@vigil/runs'

const ACTIONS = ['list', 'compare', 'tag', 'delete'] as const
type Action = (typeof ACTIONS)[number]

/** What is to be done with which runs. */
export type Options = {
  readonly action: Action
  /** Folder in which runs are looked for. */
  readonly within: string
  /** Run folders that were named; empty = those with the tag, or all. */
  readonly runs: readonly string[]
  readonly tags: readonly string[]
  readonly untag: readonly string[]
  readonly page: string | null
  readonly json: boolean
  readonly yes: boolean
}

const FLAGS = {
  in: { value: 'FOLDER', about: 'where runs are looked for, folders inside it included', default: 'runs' },
  runs: { value: 'LIST', about: 'folders of runs, or of experiments, separated by commas' },
  tag: { value: 'LIST', about: 'with list and compare only runs that have all of these; with tag what they are given' },
  untag: { value: 'LIST', about: 'what tag takes away' },
  page: { value: 'FILE', about: 'writes the comparison with its curves as HTML' },
  json: { about: 'JSON on stdout, in place of tables' },
  yes: { about: 'deletes without asking' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:runs',
  file: 'tools/src/runs/runs.ts',
  purpose:
    'Lists the runs in a folder (list), lays some of them side by side (compare), gives or takes away tags (tag), or deletes runs (delete, which asks). The first word says which; without one it lists.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: [
    'list --tag=baseline',
    'compare --runs=runs/A,runs/B --page=comparison.html',
    'tag --runs=runs/A --tag=baseline,small',
    'delete --runs=runs/B',
  ],
}

/** Reads the command line. @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE */
export function parseOptions(words: readonly string[]): Options {
  const { action, rest } = actionOf(words)
  const flags = readFlags(rest, FLAGS)
  const list = (name: 'runs' | 'tag' | 'untag', value: string) =>
    textFlag(flags, name, value)
      ?.split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '') ?? []
  const options = {
    action,
    within: textFlag(flags, 'in', 'FOLDER') ?? FLAGS.in.default,
    runs: [...new Set(list('runs', 'runs/A,runs/B').map((path) => path.replace(/(?<=.)\/+$/, '')))],
    tags: list('tag', 'NAME'),
    untag: list('untag', 'NAME'),
    page: textFlag(flags, 'page', 'FILE') ?? null,
    json: switchFlag(flags, 'json'),
    yes: switchFlag(flags, 'yes'),
  }
  const wrong = [...options.tags, ...options.untag].find((tag) => !TAG.test(tag))
  if (wrong !== undefined) {
    throw commandError(
      'INVALID_VALUE',
      `A tag must be a word of at most 40 letters, digits, dots, hyphens and underscores, but is "${harmlessText(wrong, 100)}".`,
    )
  }
  assertFits(options)
  return options
}

function actionOf([first, ...rest]: readonly string[]): { action: Action; rest: readonly string[] } {
  if (first === undefined) return { action: 'list', rest: [] }
  if (first.startsWith('-')) return { action: 'list', rest: [first, ...rest] }
  const action = ACTIONS.find((name) => name === first)
  if (action !== undefined) return { action, rest }
  const nearest = nearestName(first, ACTIONS)
  const remedy = nearest === null ? `It may be ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`
  throw commandError('INVALID_VALUE', `The first word says what to do, but is "${harmlessText(first, 100)}". ${remedy}`)
}

/** A flag that an action does not know would be taken for done. */
function assertFits({ action, runs, tags, untag, page, yes }: Options): void {
  const refuse = (message: string) => {
    throw commandError('INVALID_VALUE', message)
  }
  if (action !== 'compare' && page !== null) refuse('--page is of compare: give compare before it.')
  if (action !== 'tag' && untag.length > 0) refuse('--untag is of tag: give tag before it.')
  if (action !== 'delete' && yes) refuse('--yes is of delete: give delete before it.')
  if ((action === 'tag' || action === 'delete') && runs.length === 0) {
    refuse(`${action} needs the runs by name, as in --runs=runs/A,runs/B.`)
  }
  if (action === 'tag' && tags.length + untag.length === 0) refuse('tag needs --tag=NAME or --untag=NAME.')
  if (action === 'delete' && tags.length > 0) refuse('delete takes runs by name alone. Leave --tag out.')
}
