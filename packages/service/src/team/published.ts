/**
 * Publishes the decisions of a folder, from its file, to a subject: whoever decides waits for no server. How many lines the server has is
 * kept beside them, so that another process goes on there. What it had published since then it publishes again under the same names, by
 * which the server knows them within its duplicate window.
 */
import { open } from 'node:fs/promises'
import { writeFileAtomically } from '@vigil/command-line'
import { readRunFile } from '@vigil/runs'
import { z } from 'zod'
import { serviceError } from '../errors.ts'
import { type HandingOn, type HandOnSettings, handOn, type LinePlace } from './hand-on.ts'

const LF = 10
/** Lines that are under way at a time. */
const TOGETHER_MAX = 256
const CURSOR_BYTES_MAX = 200

/** What has been published: so many lines, which take so many bytes of the file. */
const cursorSchema = z.strictObject({ rows: z.int().min(0), bytes: z.int().min(0) })

/** What publishes a file of decisions. */
export type PublishingSettings = Pick<HandOnSettings, 'decisions' | 'render' | 'endMs'> & {
  /** file of the decisions, and of how many were published */
  readonly files: { readonly decisions: string; readonly published: string }
  /** Resolves when the server has stored the messages; false where an end was asked for before. */
  readonly publish: HandOnSettings['take']
}

/**
 * Begins to publish.
 *
 * @returns what fails where something cannot be published: JETSTREAM_REFUSED, SUBJECT_MISSING, FILE_UNWRITABLE
 * @throws {VigilError} LOG_INVALID where the file has fewer lines than were published
 */
export async function startPublishing({ files, publish, ...settings }: PublishingSettings): Promise<HandingOn> {
  return handOn({
    ...settings,
    ...{ path: files.decisions, linesMax: TOGETHER_MAX, take: publish },
    from: await readCursor(files, settings.decisions.rows),
    keep: async (place) => await writeFileAtomically(files.published, `${JSON.stringify(place)}\n`),
  })
}

async function readCursor({ decisions, published }: PublishingSettings['files'], rows: number): Promise<LinePlace> {
  const bytes = await readRunFile(published, CURSOR_BYTES_MAX)
  if (bytes === null) return { rows: 0, bytes: 0 }
  const cursor = cursorSchema.safeParse(parsed(bytes.toString('utf8')))
  if (!cursor.success) throw invalid(published, 'does not tell how many decisions were published')
  if (cursor.data.rows > rows || !(await isLineEnd(decisions, cursor.data.bytes)))
    throw invalid(published, `tells of other decisions than those of ${decisions}`)
  return cursor.data
}

async function isLineEnd(path: string, at: number): Promise<boolean> {
  if (at === 0) return true
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, at - 1)
    return bytesRead === 1 && buffer[0] === LF
  } finally {
    await file.close()
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function invalid(path: string, reason: string) {
  return serviceError(
    'LOG_INVALID',
    `${path} ${reason}. Remove it to have all decisions published again, under the names that they had.`,
  )
}
