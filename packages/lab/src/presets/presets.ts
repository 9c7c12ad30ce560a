/** Named settings to begin from: the attempts of the earlier system, one after another, and what learns instead. */
import { nearestName } from '@vigil/command-line'
import { mergeSettings } from '@vigil/config'
import { z } from 'zod'
import batchNorm from '../../presets/batch-norm.json' with { type: 'json' }
import defaults from '../../presets/default.json' with { type: 'json' }
import eightFixes from '../../presets/eight-fixes.json' with { type: 'json' }
import monteCarlo from '../../presets/monte-carlo.json' with { type: 'json' }
import noNorm from '../../presets/no-norm.json' with { type: 'json' }
import original from '../../presets/original.json' with { type: 'json' }
import runningNorm from '../../presets/running-norm.json' with { type: 'json' }
import stratified from '../../presets/stratified.json' with { type: 'json' }
import streamEpisodes from '../../presets/stream-episodes.json' with { type: 'json' }
import tdLambda from '../../presets/td-lambda.json' with { type: 'json' }
import valueCoef5 from '../../presets/value-coef-5.json' with { type: 'json' }
import { labError } from '../errors.ts'

/** A file of packages/lab/presets. Its settings are judged by the config's schema, together with what overrules them. */
const presetSchema = z.strictObject({
  /** One line: what it is there for. */
  purpose: z.string().min(1).max(160),
  /** The preset whose settings these change. */
  extends: z.string().optional(),
  /** What the record of the earlier system says came of it. */
  recorded: z.string().min(1).max(200).optional(),
  /** Only what differs from the preset that it extends. */
  settings: z.record(z.string(), z.unknown()),
})

/** In the order of the history. */
const FILES: Readonly<Record<string, unknown>> = {
  original,
  'eight-fixes': eightFixes,
  stratified,
  'batch-norm': batchNorm,
  'value-coef-5': valueCoef5,
  'monte-carlo': monteCarlo,
  'no-norm': noNorm,
  'running-norm': runningNorm,
  'td-lambda': tdLambda,
  'stream-episodes': streamEpisodes,
  default: defaults,
}

/** A preset with everything that it inherits. */
export type Preset = {
  readonly name: string
  readonly purpose: string
  /** What the record of the earlier system says came of it; null where there is none. */
  readonly recorded: string | null
  /** Every setting that differs from the defaults, inherited ones included; not yet judged by the config's schema. */
  readonly settings: Record<string, unknown>
}

/** Every preset, in the order of the history that they repeat. */
export function presetNames(): string[] {
  return Object.keys(FILES)
}

/**
 * A preset and what it inherits.
 *
 * @param name  one of `presetNames`
 * @param files the presets' JSON by name; for tests
 * @throws {VigilError} PRESET for an unknown name (with the nearest), a file that is none, and a chain that ends nowhere
 */
export function readPreset(name: string, files: Readonly<Record<string, unknown>> = FILES): Preset {
  const chain: string[] = []
  let settings: Record<string, unknown> = {}
  let next: string | undefined = name
  while (next !== undefined) {
    if (chain.includes(next)) {
      throw labError('PRESET', `The presets ${[...chain, next].join(' -> ')} extend each other in a circle.`)
    }
    const file = parse(next, files, chain.at(-1))
    settings = mergeSettings(file.settings, settings)
    chain.push(next)
    next = file.extends
  }
  const { purpose, recorded = null } = parse(name, files, undefined)
  return { name, purpose, recorded, settings }
}

function parse(name: string, files: Readonly<Record<string, unknown>>, extendedBy: string | undefined) {
  if (!Object.hasOwn(files, name)) {
    const names = Object.keys(files)
    const nearest = nearestName(name, names)
    const who = extendedBy === undefined ? '' : ` that "${extendedBy}" extends`
    const meant = nearest === null ? `The presets are ${names.join(', ')}.` : `Did you mean "${nearest}"?`
    throw labError('PRESET', `There is no preset "${name}"${who}. ${meant}`)
  }
  const result = presetSchema.safeParse(files[name])
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]
  throw labError('PRESET', `The preset "${name}" is not one (${path.join('.') || 'the file'}: ${message}).`)
}
