import { type ConfigInput, resolveConfig } from '@vigil/config'
import type { LoadedDataset } from '@vigil/data'
import { loadData } from '@vigil/learner'

/** What decides which events are read and how they are seen. */
export type DataSettings = Pick<
  ConfigInput,
  'dataset' | 'data' | 'features' | 'split' | 'splitSeed' | 'seed' | 'rows' | 'environment' | 'belief'
>

/**
 * Reads or generates events as a training with these settings sees them: divided, encoded, every encoder fitted on training rows.
 *
 * @example
 * ```ts
 * const { dataset } = await loadDataset({ dataset: 'synthetic', rows: 5000 })
 * dataset.splits.train.rows // Uint32Array of row numbers into dataset.dense [N, D] and dataset.categorical [N, C]
 * ```
 *
 * @param onNote gets what a person should know of how the data were read
 * @throws {VigilError} UNKNOWN_KEY, INVALID_VALUE, CONFLICT for settings, and for bad data
 */
export async function loadDataset(
  settings: DataSettings,
  onNote: (text: string) => void = () => undefined,
): Promise<LoadedDataset> {
  return await loadData(resolveConfig(settings, 'loadDataset'), undefined, onNote)
}
