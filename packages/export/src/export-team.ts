import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { writeFileAtomically } from '@vigil/command-line'
import { type Bundle, readBundle, readEvaluation, resultFiles } from '@vigil/runs'
import { exportError } from './errors.ts'
import { modelCard } from './model-card.ts'
import { onnxModel } from './onnx/model.ts'
import { rulesFile } from './rules/rules-file.ts'
import { safetensorsFile } from './safetensors.ts'
import { torchState } from './torch-state/torch-state.ts'

/** Files that a team can be written as, by name of the format. */
const FORMATS = {
  onnx: onnxModel,
  safetensors: safetensorsFile,
  'torch-state': torchState,
  rules: rulesFile,
  card: cardOf,
} as const

/** A name in FORMATS. */
export type ExportFormat = keyof typeof FORMATS

/** All of them. */
export const EXPORT_FORMATS = Object.keys(FORMATS) as readonly ExportFormat[]

/**
 * Writes the team of a run, as its bundle has it, to a file of another format.
 *
 * @example
 * ```ts
 * await exportTeam('runs/NAME', { format: 'onnx', out: 'team.onnx' })
 * ```
 *
 * @param run folder of the run, or of an evaluation's results
 * @param target of `rules` also `data`, where the data of the run lie now; null or left out = where they lay
 * @returns bytes that were written
 * @throws {VigilError} OUT_EXISTS, TEAM_UNEXPORTABLE, FILE_UNWRITABLE, and as readBundle; of a card also as readEvaluation, of
 *   rules as loadDataset
 */
export async function exportTeam(
  run: string,
  { format, out, data = null }: { readonly format: ExportFormat; readonly out: string; readonly data?: string | null },
): Promise<number> {
  if (existsSync(out)) {
    throw exportError('OUT_EXISTS', `${out} is there already, and is left as it is. Remove it, or name another file.`)
  }
  const bytes = await FORMATS[format](await readBundle(run), run, { out, data })
  await writeFileAtomically(out, bytes)
  return bytes.length
}

/** The card of a team under the name of its folder. */
async function cardOf(bundle: Bundle, run: string): Promise<Uint8Array> {
  const evaluation = await readEvaluation(resultFiles({ path: run }, 'test').evaluation)
  return Buffer.from(modelCard(basename(resolve(run)), { bundle, evaluation }))
}
