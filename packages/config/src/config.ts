import { createHash } from 'node:crypto'
import { flagName, harmlessText, nearestName } from '@vigil/command-line'
import { compileConstraints, ENVIRONMENT_ERRORS } from '@vigil/env-wasm'
import { isErrorOf } from '@vigil/errors'
import { datasetConflict } from '@vigil/features'
import { type EarlierLength, lengthAt } from '@vigil/ppo'
import { StlError } from '@vigil/stl'
import { assertDirectlyLearnable } from '@vigil/stl-smooth/learnable'
import { maxFaults } from '@vigil/vote'
import { z } from 'zod'
import { configSchema } from './config-schema.ts'
import { environmentOf } from './environment.ts'
import { CONFIG_ERRORS, configError } from './errors.ts'
import { LAB_KEYS, labConfigSchema, type ParsedConfig } from './lab-config-schema.ts'
import { assertLabConsistent } from './lab-conflicts.ts'
import type { Config, RunOrigin } from './resolved-config.ts'
import { resolvedSettings } from './resolved-settings.ts'
import { responseConflict } from './response-conflict.ts'

/** Where a setting comes from, for messages: one name for all, or one for the setting at a path. */
export type SettingSource = string | ((path: readonly PropertyKey[]) => string)

/** What `resolveConfig` is told where settings come from flags: messages then name the flags. */
export const COMMAND_LINE = 'command line'

/** Settings that change how fast a run is or where it goes, never what comes out. */
const WITHOUT_EFFECT: readonly string[] = ['actors', 'engineThreads', 'out', 'data'] satisfies (keyof Config)[]

/**
 * Checks and resolves a config.
 *
 * @example
 * ```ts
 * resolveConfig({ agents: 7, rule: 'majority' }, () => 'this script').faults // 2, and everything else at its default
 * ```
 *
 * @param input  what a person gave, merged from a file and flags; not trusted
 * @param source where it came from, for messages
 * @throws {VigilError} UNKNOWN_KEY with the nearest valid key, INVALID_VALUE, CONFLICT
 */
export function resolveConfig(input: unknown, source: SettingSource): Config {
  return resolve(labConfigSchema.parse(parse(input, source, configSchema)), 'campaign')
}

/** As resolveConfig, for an experiment: with the settings of labConfigSchema besides, and on `synthetic` where nothing else is named. */
export function resolveLabConfig(input: unknown, source: SettingSource): Config {
  const config = resolve(parse(input, source, labConfigSchema), 'synthetic')
  assertLabConsistent(config)
  return config
}

/** @param generator the dataset where none is named */
function resolve(parsed: ParsedConfig, generator: 'campaign' | 'synthetic'): Config {
  const config = { ...parsed, ...resolvedSettings(parsed, generator), earlierLengths: [], from: null } as const
  assertConsistent(config)
  return Object.freeze(config)
}

/** Reads the config.json of a run folder: a resolved config, checked again. */
export function parseSavedConfig(json: unknown, source: string): Config {
  if (typeof json !== 'object' || json === null) {
    throw configError('INVALID_VALUE', `${source}: a config must be a JSON object, but is ${json}.`)
  }
  const { earlierLengths, from = null, ...input } = json as Record<string, unknown>
  try {
    const config = resolveLabConfig(input, source)
    return Object.freeze({
      ...config,
      earlierLengths: parseEarlierLengths(earlierLengths, config, source),
      from: parseOrigin(from, source),
    })
  } catch (error) {
    // What Vigil has saved it takes again, so whatever it refuses was changed, or saved by another version.
    if (!isErrorOf(CONFIG_ERRORS, error)) throw error
    const named = error.message.startsWith(`${source}: `) ? '' : `${source}: `
    throw configError(
      error.code,
      `${named}${error.message} The file was written by another version of Vigil, or changed by hand: use that version, or train again.`,
    )
  }
}

