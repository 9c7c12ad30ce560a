import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import {
  BOOSTING_ERRORS,
  type BoostingInputs,
  type BoostingModel,
  type BoostingProgress,
  DEFAULT_BOOSTING,
  type LabelledRows,
  parseModel,
  trainBoosting,
} from '@vigil/boosting'
import { writeFileAtomically } from '@vigil/command-line'
import type { Dataset } from '@vigil/data'
import { isErrorOf } from '@vigil/errors'
import { RUN_FILE_ERRORS, readRunFile, sha256 } from '@vigil/runs'
import { z } from 'zod'
import { boostingInputs } from './boosting-inputs.ts'

/** Bytes that are read at most; a model of the default settings takes below 1 MB. */
const FILE_BYTES_MAX = 64 * 1024 * 1024

/** boosting.json: a model, and what it was trained on and how. */
const fileSchema = z.strictObject({
  /** Of the dataset, its division and its inputs. */
  datasetFingerprint: sha256,
  settings: z.unknown(),
  /** Of the model as JSON text. */
  modelSha256: sha256,
  model: z.unknown(),
})

/**
 * The boosting baseline of a dataset: trained on its training rows, as many trees as its validation rows want. It is kept at
 * the last of the places, and trained where there is no good copy of it at any of them.
 *
 * @param say        told why a copy is not good
 * @param onProgress called after each tree; signals and timers have their turn all along
 * @throws {VigilError} FILE_UNWRITABLE
 */
export async function boostingBaseline(
  dataset: Dataset,
  places: readonly string[],
  say: (text: string) => void,
  onProgress: (progress: BoostingProgress) => void = () => undefined,
): Promise<BoostingModel> {
  const datasetFingerprint = Buffer.from(dataset.fingerprint).toString('hex')
  const inputs = boostingInputs(dataset)
  const path = places[places.length - 1]
  for (const place of new Set(places)) {
    const kept = await readKept(place, datasetFingerprint, inputs)
    if (typeof kept === 'object' && kept !== null) return kept
    if (kept !== null) say(`training the boosting baseline again: ${kept}`)
  }
  const part = (name: 'train' | 'validation'): LabelledRows => {
    const { rows } = dataset.splits[name]
    return { rows, labels: Uint8Array.from(rows, (row) => dataset.labels[row]) }
  }
  const parts = { train: part('train'), validation: part('validation') }
  const model = await trainBoosting(inputs, parts, DEFAULT_BOOSTING, { onTree: onProgress, pause: setImmediate })
  const modelSha256 = hashOf(model)
  await writeFileAtomically(
    path,
    `${JSON.stringify({ datasetFingerprint, settings: DEFAULT_BOOSTING, modelSha256, model })}\n`,
  )
  return model
}

/** The model at `path`, null where there is none, or why it cannot be used. */
async function readKept(
  path: string,
  datasetFingerprint: string,
  { denseCount, categoricalCount }: BoostingInputs,
): Promise<BoostingModel | string | null> {
  let json: unknown
  try {
    const bytes = await readRunFile(path, FILE_BYTES_MAX)
    if (bytes === null) return null
    json = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    return isErrorOf(RUN_FILE_ERRORS, error) ? error.message : `${path} is not JSON.`
  }
  const file = fileSchema.safeParse(json)
  if (!file.success) return `${path} does not hold a boosting model.`
  const { settings, modelSha256, model } = file.data
  if (file.data.datasetFingerprint !== datasetFingerprint) return `${path} is of other data.`
  if (JSON.stringify(settings) !== JSON.stringify(DEFAULT_BOOSTING)) return `${path} is of other settings.`
  if (hashOf(model) !== modelSha256) return `${path} was changed.`
  try {
    const parsed = parseModel(model)
    const fits = parsed.denseCount === denseCount && parsed.categoricalCount === categoricalCount
    return fits ? parsed : `${path} is of other inputs.`
  } catch (error) {
    if (isErrorOf(BOOSTING_ERRORS, error)) return error.message
    throw error
  }
}

function hashOf(model: unknown): string {
  return createHash('sha256').update(JSON.stringify(model)).digest('hex')
}
