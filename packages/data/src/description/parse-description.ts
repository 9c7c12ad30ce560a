import { readFileSync, statSync } from 'node:fs'
import { nearestName } from '@vigil/command-line'
import { isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { z } from 'zod'
import { dataError } from '../errors.ts'
import { shownPath, shownText } from '../tables/csv-text.ts'
import { unreadable } from '../tables/event-files.ts'
import { PRESETS, type PresetName } from './presets.ts'
import { answerColumns } from './read-described.ts'
import { type Description, descriptionSchema } from './schema.ts'

const BYTES_MAX = 1_000_000

/**
 * Reads a description of events, YAML or JSON.
 *
 * @throws {VigilError} PATH_MISSING, FILE_UNREADABLE, DESCRIPTION_INVALID naming file, line and column
 */
export function readDescription(path: string): Description {
  let text: string
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) throw isFolder(path)
    if (!stat.isFile() || stat.size > BYTES_MAX) throw isData(path)
    if (!namesDescription(path)) throw isData(path)
    text = readFileSync(path, 'utf8')
    if (isJsonLines(text)) throw isData(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw dataError(
        'PATH_MISSING',
        `Description: needs an existing file, received ${shownPath(path)}, which does not exist. Check --data.`,
      )
    }
    throw cause instanceof Error && 'kind' in cause ? cause : unreadable(path, cause)
  }
  return parseDescription(text, path)
}

/**
 * Whether a path leads to a description of events, and not to the events themselves: a file of YAML, or of JSON that is not
 * one object a line.
 *
 * @example isDescription('flows.csv') // false
 */
export function isDescription(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!namesDescription(path) || stat?.isFile() !== true || stat.size > BYTES_MAX) return false
  return !isJsonLines(readFileSync(path, 'utf8'))
}

function namesDescription(path: string): boolean {
  return /\.(ya?ml|json)$/i.test(path)
}

/** Whether each line is an object, or the whole a list. */
function isJsonLines(text: string): boolean {
  const [first, second = ''] = text.trim().split('\n', 2)
  return first.startsWith('[') || (/^\{.*\}\s*$/.test(first) && second.startsWith('{'))
}

function isFolder(path: string): Error {
  return dataError(
    'DESCRIPTION_INVALID',
    `Data path ${shownPath(path)}: needs a file that describes events (.yaml or .json), received a folder. Draft one from its files with npx nx run tools:inspect --data=${shownPath(path)}, look at it, and give --data=events.yaml. A folder is read as it is with --dataset=darpa-tc only.`,
  )
}

function isData(path: string): Error {
  return dataError(
    'DESCRIPTION_INVALID',
    `Data path ${shownPath(path)}: needs a description of events (.yaml or .json), received what are the events themselves. Draft one with npx nx run tools:inspect --data=${shownPath(path)}, look at it, and give --data=events.yaml.`,
  )
}

/**
 * Checks the text of a description and fills in defaults and preset.
 *
 * @example
 * parseDescription('files: { all: [a.csv] }\nlabel: { column: label, threat: [1] }', 'events.yaml').format // 'auto'
 *
 * @param source what messages call it
 * @throws {VigilError} DESCRIPTION_INVALID naming source, line and column
 */
export function parseDescription(text: string, source: string): Description {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' })
  const [error] = document.errors
  if (error !== undefined) throw invalid(source, lines.linePos(error.pos[0]), sentence(error.message))
  const place = (path: readonly PropertyKey[], isKey = false) => lines.linePos(offsetOf(document.contents, path, isKey))
  let given: unknown
  try {
    given = document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw invalid(source, { line: 1, col: 1 }, sentence((cause as Error).message))
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid(source, { line: 1, col: 1 }, 'Needs keys such as files and label.')
  }
  const result = descriptionSchema.safeParse(withPreset(given as Record<string, unknown>))
  if (!result.success) {
    const issue = firstIssue(result.error.issues, given)
    const isKey = issue.code === 'unrecognized_keys'
    const path = isKey ? [...issue.path, issue.keys[0]] : issue.path
    throw invalid(source, place(path, isKey), complaintOf(issue, given))
  }
  const described = withCountedColumns(result.data)
  requireSense(described, (path, complaint) => invalid(source, place(path), complaint))
  return described
}

/** What units count where the description does not say. */
function withCountedColumns({ unit, ...description }: Description): Description {
  if (unit === undefined) return description
  return { ...description, unit: { ...unit, of: unit.of.length > 0 ? unit.of : description.columns.categorical } }
}

