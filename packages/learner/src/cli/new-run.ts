import { type Flags, textFlag } from '@vigil/command-line'
import {
  beginningFrom,
  COMMAND_LINE,
  configError,
  type configSchema,
  type labConfigSchema,
  layerSettings,
  readConfigFile,
  readSpecifications,
  type resolveConfig,
  type SettingLayer,
} from '@vigil/config'
import { assertSameTeam, readOrigin, settingsOfTeam } from '../run/origin.ts'
import type { NewPlan } from '../run/train-in-folder.ts'

/** How the settings of a new run are put together. */
export type NewRunRules = {
  readonly first: readonly SettingLayer[]
  readonly resolve: typeof resolveConfig
  readonly schema: typeof configSchema | typeof labConfigSchema
}

/**
 * Settings to begin from, overruled by those of a config file, overruled by those of the command line.
 *
 * @param flags with `config` and `from`
 * @throws {VigilError} CONFIG_FILE, UNKNOWN_KEY, INVALID_VALUE, CONFLICT, and as readOrigin
 */
export async function newRun(
  settings: Record<string, unknown>,
  flags: Flags,
  { first, resolve, schema }: NewRunRules,
): Promise<NewPlan> {
  const file = textFlag(flags, 'config', 'FILE')
  const from = textFlag(flags, 'from', 'runs/NAME')
  const origin = from === undefined ? null : await readOrigin(from)
  if (typeof settings.specifications === 'string') {
    settings.specifications = await readSpecifications(settings.specifications)
  }
  const layers = layerSettings([
    ...(origin === null ? [] : [{ source: origin.run, settings: settingsOfTeam(origin, schema.shape) }]),
    ...first,
    ...(file === undefined ? [] : [{ source: file, settings: await readConfigFile(file) }]),
    { source: COMMAND_LINE, settings },
  ])
  const config = resolve(layers.settings, layers.sourceOf)
  if (origin === null) return { kind: 'new', config }
  assertSameTeam(origin, config)
  if (settings.warmStart === 'rule') {
    throw configError(
      'CONFLICT',
      "--from begins from another run's team, --warm-start=rule from a rule. Leave one of them out.",
    )
  }
  const { run, weightsSha256 } = origin
  return { kind: 'new', config: beginningFrom(config, { run, weightsSha256 }), origin }
}
