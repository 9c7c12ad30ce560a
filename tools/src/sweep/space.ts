import { readFile } from 'node:fs/promises'
import { flagName, harmlessText, nearestName, systemReason } from '@vigil/command-line'
import { configKeys } from '@vigil/config'
import { firstIssue } from '@vigil/runs'
import { parse } from 'yaml'
import { z } from 'zod'
import { toolError } from '../errors.ts'

/** A setting that a sweep varies, as a place in [0, 1). */
export type Parameter =
  | {
      readonly key: string
      readonly kind: 'range'
      readonly from: number
      readonly to: number
      readonly scale: 'linear' | 'log'
      /** Values are from, from + step, ...; null = any. */
      readonly step: number | null
    }
  | { readonly key: string; readonly kind: 'choices'; readonly values: readonly unknown[] }

/** What a sweep varies, in the order of the file. */
export type Space = readonly Parameter[]

const rangeSchema = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    scale: z.enum(['linear', 'log']).default('linear'),
    step: z.number().positive().nullable().default(null),
  })
  .refine(({ from, to }) => from < to, 'from must be below to')
  .refine(({ from, scale }) => scale === 'linear' || from > 0, 'a logarithmic range begins above 0')
  .refine(({ step, scale }) => step === null || scale === 'linear', 'a logarithmic range has no step')
  .refine(({ from, to, step }) => step === null || to - from >= step, 'step must fit between from and to')

const spaceSchema = z.record(
  z.string(),
  z.union([rangeSchema, z.strictObject({ choices: z.array(z.json()).min(1).max(100) })]),
)

/** Settings that would change what the reward of validation means, or where and how fast a run is. */
const FIXED =
  /^(dataset|data|rows|split|splitSeed|seed|out|actors|engineThreads|environment|validateEvery|specifications|rewards\..*|response\..*)$/

/**
 * Reads the file of a space: YAML, setting by setting.
 *
 * @throws {VigilError} SWEEP_SPACE naming the setting that is wrong
 */
export async function readSpace(path: string): Promise<Space> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw toolError(
      'SWEEP_SPACE',
      `The space ${path} cannot be read: ${systemReason(cause)}. Give a YAML file of settings.`,
    )
  })
  return parseSpace(text, path)
}

/** @see readSpace @param source of the text, for messages */
export function parseSpace(text: string, source: string): Space {
  let yaml: unknown
  try {
    yaml = parse(text, { maxAliasCount: 0 })
  } catch (cause) {
    throw toolError('SWEEP_SPACE', `${source} is not YAML (${(cause as Error).message.split('\n')[0]}).`)
  }
  const result = spaceSchema.safeParse(yaml)
  if (!result.success) {
    throw toolError(
      'SWEEP_SPACE',
      `${source} must give each setting { from, to, scale, step } or { choices } (${firstIssue(result.error)}).`,
    )
  }
  const keys = configKeys()
  return Object.entries(result.data).map(([key, given]): Parameter => {
    if (!keys.includes(key)) {
      const nearest = nearestName(key, keys)
      const remedy = nearest === null ? 'docs/training.md lists all settings.' : `Did you mean "${nearest}"?`
      throw toolError('SWEEP_SPACE', `${source}: there is no setting "${harmlessText(key, 100)}". ${remedy}`)
    }
    if (FIXED.test(key)) {
      throw toolError(
        'SWEEP_SPACE',
        `${source}: "${key}" cannot be varied: trials are compared by their reward on one validation split. Give it as --${flagName(key)}.`,
      )
    }
    return 'choices' in given ? { key, kind: 'choices', values: given.choices } : { key, kind: 'range', ...given }
  })
}

/** The value at a place. @param unit in [0, 1) */
export function valueAt(parameter: Parameter, unit: number): unknown {
  if (parameter.kind === 'choices') return parameter.values[Math.floor(unit * parameter.values.length)]
  const { from, to, scale, step } = parameter
  if (step !== null) return rounded(from + step * Math.floor(unit * stepsOf({ from, to, step })))
  return rounded(scale === 'log' ? from * (to / from) ** unit : from + (to - from) * unit)
}

/** The place of a value, of which valueAt makes it again; null where the parameter cannot have it. */
export function unitOf(parameter: Parameter, value: unknown): number | null {
  if (parameter.kind === 'choices') {
    const index = parameter.values.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(value))
    return index < 0 ? null : (index + 0.5) / parameter.values.length
  }
  if (typeof value !== 'number') return null
  const { from, to, scale, step } = parameter
  const place = scale === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from)
  const unit =
    step === null ? Math.min(place, BELOW_1) : (Math.round((value - from) / step) + 0.5) / stepsOf({ from, to, step })
  return unit >= 0 && unit < 1 && valueAt(parameter, unit) === rounded(value) ? unit : null
}

/** Values at both ends of a parameter, or all choices: what must be a setting at all. */
export function extremesOf(parameter: Parameter): readonly unknown[] {
  return parameter.kind === 'choices' ? parameter.values : [valueAt(parameter, 0), valueAt(parameter, BELOW_1)]
}

/** A setting as a word of the command line. */
export function wordOf(key: string, value: unknown): string {
  const text = value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value)
  return `--${flagName(key)}=${text}`
}

/** The last place. */
const BELOW_1 = 1 - 2 ** -40

/** How many values a range with a step has. */
function stepsOf({ from, to, step }: { readonly from: number; readonly to: number; readonly step: number }): number {
  return Math.floor((to - from) / step + 1e-9) + 1
}

/** Six digits: what a table shows is what was trained. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
