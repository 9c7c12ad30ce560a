import writeFileAtomic from 'write-file-atomic'
import { RunFileError } from './errors.ts'

/**
 * Replaces a whole file: temporary file beside it, fsync, rename. A reader sees the old content or the new one, never a
 * part, and a crash leaves the old one.
 *
 * @param path    the file to replace; its folder must exist
 * @param content text (written as UTF-8) or bytes; the bytes stay the caller's
 * @throws {RunFileError} RUN_FILE_UNWRITABLE when the folder is missing, full or read-only
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  // The library takes strings and Buffers only; this Buffer is a view, the bytes are not copied.
  const data =
    typeof content === 'string' ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  try {
    await writeFileAtomic(path, data)
  } catch (cause) {
    throw new RunFileError(
      'RUN_FILE_UNWRITABLE',
      `${path} could not be written: ${(cause as Error).message}. Check that its folder exists, has space and may be written.`,
      { cause },
    )
  }
}
