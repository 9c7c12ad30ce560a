import { join } from 'node:path'
import { writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import { readOptionalJson } from './optional-json.ts'
import type { RunFolder } from './run-folder.ts'

/** What a tag may be: a word of letters, digits, dots, hyphens and underscores. */
export const TAG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/

const tagsSchema = z.strictObject({ tags: z.array(z.string().regex(TAG)).max(100).readonly() })

/**
 * Reads tags.json: words that a person gave a run.
 *
 * @returns ascending; none where there is no such file
 * @throws {VigilError} RUN_FILE_UNREADABLE, TAGS_INVALID
 */
export async function readTags({ path }: Pick<RunFolder, 'path'>): Promise<readonly string[]> {
  const file = await readOptionalJson(join(path, 'tags.json'), {
    schema: tagsSchema,
    code: 'TAGS_INVALID',
    complaint: 'does not hold the tags of a run',
    remedy: 'Remove it, and tag the run again.',
  })
  return file?.tags ?? []
}

/** Writes tags.json, whole or not at all, each tag once. @throws {VigilError} FILE_UNWRITABLE */
export async function writeTags({ path }: Pick<RunFolder, 'path'>, tags: readonly string[]): Promise<void> {
  const once = [...new Set(tags)].sort()
  await writeFileAtomically(join(path, 'tags.json'), `${JSON.stringify({ tags: once })}\n`)
}
