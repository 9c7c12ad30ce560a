/** The settings as flags, with values and defaults read from the schema. */
import { type FlagHelp, flagName } from '@vigil/command-line'
import { z } from 'zod'
import { configSchema } from './config-schema.ts'
import { LAB_SETTING_GROUPS, SETTING_GROUPS } from './setting-descriptions.ts'

/** A setting, for help and documents. */
export type SettingHelp = FlagHelp & {
  /** As it stands in a config file: rewards.truePositive. */
  readonly key: string
  readonly default: string
  readonly range: string
}

/** The part of JSON Schema that zod writes for our settings. */
type JsonSchema = {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly minItems?: number
  readonly maxItems?: number
}

/** Every setting of a run, in the groups of its description. */
export function settingGroups(
  schema: z.ZodObject = configSchema,
): { readonly title: string; readonly flags: readonly SettingHelp[] }[] {
  const root = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
  const defaults = schema.parse({}) as Readonly<Record<string, unknown>>
  const groups = schema === configSchema ? SETTING_GROUPS : { ...SETTING_GROUPS, ...LAB_SETTING_GROUPS }
  return Object.entries(groups).map(([title, settings]) => ({
    title,
    flags: Object.entries(settings).map(([key, about]) => {
      const [outer, inner] = key.split('.')
      const schema = inner === undefined ? root.properties?.[outer] : root.properties?.[outer]?.properties?.[inner]
      if (schema === undefined) throw new TypeError(`The description "${key}" has no setting.`)
      const value = inner === undefined ? defaults[outer] : (defaults[outer] as Record<string, unknown>)[inner]
      return {
        key,
        name: flagName(key),
        value: placeholderOf(schema),
        about,
        range: rangeOf(schema),
        default: inWords(value),
      }
    }),
  }))
}

function inWords(value: unknown): string {
  return value === null || String(value) === '' ? 'none' : String(value)
}

/** What stands behind the equals sign in the help. */
function placeholderOf(schema: JsonSchema): string {
  const kinds = (schema.anyOf ?? [schema]).map(({ type, enum: choices }) => (choices === undefined ? type : 'choice'))
  if (kinds.includes('array')) return 'LIST'
  if (kinds.includes('integer')) return 'N'
  if (kinds.includes('number')) return 'NUMBER'
  if (kinds.includes('boolean')) return 'true|false'
  return kinds.includes('choice') ? 'NAME' : 'PATH'
}

/** What a value may be, in words. */
function rangeOf(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(rangeOf).join(' or ')
  if (schema.enum !== undefined) return schema.enum.join(', ')
  if (schema.const !== undefined) return String(schema.const)
  switch (schema.type) {
    case 'null':
      return 'none'
    case 'boolean':
      return 'true, false'
    case 'array': {
      const { minItems = 0, maxItems = minItems, items = {} } = schema
      return `${minItems} to ${maxItems} of: ${items.type === 'object' ? 'specification' : rangeOf(items)}`
    }
    case 'integer':
      return `whole, ${bounds(schema)}`
    case 'number':
      return bounds(schema)
    default:
      return 'a path'
  }
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = exclusiveMinimum === undefined ? `${minimum}` : `above ${exclusiveMinimum}`
  if (exclusiveMaximum !== undefined) return `${low}, below ${exclusiveMaximum}`
  return maximum === undefined ? low : `${low} to ${maximum}`
}
