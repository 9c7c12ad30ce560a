import { readFile } from 'node:fs/promises'
import {
  booleanOf,
  commandError,
  type FlagReading,
  type Flags,
  type FlagTable,
  numberOf,
  readFlags,
  systemReason,
} from '@vigil/command-line'
import { SPECIFICATION_PRESETS } from '@vigil/env-wasm'
import type { z } from 'zod'
import { configSchema } from './config-schema.ts'
import { configError } from './errors.ts'
import { labConfigSchema } from './lab-config-schema.ts'
import { settingGroups } from './setting-help.ts'

/** What the command line says: settings for the config, and the command's own flags. */
export type CommandLine = {
  readonly settings: Record<string, unknown>
  readonly flags: Flags
}

/**
 * Sorts the words of a command line into settings and the command's own flags. Numbers, switches, lists and null are read
 * as people write them; the schema judges them later.
 *
 * @param own the command's own flags, which come as they are
 * @throws {VigilError} UNKNOWN_FLAG with the nearest valid flag, INVALID_VALUE for a setting without a value
 */
export function parseFlags(
  words: readonly string[],
  own: FlagTable,
  schema: z.ZodObject = configSchema,
  reading: FlagReading = {},
): CommandLine {
  const all = settingGroups(schema).flatMap((group) => group.flags)
  const keys = new Map(all.map(({ name, key }) => [name, key]))
  const settings: Record<string, unknown> = {}
  const flags = new Map<string, string | null>()
  const table = { ...Object.fromEntries(all.map(({ name, ...rest }) => [name, rest])), ...own }
  for (const [name, text] of readFlags(words, table, reading)) {
    if (Object.hasOwn(own, name)) {
      flags.set(name, text)
      continue
    }
    const key = keys.get(name)!
    // An empty value is a missing one: `--out=` says as little as `--out`.
    const value = text === null && SWITCHES.has(key) ? 'true' : text || missingValue(name)
    place(settings, key, readValue(key, value))
  }
  return { settings, flags }
}

/**
 * Reads a config file: a JSON object of settings.
 *
 * @throws {VigilError} CONFIG_FILE
 */
export async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  const json = await readJson(path, 'config file')
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>
  throw configError('CONFIG_FILE', `The config file ${path} must hold one JSON object of settings.`)
}

/**
 * What `--specifications` names: a preset, a file with a JSON list, or one formula, which is then called "specification".
 *
 * @throws {VigilError} CONFIG_FILE
 */
export async function readSpecifications(value: string): Promise<unknown> {
  if (value === 'auto' || value in SPECIFICATION_PRESETS) return value
  if (!value.endsWith('.json')) return [{ name: 'specification', formula: value }]
  const json = await readJson(value, 'file of specifications')
  if (Array.isArray(json)) return json
  throw configError(
    'CONFIG_FILE',
    `The file of specifications ${value} must hold a JSON list of { name, formula, target }.`,
  )
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

/** Settings of one source: a preset, a file, the command line. */
export type SettingLayer = { readonly source: string; readonly settings: Record<string, unknown> }

/** Settings of several sources, a later one overruling those before it, and which of them a setting comes from. */
export function layerSettings(layers: readonly SettingLayer[]): {
  readonly settings: Record<string, unknown>
  readonly sourceOf: (path: readonly PropertyKey[]) => string
} {
  return {
    settings: layers.reduce((merged, { settings }) => mergeSettings(merged, settings), {}),
    sourceOf(path) {
      const within = layers.filter(({ settings }) => hasPath(settings, path))
      return within.at(-1)?.source ?? layers.map(({ source }) => source).join(' and ')
    },
  }
}

function hasPath(settings: object, path: readonly PropertyKey[]): boolean {
  let value: unknown = settings
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = value[key as keyof typeof value]
  }
  return true
}

async function readJson(path: string, what: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw configError(
      'CONFIG_FILE',
      `The ${what} ${path} cannot be read: ${systemReason(cause)}. Give a JSON file of settings.`,
    )
  })
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw configError('CONFIG_FILE', `The ${what} ${path} is not JSON: ${(cause as Error).message}.`)
  }
}

/** Settings that are true or false. */
const SWITCHES: ReadonlySet<string> = new Set(['anneal', 'bootstrap', 'layerNorm'])
/** Settings that stay as they are written. */
const TEXTS: ReadonlySet<string> = new Set(['data', 'out', 'specifications'])

function missingValue(name: string): never {
  throw commandError('INVALID_VALUE', `--${name} needs a value, as in --${name}=VALUE.`)
}

/** A list of widths or names may come without its brackets. What cannot be read stays text, for the schema to refuse. */
function readValue(key: string, value: string): unknown {
  if (TEXTS.has(key)) return value
  if (key === 'defects' && !value.trimStart().startsWith('[')) {
    const names = value.split(',').map((name) => name.trim())
    return names.join() === 'none' ? [] : names
  }
  if (/^(none|null)$/i.test(value) && isNullable(key)) return null
  if (SWITCHES.has(key)) return booleanOf(value) ?? value
  const isWidths = key.endsWith('Hidden') && !value.trimStart().startsWith('[')
  const numbers = (isWidths ? value.split(',') : [value]).map(numberOf)
  if (!numbers.some(Number.isNaN)) return isWidths ? numbers : numbers[0]
  if (!value.trimStart().startsWith('[')) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function isNullable(key: string): boolean {
  const { shape } = labConfigSchema
  return Object.hasOwn(shape, key) && shape[key as keyof typeof shape].safeParse(null).success
}

function place(settings: Record<string, unknown>, key: string, value: unknown): void {
  const [outer, inner] = key.split('.')
  if (inner === undefined) settings[outer] = value
  else settings[outer] = { ...(settings[outer] as object | undefined), [inner]: value }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