/**
 * A run's config with other values for settings that may change while it goes on.
 *
 * @param settings what a person gave; not trusted
 * @throws {VigilError} as resolveConfig
 */
export function withSettings(
  saved: Config,
  settings: Readonly<Record<string, unknown>>,
  source: SettingSource,
): Config {
  const { earlierLengths, from, ...input } = saved
  return Object.freeze({ ...resolveLabConfig({ ...input, ...settings }, source), earlierLengths, from })
}

/** The config of a run that begins from the weights of another one. */
export function beginningFrom(config: Config, from: RunOrigin): Config {
  return Object.freeze({ ...config, from, warmStart: 'none' })
}

/** The config of a run that is made longer where it stands, after iteration `after`. @param iterations more than now */
export function lengthened(config: Config, after: number, iterations: number): Config {
  const { iterations: last, earlierLengths } = asOf(config, after)
  // What was never in force leaves no trace.
  const now = after === 0 ? [] : [{ upTo: after, iterations: last }]
  return Object.freeze({ ...config, iterations, earlierLengths: [...earlierLengths, ...now] })
}

/** Whether what a run learns depends on a setting, named by its key in the config. */
export function affectsResults(setting: string): boolean {
  return !WITHOUT_EFFECT.includes(setting)
}

/**
 * SHA-256 (hex) of everything in a config that affects results: two runs with the same value learn the same.
 *
 * @param iteration up to this one: what training was made longer by later has no effect on it. By default all
 */
export function configFingerprint(config: Config, iteration = Number.POSITIVE_INFINITY): string {
  const { from, ...settings } = asOf(config, iteration)
  const relevant: [string, unknown][] = Object.entries(settings).filter(([key]) => affectsResults(key))
  // Where the weights lay has no effect, and a run with fresh ones has the fingerprint of before there were others.
  if (from !== null) relevant.push(['from', from.weightsSha256])
  relevant.sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(relevant)).digest('hex')
}

/** The config that was in force in an iteration: before that, training was made longer; later, it has not been yet. */
function asOf(config: Config, iteration: number): Config {
  const earlierLengths = config.earlierLengths.filter(({ upTo }) => upTo < iteration)
  return { ...config, iterations: lengthAt(config, iteration), earlierLengths }
}

const earlierLengthsSchema = z.array(z.strictObject({ upTo: z.int().min(1), iterations: z.int().min(1) }))

function parseEarlierLengths(json: unknown, { iterations }: Config, source: string): readonly EarlierLength[] {
  const { data: earlier } = earlierLengthsSchema.safeParse(json)
  const isPossible = earlier?.every((own, i) => {
    const next = earlier[i + 1] ?? { upTo: Number.POSITIVE_INFINITY, iterations }
    return own.upTo <= own.iterations && own.upTo < next.upTo && own.iterations < next.iterations
  })
  if (earlier && isPossible) return Object.freeze(earlier)
  throw configError(
    'INVALID_VALUE',
    `${source}: earlierLengths must list how long the training was to be, ascending to ${iterations}, but is ${inJson(json)}.`,
  )
}

const originSchema = z.strictObject({ run: z.string(), weightsSha256: z.string().regex(/^[0-9a-f]{64}$/) }).nullable()

function parseOrigin(json: unknown, source: string): RunOrigin | null {
  const { success, data } = originSchema.safeParse(json)
  if (success) return data
  throw configError(
    'INVALID_VALUE',
    `${source}: from must be null, or the run that training began from as { run, weightsSha256 }, but is ${harmlessText(inJson(json), 100)}.`,
  )
}

/** Every key of the config, nested ones with a dot, as `rewards.truePositive`. */
export function configKeys(schema: z.ZodObject = configSchema): string[] {
  return Object.entries(schema.shape).flatMap(([key, schema]) => {
    const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : null
    return inner instanceof z.ZodObject ? Object.keys(inner.shape).map((name) => `${key}.${name}`) : [key]
  })
}

