import { access, constants, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ToolError } from './errors.ts'

/**
 * Whether the folder of a file is there and may be written to: asked before long work, not after it.
 *
 * @throws {ToolError} OUTPUT_FILE
 */
export async function assertWritable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((cause: Error) => {
    throw cannotWrite(path, cause)
  })
}

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
    throw cannotWrite(path, cause as Error)
  }
}

function cannotWrite(path: string, { message }: Error): ToolError {
  return new ToolError(
    'OUTPUT_FILE',
    `${path} cannot be written: ${message.split(',')[0]}. Give a file in a folder that exists and may be written to.`,
  )
}
