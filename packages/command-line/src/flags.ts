import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { VigilError } from '@vigil/errors'
import { closest, distance } from 'fastest-levenshtein'
import { commandError } from './errors.ts'
import { harmlessText } from './harmless-text.ts'
import type { FlagHelp } from './help.ts'

/** The flags that were given, by name in kebab-case; null for a flag without a value. */
export type Flags = ReadonlyMap<string, string | null>

/** What a number must be. */
export type NumberRange = {
  readonly min: number
  readonly max: number
  readonly integer?: boolean
  /** Said behind the range, for example an example. */
  readonly hint?: string
}

/** A flag as it is read and as its help shows it. */
type FlagSpec = {
  /** What stands behind the equals sign. PATH, FILE and FOLDER may begin with ~. Absent: a switch. */
  readonly value?: string | undefined
  readonly about: string
  readonly default?: string | number
  readonly number?: NumberRange
  readonly choices?: readonly string[]
}

/** Every flag of a command, by name in kebab-case. */
export type FlagTable = Readonly<Record<string, FlagSpec>>

/** The flags of a table as the help shows them. */
export function flagsOf(table: FlagTable): FlagHelp[] {
  return Object.entries(table).map(([name, { value, about, default: preset, number, choices }]) => ({
    name,
    value,
    about,
    range: number === undefined ? choices?.join(', ') : rangeInWords(number),
    default: preset === undefined ? undefined : String(preset),
  }))
}

/** What every command has besides its own flags, or only some have. */
export type CommonFlag = 'json' | 'quiet' | 'verbose'

/** A command whose output is data as long as it runs has neither `--json` nor `--quiet`. */
export type FlagReading = { readonly isStreaming?: boolean }

/** The common flags of a command with some flags of its own, of which `--json` may be one. */
export function commonFlagsOf(
  own: readonly string[],
  { isStreaming = false }: FlagReading = {},
): readonly CommonFlag[] {
  return isStreaming || own.includes('json') ? ['verbose'] : ['json', 'quiet', 'verbose']
}

/**
 * Reads `--name=value`, `--name value` and `--name`. Names are kebab-case or camelCase; the last of several wins.
 *
 * @param table every flag of the command but the common ones, which `runCommand` reads
 * @throws {VigilError} UNKNOWN_FLAG with the nearest valid flag, which may be a common one
 */
export function readFlags(words: readonly string[], table: FlagTable, reading: FlagReading = {}): Flags {
  const names = Object.keys(table)
  const flags = new Map<string, string | null>()
  // `npm run x -- --seed=1` and its like: what follows is ours.
  for (let i = words[0] === '--' ? 1 : 0; i < words.length; i++) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(words[i])
    if (match === null) {
      throw commandError(
        'UNKNOWN_FLAG',
        `"${harmlessText(words[i], 100)}" is not a flag. Flags look like --${names[0]}=VALUE; --help lists them.`,
      )
    }
    const name = flagName(match[1])
    if (!Object.hasOwn(table, name)) {
      throw unknownFlag(match[1], name, [...names, ...commonFlagsOf(names, reading)])
    }
    // A value may begin with one hyphen: it is a negative number.
    const follows = match[2] === undefined && i + 1 < words.length && !words[i + 1].startsWith('--')
    const text = match[2] ?? (follows ? words[++i] : null)
    flags.set(name, isPath(table[name]) ? fromHome(name, text) : text)
  }
  return flags
}

function isPath({ value = '' }: FlagSpec): boolean {
  return ['PATH', 'FILE', 'FOLDER'].includes(value)
}

/** A shell expands ~ in `--out ~/x`, but not in `--out=~/x`. */
function fromHome(name: string, text: string | null): string | null {
  if (text === null || !text.startsWith('~')) return text
  if (text === '~' || text.startsWith('~/')) return join(home(name), text.slice(1))
  throw commandError(
    'INVALID_VALUE',
    `--${name} is "${harmlessText(text)}": only ~/ is known here. Give the whole path, or ./${harmlessText(text)} for a name that begins with ~.`,
  )
}

/** An empty HOME counts as none: joined to a path it would mean the root. */
function home(name: string): string {
  try {
    return homedir() || userInfo().homedir
  } catch {
    throw commandError('INVALID_VALUE', `--${name} begins with ~, but you have no home here. Give the whole path.`)
  }
}