function parse<Schema extends z.ZodObject>(input: unknown, from: SettingSource, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = issue.path.join('.')
  const wrong = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path
  const source = typeof from === 'string' ? from : from(wrong)
  if (issue.code === 'unrecognized_keys') {
    const key = wrong.join('.')
    if (LAB_KEYS.includes(key)) {
      throw configError(
        'UNKNOWN_KEY',
        `${source}: "${key}" is a setting of experiments. Train with it by: npx nx run lab:train.`,
      )
    }
    const suggestion = nearestName(key, configKeys(schema))
    throw configError(
      'UNKNOWN_KEY',
      `${source}: there is no setting "${harmlessText(key, 100)}".${suggestion ? ` Did you mean "${suggestion}"?` : ''} docs/training.md lists all settings.`,
    )
  }
  const received = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], input)
  // A list is one flag, whichever of its items is wrong.
  const flag = flagName(issue.path.filter((part) => typeof part === 'string').join('.'))
  const name = path === '' ? 'the config' : source === COMMAND_LINE ? `--${flag}` : `${source}: ${path}`
  throw configError(
    'INVALID_VALUE',
    `${name} must be ${requirement(issue, issue.path[0])}, but is ${harmlessText(inJson(received), 100)}.${nearestChoice(issue, received)}`,
  )
}

/** The choice that a person may have meant, as a question; '' where there is none. */
function nearestChoice(issue: z.core.$ZodIssue, received: unknown): string {
  if (issue.code !== 'invalid_value' || typeof received !== 'string') return ''
  const nearest = nearestName(received, issue.values.map(String))
  return nearest === null ? '' : ` Did you mean ${nearest}?`
}

/** A value as it stands in a config file; JSON itself has no infinity. */
function inJson(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'missing')
}

