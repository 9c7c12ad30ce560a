import { type Config, parseSavedConfig } from '@vigil/config'
import { openRunFolder, type RunFolder } from '@vigil/runs'

/**
 * Opens the folder of an earlier run.
 *
 * @returns its files, its config and its feature pipeline as JSON (packages/features checks it)
 * @throws {VigilError} RUN_FOLDER when it is not one, or when the run ended before its files were there
 * @throws {VigilError} UNKNOWN_KEY, INVALID_VALUE, CONFLICT for a config that this version does not take
 */
export async function openRun(path: string): Promise<{ folder: RunFolder; config: Config; pipeline: unknown }> {
  const { folder, config, pipeline } = await openRunFolder(path)
  return { folder, config: parseSavedConfig(config, folder.config), pipeline }
}
