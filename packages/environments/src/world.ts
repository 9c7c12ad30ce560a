import { type ConfigInput, environmentOf, resolveConfig } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import { compileEnvironment, type EnvironmentSpec } from '@vigil/env-wasm'
import { loadData } from '@vigil/learner'

/** What environments of the same settings share: the events, and what actions come to. */
export type World = {
  readonly dataset: Dataset
  readonly spec: EnvironmentSpec
  readonly module: WebAssembly.Module
}

/** How many episodes run side by side, and over which events. */
export type EnvironmentOptions = {
  /** E. Default 1. */
  readonly lanes?: number
  /** Part of the split whose events come. Default train: what is to be judged later must not be learnt from. */
  readonly part?: 'train' | 'validation' | 'test'
}

/**
 * Reads or generates the events of an environment, as a training with these settings would.
 *
 * @param onNote gets what a person should know of how the data were read
 * @throws {VigilError} UNKNOWN_KEY, INVALID_VALUE, CONFLICT for settings, and for bad data
 */
export async function loadWorld(
  settings: ConfigInput,
  onNote: (text: string) => void = () => undefined,
): Promise<World> {
  const config = resolveConfig(settings, 'environment')
  const { dataset } = await loadData(config, undefined, onNote)
  return { dataset, spec: environmentOf(config), module: await compileEnvironment() }
}
