/** The file of proofs that agents have lied, a line of JSON for each, to which an enforcer and service:team-evidence add. */
import { open } from 'node:fs/promises'
import { serviceError } from '../errors.ts'
import { keepSound } from './write-through.ts'

const LF = 10

/**
 * Its lines. Half a line at the end, which was never said to be there, is cut off: what comes next would be added to it.
 *
 * @throws {VigilError} LOG_UNWRITABLE
 */
export async function evidenceLines(path: string): Promise<string[]> {
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (file === null) return []
  try {
    const bytes = await file.readFile()
    const size = bytes.lastIndexOf(LF) + 1
    await keepSound(path, file.fd, size)
    return bytes.toString('utf8', 0, size).split('\n').slice(0, -1)
  } finally {
    await file.close()
  }
}

/** Agents of whom there is a proof. @throws {VigilError} LOG_INVALID, LOG_UNWRITABLE */
export async function accusedIn(path: string): Promise<{ readonly epoch: number; readonly agent: number }[]> {
  return (await evidenceLines(path)).map((line, i) => {
    try {
      const { epoch, agent } = JSON.parse(line)
      return { epoch, agent }
    } catch (cause) {
      throw serviceError(
        'LOG_INVALID',
        `Line ${i + 1} of ${path} is no proof. Give the file as the enforcer left it.`,
        { cause },
      )
    }
  })
}
