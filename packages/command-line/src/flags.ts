import { closest, distance } from 'fastest-levenshtein'
import { UsageError } from './errors.ts'

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

/**
 * Reads `--name=value`, `--name value` and `--name`. Names are kebab-case or camelCase; the last of several wins.
 *
 * @param names every flag of the command, in kebab-case
 * @throws {UsageError} UNKNOWN_FLAG with the nearest valid flag
 */
export function readFlags(words: readonly string[], names: readonly string[]): Flags {
  const flags = new Map<string, string | null>()
  for (let i = 0; i < words.length; i++) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(words[i])
    if (match === null) {
      throw new UsageError('UNKNOWN_FLAG', `"${words[i]}" is not a flag. Flags look like --${names[0]}=VALUE.`)
    }
    const name = flagName(match[1])
    if (!names.includes(name)) throw unknownFlag(match[1], name, names)
    // A value may begin with one hyphen: it is a negative number.
    const follows = match[2] === undefined && i + 1 < words.length && !words[i + 1].startsWith('--')
    flags.set(name, match[2] ?? (follows ? words[++i] : null))
  }
  return flags
}

/**
 * A flag's value as a number; undefined when the flag was not given.
 *
 * @throws {UsageError} INVALID_VALUE
 */
export function numberFlag(flags: Flags, name: string, range: NumberRange): number | undefined {
  const text = flags.get(name)
  if (text === undefined) return undefined
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text)
  const inRange = value >= range.min && value <= range.max && (!range.integer || Number.isInteger(value))
  if (inRange) return value
  const kind = range.integer ? 'an integer' : 'a number'
  throw new UsageError(
    'INVALID_VALUE',
    `--${name} must be ${kind} from ${range.min} to ${range.max}${range.hint ? ` (${range.hint})` : ''}, but ${received(text)}.`,
  )
}

/**
 * A flag's value as one of some words; undefined when the flag was not given.
 *
 * @throws {UsageError} INVALID_VALUE
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
  throw new UsageError('INVALID_VALUE', `--${name} must be one of ${choices.join(', ')}, but ${received(text)}.`)
}

function received(text: string | null): string {
  return text === null || text === '' ? 'has no value' : `is "${text}"`
}

function unknownFlag(written: string, name: string, names: readonly string[]): UsageError {
  const nearest = nearestName(name, names)
  const few = names.length <= 12
  const rest = nearest
    ? ` Did you mean --${nearest}?`
    : few
      ? ` The flags are ${names.map((flag) => `--${flag}`).join(', ')}.`
      : ''
  return new UsageError('UNKNOWN_FLAG', `There is no flag --${written}.${rest}`)
}

/** A name as it is written on the command line, without the dashes: kebab-case. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The valid name that a wrong one most likely meant; null when none is near. */
export function nearestName(wrong: string, valid: readonly string[]): string | null {
  const nearest = closest(wrong, valid as string[])
  return distance(wrong, nearest) <= Math.max(2, wrong.length / 3) ? nearest : null
}