/** A key of the preset holds where the description has none; within columns and history, key by key. */
function withPreset(given: Record<string, unknown>): Record<string, unknown> {
  const name = given.preset
  const preset = typeof name === 'string' && Object.hasOwn(PRESETS, name) ? PRESETS[name as PresetName] : {}
  const merged: Record<string, unknown> = { ...preset, ...given }
  for (const key of ['columns', 'history']) {
    const [base, own] = [preset[key], given[key]]
    if (isObject(base) && isObject(own)) merged[key] = { ...base, ...own }
  }
  return merged
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where a key or value begins in the text; that of the nearest thing around it where it is not there. */
function offsetOf(contents: Node | null, path: readonly PropertyKey[], isKey: boolean): number {
  let node: unknown = contents
  let offset = contents?.range?.[0] ?? 0
  for (const [depth, part] of path.entries()) {
    const isLast = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      )
      if (pair === undefined) return offset
      node = isLast && isKey ? pair.key : (pair.value ?? pair.key)
    } else if (isNode(node) && 'items' in node) node = (node.items as unknown[])[Number(part)]
    else return offset
    if (isNode(node) && node.range) offset = node.range[0]
  }
  return offset
}

/** Of a union, the complaint of the branch that the value comes nearest to. */
function firstIssue(issues: readonly z.core.$ZodIssue[], given: unknown): z.core.$ZodIssue {
  const [issue] = issues
  if (issue.code !== 'invalid_union') return issue
  const value = at(given, issue.path)
  const keys = isObject(value) ? Object.keys(value) : []
  const branches = issue.errors.filter((branch) => branch.length > 0)
  // The branch that knows most of the given keys is what was meant.
  const distance = (branch: readonly z.core.$ZodIssue[]) =>
    branch.reduce(
      (sum, one) => sum + (one.code === 'unrecognized_keys' && one.path.length === 0 ? 10 * one.keys.length : 1),
      0,
    )
  const [nearest] = [...branches].sort((a, b) => distance(a) - distance(b))
  if (nearest === undefined || keys.length === 0) return issue
  const inner = firstIssue(
    nearest.toSorted((a, b) => Number(b.code === 'unrecognized_keys') - Number(a.code === 'unrecognized_keys')),
    value,
  )
  return { ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value)
}

function complaintOf(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.path.length > 0 && issue.code !== 'unrecognized_keys' && at(given, issue.path) === undefined) {
    return `"${issue.path.join('.')}" is needed${issue.path.join('.') === 'label' ? ': what makes an event a threat, e.g. { column: label, threat: [1] }' : ''}.`
  }
  const name = issue.path.length === 0 ? 'The description' : `"${issue.path.join('.')}"`
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(issue.path)
      const nearest = nearestName(issue.keys[0], known)
      return `${name} has no key ${shownText(issue.keys[0])}. ${nearest === null ? `Known are ${known.join(', ')}` : `Did you mean "${nearest}"`}${nearest === null ? '.' : '?'}`
    }
    case 'invalid_value':
      return `${name} needs one of ${issue.values.join(', ')}, received ${shownText(String(at(given, issue.path)))}.`
    case 'invalid_union':
      return issue.path[0] === 'label'
        ? '"label" needs one of { column, threat }, { expression }, { join: { file, on } } or { windows: { file, from, to } }.'
        : `${name} needs ${String(issue.path[0]) === 'split' ? 'one of { by } or { column, train, test }' : 'another value'}, received ${shownText(inJson(at(given, issue.path)))}.`
    case 'invalid_type':
      return `${name} needs ${KINDS[issue.expected] ?? issue.expected}, received ${shownText(inJson(at(given, issue.path)))}.`
    default:
      return `${name}: ${sentence(issue.message)}`
  }
}

/** A value as a message shows it; aliases of YAML may make one that holds itself. */
function inJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing'
  } catch {
    return 'a value that holds itself'
  }
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'keys',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  type Keys = { readonly anyOf?: Keys[]; readonly properties?: Record<string, Keys> }
  let schemas: Keys[] = [z.toJSONSchema(descriptionSchema, { io: 'input' }) as Keys]
  const alternatives = () => schemas.flatMap((schema) => schema.anyOf ?? [schema])
  for (const part of path) schemas = alternatives().flatMap(({ properties }) => properties?.[String(part)] ?? [])
  return [...new Set(alternatives().flatMap(({ properties }) => Object.keys(properties ?? {})))]
}