/** A number as people write it: 1, -8, +3, .9, 1., 1e-3. NaN for anything else, hexadecimal and "Infinity" too. */
export function numberOf(text: string): number {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN
}

/**
 * A flag's value as a number; undefined when the flag was not given.
 *
 * @throws {VigilError} INVALID_VALUE
 */
export function numberFlag(flags: Flags, name: string, range: NumberRange): number | undefined {
  const text = flags.get(name)
  if (text === undefined) return undefined
  const value = numberOf(text ?? '')
  const inRange = value >= range.min && value <= range.max && (!range.integer || Number.isInteger(value))
  if (inRange) return value
  const hint = range.hint === undefined ? '' : ` (${range.hint})`
  const kind = range.integer ? 'an integer' : 'a number'
  throw commandError(
    'INVALID_VALUE',
    `--${name} must be ${kind} from ${range.min} to ${range.max}${hint}, but ${received(text)}.`,
  )
}

function rangeInWords({ min, max, integer, hint }: NumberRange): string {
  return `${integer ? 'whole, ' : ''}${min} to ${max}${hint === undefined ? '' : `, ${hint}`}`
}

/**
 * Whether a switch is on: alone, or with true or false in the spellings that people use.
 *
 * @throws {VigilError} INVALID_VALUE
 */
export function switchFlag(flags: Flags, name: string): boolean {
  const text = flags.get(name)
  if (text === undefined) return false
  const value = text === null ? true : booleanOf(text)
  if (value !== null) return value
  throw commandError('INVALID_VALUE', `--${name} must be true or false, but ${received(text)}. Give --${name} alone.`)
}

/** true or false as people spell it; null for anything else. */
export function booleanOf(text: string): boolean | null {
  if (/^(true|yes|on)$/i.test(text)) return true
  return /^(false|no|off)$/i.test(text) ? false : null
}

/**
 * A flag's value as text; undefined when the flag was not given.
 *
 * @throws {VigilError} INVALID_VALUE for a flag without a value
 */
export function textFlag(flags: Flags, name: string, value = 'VALUE'): string | undefined {
  const text = flags.get(name)
  if (text === undefined || (text !== null && text !== '')) return text ?? undefined
  throw commandError('INVALID_VALUE', `--${name} needs a value, as in --${name}=${value}.`)
}

/**
 * A flag's value as one of some words; undefined when the flag was not given.
 *
 * @throws {VigilError} INVALID_VALUE
 */
export function choiceFlag<Choice extends string>(
  flags: Flags,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = flags.get(name)
  if (text === undefined) return undefined
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  const nearest = nearestName(text ?? '', choices)
  const meant = nearest === null ? '' : ` Did you mean ${nearest}?`
  throw commandError('INVALID_VALUE', `--${name} must be one of ${choices.join(', ')}, but ${received(text)}.${meant}`)
}

function received(text: string | null): string {
  return text === null || text === '' ? 'has no value' : `is "${harmlessText(text, 100)}"`
}

function unknownFlag(written: string, name: string, names: readonly string[]): VigilError {
  const turnedOff = name.replace(/^no-/, '')
  if (turnedOff !== name && names.includes(turnedOff)) {
    return commandError('UNKNOWN_FLAG', `There is no flag --${name}. Give --${turnedOff}=false.`)
  }
  const nearest = nearestName(name, names)
  const few = names.length <= 12
  const rest = nearest
    ? ` Did you mean --${nearest}?`
    : few
      ? ` The flags are ${names.map((flag) => `--${flag}`).join(', ')}.`
      : ' --help lists all flags.'
  return commandError('UNKNOWN_FLAG', `There is no flag --${harmlessText(written, 100)}.${rest}`)
}

/** A name as it is written on the command line, without the dashes: kebab-case. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The valid name that a wrong one most likely meant; null when none is near. */
export function nearestName(wrong: string, valid: readonly string[]): string | null {
  // The distance takes time that grows with the product of the lengths.
  if (wrong.length > 100) return null
  const nearest = closest(wrong, valid as string[])
  const letters = distance(wrong, nearest)
  return letters < wrong.length && letters <= Math.max(2, wrong.length / 3) ? nearest : null
}
