import { hash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { writeFileAtomically } from '@vigil/command-line'
import type { Dataset } from '@vigil/data'
import { type Bundle, bundleFiles, readRunFile } from '@vigil/runs'
import { z } from 'zod'
import { bundleFingerprint } from '../bundle-fingerprint.ts'
import { serviceError } from '../errors.ts'
import type { LabelledSample } from './nearest-events.ts'

const SAMPLE_BYTES_MAX = 256 * 2 ** 20

const headSchema = z.strictObject({ bundle: z.string(), sha256: z.string() })
const sampleSchema = z.strictObject({
  ...{ rows: z.array(z.int().min(1)).min(1), classNames: z.array(z.string()).min(1) },
  ...{ labels: z.base64(), classes: z.base64(), dense: z.base64(), categorical: z.base64() },
})

/** Lies beside the files of the bundle. */
function sampleFile(run: string): string {
  return join(dirname(bundleFiles(run).settings), 'neighbours.json')
}

/**
 * Training rows spread evenly over all: half of them threats, where there are so many.
 *
 * @param count 2 or more
 */
export function sampleOf(dataset: Dataset, count: number): LabelledSample {
  const { labels, classes, classNames, dense, categorical, splits, rowCount } = dataset
  const rows = Uint32Array.from(splits.train.rows).sort()
  const [threats, benign] = [1, 0].map((label) => rows.filter((row) => labels[row] === label))
  const half = Math.floor(count / 2)
  const threatCount = Math.min(threats.length, Math.max(half, count - benign.length))
  const chosen = [...spread(threats, threatCount), ...spread(benign, count - threatCount)].sort((a, b) => a - b)
  const [D, C] = [dense.length / rowCount, categorical.length / rowCount]
  const sample = {
    ...{ rows: chosen.map((row) => row + 1), classNames: [...classNames] },
    labels: Uint8Array.from(chosen, (row) => labels[row]),
    classes: Uint8Array.from(chosen, (row) => classes[row]),
    ...{ dense: new Float32Array(chosen.length * D), categorical: new Uint16Array(chosen.length * C) },
  }
  for (const [i, row] of chosen.entries()) {
    sample.dense.set(dense.subarray(row * D, (row + 1) * D), i * D)
    sample.categorical.set(categorical.subarray(row * C, (row + 1) * C), i * C)
  }
  return sample
}

/** At most so many, as far from each other as can be. */
function spread(rows: Uint32Array, count: number): number[] {
  const taken = Math.min(rows.length, count)
  return Array.from({ length: taken }, (_, i) => rows[Math.floor((i * rows.length) / taken)])
}

/** @returns the path of the sample's file @throws {VigilError} FILE_UNWRITABLE */
export async function storeSample(run: string, sample: LabelledSample): Promise<string> {
  const text = JSON.stringify({
    ...{ rows: sample.rows, classNames: sample.classNames },
    ...{ labels: base64(sample.labels), classes: base64(sample.classes) },
    ...{ dense: base64(sample.dense), categorical: base64(sample.categorical) },
  })
  const head = JSON.stringify({ bundle: await bundleFingerprint(run), sha256: hash('sha256', text) })
  const path = sampleFile(run)
  await writeFileAtomically(path, `${head}\n${text}\n`)
  return path
}

/**
 * Reads the sampled training events of a bundle.
 *
 * @throws {VigilError} SAMPLE_INVALID where there are none, or they are of another bundle or were changed
 */
export async function readSample(run: string, { pipeline, network }: Bundle): Promise<LabelledSample> {
  const file = sampleFile(run)
  const bytes = await readRunFile(file, SAMPLE_BYTES_MAX)
  if (bytes === null) throw invalid(file, 'is not there')
  const [headText, text = ''] = bytes.toString('utf8').split('\n')
  const head = parsed(file, headSchema, headText)
  if (head.bundle !== (await bundleFingerprint(run))) throw invalid(file, 'is of another bundle')
  if (head.sha256 !== hash('sha256', text)) throw invalid(file, 'was changed')
  const { rows, classNames, ...arrays } = parsed(file, sampleSchema, text)
  const of = (name: keyof typeof arrays) => Uint8Array.from(Buffer.from(arrays[name], 'base64'))
  const [labels, classes, dense, categorical] = [of('labels'), of('classes'), of('dense'), of('categorical')]
  const C = network.vocabularySizes.length
  const D = pipeline.columns.length - C
  const isWhole =
    labels.length === rows.length &&
    classes.length === rows.length &&
    dense.length === 4 * D * rows.length &&
    categorical.length === 2 * C * rows.length &&
    classes.every((one) => one < classNames.length)
  if (!isWhole) throw invalid(file, 'does not have the inputs of the bundle')
  return {
    ...{ rows, classNames, labels, classes },
    ...{ dense: new Float32Array(dense.buffer), categorical: new Uint16Array(categorical.buffer) },
  }
}

function base64({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array | Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

function parsed<Schema extends z.ZodType>(file: string, schema: Schema, text: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw invalid(file, 'was changed', cause)
  }
}

function invalid(file: string, reason: string, cause?: unknown): Error {
  return serviceError('SAMPLE_INVALID', `${file} ${reason}. Write it with npx nx run service:sample --run=runs/NAME.`, {
    cause,
  })
}
