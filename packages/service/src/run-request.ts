import { resolve } from 'node:path'
import type { DatasetRequest } from '@vigil/data'
import { DATASET_NAMES, FEATURE_PROFILES } from '@vigil/features'
import { firstIssue, openRunFolder, runFolderError } from '@vigil/runs'
import { z } from 'zod'

const u32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

/** What config.json says of a run's data; all else in it is others' to read. */
const dataSettings = z.object({
  dataset: z.enum(DATASET_NAMES as [(typeof DATASET_NAMES)[number]]),
  data: z.string().nullable(),
  features: z.enum(FEATURE_PROFILES),
  split: z.enum(['stratified', 'temporal', 'by-stream', 'described']),
  splitSeed: u32,
  seed: u32,
  rows: z.int().min(1).nullable(),
})

/**
 * The data that a run was trained on.
 *
 * @param path where they lie now, null = where they lay
 * @throws {VigilError} RUN_FOLDER
 */
export async function requestOfRun(run: string, path: string | null): Promise<DatasetRequest> {
  const { config } = await openRunFolder(run)
  const parsed = dataSettings.safeParse(config)
  if (!parsed.success) {
    throw runFolderError(
      'RUN_FOLDER',
      `${resolve(run)} does not tell its data, config.json, ${firstIssue(parsed.error)}.`,
    )
  }
  const { data, ...request } = parsed.data
  return { ...request, path: path ?? data }
}
