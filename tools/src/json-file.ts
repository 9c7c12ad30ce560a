import { rename, rm, writeFile } from 'node:fs/promises'
import { ToolError } from './errors.ts'

/**
 * Writes a value as JSON so that a reader finds the old file or the whole new one, never a part.
 *
 * @throws {ToolError} OUTPUT_FILE
 */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  // In the same folder: a file can only be renamed within one file system.
  const unfinished = `${path}.${process.pid}.tmp`
  try {
    await writeFile(unfinished, `${JSON.stringify(value, null, 2)}\n`, { flush: true })
    await rename(unfinished, path)
  } catch (cause) {
    // Where nothing could be written there may be nothing to remove; the first error is the one to tell.
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw new ToolError(
      'OUTPUT_FILE',
      `${path} cannot be written: ${(cause as Error).message.split(',')[0]}. Give a file in a folder that exists and may be written to.`,
    )
  }
}
