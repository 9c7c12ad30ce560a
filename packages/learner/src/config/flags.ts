import { readFile } from 'node:fs/promises'
import { configKeys, nearestName } from './config.ts'
import { configSchema } from './config-schema.ts'
import { ConfigError } from './errors.ts'

/** Flags of a command that are not settings of the config. */
export type CommandFlags = Readonly<Record<string, string>>

/** What the command line says: settings for the config, and the command's own flags. */
export type CommandLine = { readonly settings: Record<string, unknown>; readonly flags: CommandFlags }

/**
 * Reads `--name=value` and `--name value`. Names are kebab-case or camelCase; values are JSON where the setting is no
 * text, lists may be written 128,128.
 *
 * @param own names of the command's own flags, in kebab-case
 * @throws {ConfigError} UNKNOWN_FLAG with the nearest valid flag, INVALID_VALUE
 */
export function parseFlags(argv: readonly string[], own: readonly string[]): CommandLine {
  const keys = new Map(configKeys().map((key) => [flagName(key), key]))
  const settings: Record<string, unknown> = {}
  const flags: Record<string, string> = {}
  for (let i = 0; i < argv.length; i++) {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(argv[i])
    if (match === null) {
      throw new ConfigError('UNKNOWN_FLAG', `"${argv[i]}" is not a flag. Flags look like --seed=1.`)
    }
    const name = flagName(match[1])
    const follows = i + 1 < argv.length && !argv[i + 1].startsWith('--')
    const value = match[2] ?? (follows ? argv[++i] : 'true')
    const key = keys.get(name)
    if (own.includes(name)) flags[name] = value
    else if (key === undefined) throw unknownFlag(match[1], [...keys.keys(), ...own])
    else place(settings, key, readValue(key, value))
  }
  return { settings, flags }
}

/**
 * Reads a config file: a JSON object of settings.
 *
 * @throws {ConfigError} CONFIG_FILE
 */
export async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('CONFIG_FILE', `The config file ${path} cannot be read: ${(cause as Error).message}.`)
  })
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  } catch (cause) {
    throw new ConfigError('CONFIG_FILE', `The config file ${path} is not JSON: ${(cause as Error).message}.`)
  }
  throw new ConfigError('CONFIG_FILE', `The config file ${path} must hold one JSON object of settings.`)
}

/** Settings of a file, overruled by those of the command line; nested objects are merged. */
export function mergeSettings(file: Record<string, unknown>, flags: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...file }
  for (const [key, value] of Object.entries(flags)) {
    const both = isObject(merged[key]) && isObject(value)
    merged[key] = both ? { ...(merged[key] as object), ...(value as object) } : value
  }
  return merged
}

const TEXT_KEYS = new Set(['data', 'out'])

/** A value as JSON where it is JSON, a list where it has commas, else text: the schema judges. */
function readValue(key: string, value: string): unknown {
  if (TEXT_KEYS.has(key)) return value
  const list = key in configSchema.shape && /^\d+(,\d+)*$/.test(value) && key.endsWith('Hidden')
  try {
    return JSON.parse(list ? `[${value}]` : value)
  } catch {
    return value
  }
}

function place(settings: Record<string, unknown>, key: string, value: unknown): void {
  const [outer, inner] = key.split('.')
  if (inner === undefined) settings[outer] = value
  else settings[outer] = { ...(settings[outer] as object | undefined), [inner]: value }
}

function unknownFlag(name: string, valid: readonly string[]): ConfigError {
  const suggestion = nearestName(flagName(name), valid)
  const hint = suggestion ? ` Did you mean --${suggestion}?` : ''
  return new ConfigError('UNKNOWN_FLAG', `There is no flag --${name}.${hint} docs/training.md lists all settings.`)
}

/** A setting's name as it is written on the command line, without the dashes. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