/** What the schema cannot say. */
function requireSense(
  description: Description,
  wrong: (path: readonly PropertyKey[], complaint: string) => Error,
): void {
  const { files, label, split, history, stream, columns, time, unit } = description
  if (files.all === undefined && files.train === undefined)
    throw wrong(['files'], '"files" needs "all", or "train" (and "test").')
  if (files.all !== undefined && (files.train !== undefined || files.test !== undefined)) {
    throw wrong(
      ['files', 'all'],
      '"files.all" are divided by "split", but train or test files are given too. Leave one of the two out.',
    )
  }
  if (files.test !== undefined && files.train === undefined)
    throw wrong(['files', 'test'], '"files.test" needs "files.train" beside it.')
  const byFiles = split !== undefined && 'by' in split && split.by === 'files'
  if (byFiles && files.test === undefined)
    throw wrong(['split'], '"split.by: files" needs "files.train" and "files.test".')
  if (files.test !== undefined && split !== undefined && !byFiles) {
    throw wrong(
      ['split'],
      '"split" divides all files, but test files are given. Leave "split" out, or give "by: files".',
    )
  }
  if ('column' in label && (label.threat === undefined) === (label.benign === undefined)) {
    throw wrong(['label'], '"label.column" needs either "threat" or "benign", the values that mean it.')
  }
  if ('join' in label && (label.join.column === undefined) !== (label.join.threat === undefined)) {
    throw wrong(['label', 'join'], '"label.join" needs "column" and "threat" together, or neither.')
  }
  if (unit !== undefined) requireUnits(unit, time !== undefined, wrong)
  if (history !== undefined && stream.length === 0)
    throw wrong(['history'], '"history" is that of a stream: give the columns that tell it in "stream".')
  requireNoAnswers('history', history?.of ?? [])
  requireNoAnswers('unit', unit?.of ?? [])
  const seen = new Map<string, string>()
  for (const kind of ['categorical', 'numeric', 'ignore', 'leaky'] as const) {
    for (const name of columns[kind]) {
      const other = seen.get(name)
      if (other !== undefined && other !== kind && !(kind === 'leaky' && other !== 'ignore')) {
        throw wrong(['columns', kind], `The column ${shownText(name)} is listed as ${other} and as ${kind}. Keep one.`)
      }
      seen.set(name, kind)
    }
  }

  function requireNoAnswers(key: 'history' | 'unit', of: readonly string[]): void {
    const timeColumns = time === undefined ? [] : [time.column]
    const answers = new Set([...answerColumns(description), ...timeColumns, ...columns.leaky])
    const answer = of.find((name) => answers.has(name))
    if (answer === undefined) return
    throw wrong(
      [key],
      `"${key}.of" names ${shownText(answer)}, which tells the label, the part or the time, or is leaky. Leave it out.`,
    )
  }
}

/** What the schema cannot say of units. */
function requireUnits(
  unit: NonNullable<Description['unit']>,
  hasTime: boolean,
  wrong: (path: readonly PropertyKey[], complaint: string) => Error,
): void {
  if ((unit.every === undefined) === (unit.first === undefined)) {
    throw wrong(['unit'], '"unit" needs either "every", a span of time, or "first", a number of events.')
  }
  if (unit.every !== undefined && !hasTime)
    throw wrong(['unit', 'every'], '"unit.every" needs the time of each event. Give "time: { column }".')
  if (unit.size !== undefined && unit.first === undefined)
    throw wrong(['unit', 'size'], '"unit.size" divides the first events of a key. Give "first", how many.')
  if (unit.size !== undefined && unit.unique) {
    throw wrong(
      ['unit', 'unique'],
      '"unit.unique" compares units of whole keys, but "unit.size" divides keys. Give "together: true" instead, which keeps copies in one part.',
    )
  }
  if (unit.of.length === 0) throw wrong(['unit'], '"unit" needs "of", the columns whose values are counted.')
}

function invalid(source: string, { line, col }: { line: number; col: number }, complaint: string): Error {
  return dataError(
    'DESCRIPTION_INVALID',
    `Description ${shownPath(source)}, line ${line}, column ${col}: ${complaint} docs/events.md lists all keys.`,
  )
}

function sentence(text: string): string {
  const line = text.split('\n')[0].trim()
  return /[.?!]$/.test(line) ? line : `${line}.`
}
