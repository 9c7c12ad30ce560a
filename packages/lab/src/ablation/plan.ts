import { join } from 'node:path'
import {
  CONFIG_ERRORS,
  type Config,
  configError,
  configFingerprint,
  mergeSettings,
  resolveLabConfig,
} from '@vigil/config'
import { isErrorOf } from '@vigil/errors'
import type { PlacedConfig } from '@vigil/learner'
import { readPreset } from '../presets/presets.ts'
import { type Settings, withDefects, without } from './causes.ts'
import type { Options } from './options.ts'
import { quickSettings } from './quick.ts'

/** One training that is to be done. */
export type PlannedRun = {
  /** The preset and what was changed about it: `original without inputs`. */
  readonly name: string
  readonly preset: string
  readonly seed: number
  /** Inside the ablation's folder. */
  readonly folder: string
  readonly config: PlacedConfig
}

/** All trainings in their order, and in words what was asked for and would change nothing. */
export type Plan = { readonly runs: readonly PlannedRun[]; readonly omitted: readonly string[] }

/**
 * Every preset as it is, then without causes, then with defects, each for every seed.
 *
 * @throws {VigilError} as resolveLabConfig, naming the preset
 */
export function planOf(options: Options): Plan {
  const runs: PlannedRun[] = []
  const omitted: string[] = []
  for (const preset of options.presets) {
    const settings = settingsOf(preset, options)
    const plain = resolve(settings, preset)
    const variants = [
      { name: preset, settings },
      ...options.without.map((causes) => ({
        name: `${preset} without ${causes.join(' + ')}`,
        settings: without(settings, causes, plain),
      })),
      ...options.with.map((defects) => ({
        name: `${preset} with ${defects.join(' + ')}`,
        settings: withDefects(settings, defects),
      })),
    ]
    const seen = new Map<string, string>()
    for (const variant of variants) {
      const fingerprint = configFingerprint(resolve(variant.settings, variant.name))
      const same = seen.get(fingerprint)
      if (same !== undefined) {
        omitted.push(`${variant.name} is ${same} ${same === preset ? 'itself' : 'again'} and is left out.`)
        continue
      }
      seen.set(fingerprint, variant.name)
      for (const seed of options.seeds) {
        const folder = `${variant.name.replaceAll(' + ', '+').replaceAll(' ', '-')}-seed${seed}`
        const out = join(options.out, folder)
        const config = { ...resolve({ ...variant.settings, seed, out }, variant.name), out }
        runs.push({ name: variant.name, preset, seed, folder, config })
      }
    }
  }
  return { runs, omitted }
}

/** A preset's settings, overruled by what `--quick` makes smaller, overruled by the command line. */
function settingsOf(preset: string, { quick, overrides }: Options): Settings {
  const own = readPreset(preset).settings
  const smaller = quick ? quickSettings(own, overrides) : {}
  const settings = mergeSettings(mergeSettings(own, smaller), overrides)
  // Widths of LSTM layers are meant for the presets that have some.
  const { lstmHidden: _widths, ...others } = settings
  return settings.policy === 'lstm' ? settings : others
}

/** Some conflicts speak of settings alone: with many presets it must be said whose they are. */
function resolve(settings: Settings, name: string): Config {
  try {
    return resolveLabConfig(settings, name)
  } catch (error) {
    if (!isErrorOf(CONFIG_ERRORS, error) || error.code !== 'CONFLICT') throw error
    throw configError('CONFLICT', `${name}: ${error.message}`)
  }
}
