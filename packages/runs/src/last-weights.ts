import { writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import { readOptionalJson } from './optional-json.ts'
import { inconsistentScores, policyScoresShape } from './policy-scores.ts'
import { count, sha256 } from './schema-parts.ts'

const lastWeightsSchema = z
  .strictObject({
    split: z.literal('test'),
    /** Rows of the split that were decided (all, unless actions cut some off), and those labelled threat. */
    rows: count,
    threats: count,
    /** Of the weights that decided: those after the last iteration. */
    weightsSha256: sha256,
    team: z.strictObject(policyScoresShape),
  })
  .superRefine((value, context) => {
    for (const { path, message } of inconsistentScores(['team'], value.team, value))
      context.addIssue({ code: 'custom', path: [...path], message })
  })

/** last-weights.json: how a team decides after its last iteration, whatever the validations said. */
export type LastWeights = Readonly<z.infer<typeof lastWeightsSchema>>

/** Writes last-weights.json, whole or not at all. @throws {VigilError} FILE_UNWRITABLE */
export async function writeLastWeights(path: string, scores: LastWeights): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(scores, null, 2)}\n`)
}

/**
 * Reads last-weights.json.
 *
 * @returns null when there is none
 * @throws {VigilError} RUN_FILE_UNREADABLE, LAST_WEIGHTS_INVALID
 */
export async function readLastWeights(path: string): Promise<LastWeights | null> {
  return await readOptionalJson(path, {
    schema: lastWeightsSchema,
    code: 'LAST_WEIGHTS_INVALID',
    complaint: 'does not hold the scores of a team',
    remedy: 'Remove it: the weights are then scored again.',
  })
}