/** What a value must be, in words, from the schema's complaint about the setting `key`. */
function requirement(issue: z.core.$ZodIssue, key: PropertyKey): string {
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`
    case 'invalid_union':
      return issue.errors.map((branch) => requirement(branch[0], key)).join(' or ')
    case 'invalid_type':
      if (issue.expected === 'array') return LISTS[String(key)] ?? 'a list of widths such as 128,128'
      return KINDS[issue.expected] ?? `of type ${issue.expected}`
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${lengthOf(issue.origin)}`
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${lengthOf(issue.origin)}`
    default:
      return issue.message
  }
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'text',
  object: 'an object of settings',
}

/** What a list holds, where it is not widths. */
const LISTS: Readonly<Record<string, string>> = {
  defects: 'a list of names such as joint-clip,vote-reward',
  specifications: 'a list of specifications',
}

function lengthOf(origin: string): string {
  return origin === 'array' ? ' long' : origin === 'string' ? ' characters long' : ''
}

function assertConsistent(config: Config): void {
  const conflict = (message: string) => {
    throw configError('CONFLICT', message)
  }
  if (config.agents < 3 * config.faults + 1) {
    conflict(
      `${config.agents} agents cannot tolerate ${config.faults} Byzantine ${config.faults === 1 ? 'fault' : 'faults'}: agents must be at least 3 * faults + 1 = ${3 * config.faults + 1}. Use --agents=${3 * config.faults + 1}, or --faults=${maxFaults(config.agents)}.`,
    )
  }
  const unit = config.shards * config.rolloutSteps
  if (config.rowsPerIteration % unit !== 0) {
    conflict(
      `rowsPerIteration (${config.rowsPerIteration}) must be a multiple of shards * rolloutSteps = ${unit}. Use --rows-per-iteration=${Math.max(unit, Math.round(config.rowsPerIteration / unit) * unit)}.`,
    )
  }
  if (config.minibatchSize > config.rowsPerIteration || config.rowsPerIteration % config.minibatchSize !== 0) {
    conflict(
      `minibatchSize (${config.minibatchSize}) must divide rowsPerIteration (${config.rowsPerIteration}), so that every minibatch has the same size.`,
    )
  }
  if (config.policy === 'lstm' && config.minibatchSize % config.rolloutSteps !== 0) {
    conflict(wholeLanesConflict(config))
  }
  if (config.policy === 'mlp' && String(config.lstmHidden) !== String(configSchema.shape.lstmHidden.parse(undefined))) {
    conflict(
      `policy "mlp" has no LSTM layers, but lstmHidden is ${config.lstmHidden}. Give --policy=lstm as well, or leave --lstm-hidden out.`,
    )
  }
  const faultOfResponse = responseConflict(config)
  if (faultOfResponse !== null) conflict(faultOfResponse)
  if (config.sampling !== 'natural' && config.episodes === 'stream') {
    conflict(
      `sampling "${config.sampling}" draws single rows, but episodes "stream" plays whole streams. Give --episodes=iid, or leave --sampling out.`,
    )
  }
  if (config.sampling === 'importance' && config.specifications.length > 0) {
    conflict(
      'sampling "importance" weights rewards, but specifications count steps. Leave --sampling out, or --specifications.',
    )
  }
  if (config.stlMode !== 'off' && config.specifications.length === 0) {
    conflict(`stlMode "${config.stlMode}" needs specifications, but there is none. Give some, or --stl-mode=off.`)
  }
  assertWatchable(config)
  if (config.observeConstraints !== 'none' && config.specifications.length === 0) {
    conflict('observeConstraints shows the agents specifications, but there is none. Give --specifications=FILE.json.')
  }
  if ((config.engine === 'portable' || config.engine === 'native') && config.backend !== 'auto') {
    conflict(
      `engine "${config.engine}" has no backends, but backend is "${config.backend}". Leave --backend out, or give --engine=tfjs.`,
    )
  }
  const faultOfDataset = datasetConflict(config)
  if (faultOfDataset !== null) conflict(faultOfDataset)
}

/** Every formula is about signals of the environment, can be watched step by step and, where it is to be, differentiated. */
function assertWatchable(config: Config): void {
  try {
    compileConstraints(environmentOf(config))
  } catch (error) {
    if (!isErrorOf(ENVIRONMENT_ERRORS, error)) throw error
    throw configError('INVALID_VALUE', `${error.message}${excerptOf(error.cause)}`)
  }
  if (config.stlMode !== 'lagrangian+direct') return
  for (const { name, formula } of config.specifications) {
    try {
      assertDirectlyLearnable(formula)
    } catch (error) {
      if (!(error instanceof StlError)) throw error
      const message = `stlMode "lagrangian+direct" cannot take the gradient of "${name}": ${error.message} Or use --stl-mode=lagrangian.`
      throw configError('INVALID_VALUE', `${message}${excerptOf(error)}`)
    }
  }
}

/** The place that an error of a formula is about, on a line of its own. */
function excerptOf(error: unknown): string {
  return error instanceof StlError && error.excerpt !== null ? `\n${error.excerpt}` : ''
}

/** A recurrent team learns from whole lanes. The nearest size that cuts them into equal minibatches is the remedy. */
function wholeLanesConflict({ minibatchSize, rowsPerIteration, rolloutSteps }: Config): string {
  const lanes = rowsPerIteration / rolloutSteps
  const wanted = minibatchSize / rolloutSteps
  let nearest = 1
  for (let count = 1; count <= lanes; count++) {
    if (lanes % count === 0 && Math.abs(count - wanted) < Math.abs(nearest - wanted)) nearest = count
  }
  return (
    `policy "lstm" learns from whole lanes of rolloutSteps = ${rolloutSteps} events, so minibatchSize (${minibatchSize}) must be a multiple of ${rolloutSteps}. ` +
    `Use --minibatch-size=${nearest * rolloutSteps} (${nearest} of ${lanes} lanes), or other --rollout-steps.`
  )
}
