import { createHash } from 'node:crypto'
import { writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import ownPackage from '../package.json' with { type: 'json' }
import { readOptionalJson } from './optional-json.ts'
import { label, sha256 } from './schema-parts.ts'

const runRecordSchema = z.strictObject({
  /** Of the final weights, [A, P] as little-endian f32. */
  weightsSha256: sha256,
  /** Of metrics.jsonl, times aside (./metrics.ts). */
  metricsSha256: sha256,
  /** What computed the weights, as `portable` on `wasm`. */
  engine: label,
  backend: label,
  /** On what, for people: bits do not depend on it. Records of earlier versions have none. */
  device: label.optional(),
  /** Of the settings that affect results, and of the rows as the team sees them. */
  configFingerprint: sha256,
  datasetFingerprint: sha256,
  /** Of the process that finished the training. */
  versions: z.strictObject({ vigil: label, node: label }),
})

/** run.json: what a finished training came to, so that it can be repeated and compared. */
export type RunRecord = Readonly<z.infer<typeof runRecordSchema>>

/** The record of a training that this process has just finished. */
export function recordOf(
  parameters: Float32Array,
  { name, backend, device }: { readonly name: string; readonly backend: string; readonly device: string },
  run: Pick<RunRecord, 'metricsSha256' | 'configFingerprint' | 'datasetFingerprint'>,
): RunRecord {
  return {
    weightsSha256: weightsSha256(parameters),
    metricsSha256: run.metricsSha256,
    engine: name,
    backend,
    device,
    configFingerprint: run.configFingerprint,
    datasetFingerprint: run.datasetFingerprint,
    versions: { vigil: ownPackage.version, node: process.versions.node },
  }
}

/** SHA-256 (hex) of a team's weights [A, P], little-endian f32. */
export function weightsSha256({ buffer, byteOffset, byteLength }: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')
}

/** Writes run.json, whole or not at all. @throws {VigilError} FILE_UNWRITABLE */
export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(record, null, 2)}\n`)
}

/**
 * Reads run.json.
 *
 * @returns null when there is none: no training has been finished in this folder
 * @throws {VigilError} RUN_FILE_UNREADABLE, RUN_RECORD_INVALID
 */
export async function readRunRecord(path: string): Promise<RunRecord | null> {
  return await readOptionalJson(path, {
    schema: runRecordSchema,
    code: 'RUN_RECORD_INVALID',
    complaint: 'is not the record of a training',
    remedy: 'Training writes it at its end: remove it and go on with --resume, or train again.',
  })
}
