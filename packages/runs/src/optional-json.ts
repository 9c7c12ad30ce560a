import type { z } from 'zod'
import { type RUN_FILE_ERRORS, runFileError } from './errors.ts'
import { readRunFile } from './read-run-file.ts'
import { firstIssue } from './schema-parts.ts'

/** A JSON file of a run folder that need not be there. */
type OptionalFile<Value> = {
  readonly schema: z.ZodType<Value>
  readonly code: keyof typeof RUN_FILE_ERRORS
  /** What it must be, after its name, as `is not the record of a training`. */
  readonly complaint: string
  /** One sentence. */
  readonly remedy: string
}

/**
 * Reads and checks such a file.
 *
 * @returns null when there is none
 * @throws {VigilError} RUN_FILE_UNREADABLE, or the file's own code where it does not hold what it must
 */
export async function readOptionalJson<Value>(
  path: string,
  { schema, code, complaint, remedy }: OptionalFile<Value>,
): Promise<Value | null> {
  const bytes = await readRunFile(path)
  if (bytes === null) return null
  let json: unknown
  try {
    json = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw runFileError(code, `${path} is not JSON (${(cause as Error).message}). ${remedy}`)
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  throw runFileError(code, `${path} ${complaint} (${firstIssue(result.error)}). ${remedy}`)
}
