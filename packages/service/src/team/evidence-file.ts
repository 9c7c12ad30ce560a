/** The file of proofs that agents have lied, a line of JSON for each, to which an enforcer and service:team-evidence add. */
import { type FileHandle, open } from 'node:fs/promises'
import { serviceError } from '../errors.ts'
import type { Accused } from './proofs.ts'
import { assertHalfLine, keepSound } from './write-through.ts'

const LF = 10

/**
 * Its lines, of a file that is left as it is.
 *
 * @throws {VigilError} LOG_INVALID, also where it ends with half a line: what comes next would be added to that
 */
export async function evidenceLines(path: string): Promise<string[]> {
  return await inFile(path, async (file) => {
    const { lines, accused, rest } = await readProofs(path, file)
    if (rest.length > 0) throw noProof(path, accused.length)
    return lines
  })
}

/**
 * Agents of whom there is a proof. Half a line at the end, which was never said to be there, is cut off: nobody else may have the folder.
 *
 * @throws {VigilError} LOG_INVALID, LOG_UNWRITABLE
 */
export async function accusedIn(path: string): Promise<Accused[]> {
  return await inFile(path, async (file) => {
    const { accused, size, rest } = await readProofs(path, file)
    assertHalfLine(path, rest)
    await keepSound(path, file.fd, size)
    return accused
  })
}

/** Nothing of a file that is not there. */
async function inFile<T>(path: string, read: (file: FileHandle) => Promise<T[]>): Promise<T[]> {
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (file === null) return []
  try {
    return await read(file)
  } finally {
    await file.close()
  }
}

/** Its whole lines, who is named in them, their bytes, and those behind them. */
async function readProofs(path: string, file: FileHandle) {
  if (!(await file.stat()).isFile()) throw serviceError('LOG_INVALID', `${path} is no file of proofs. Give one.`)
  const bytes = await file.readFile()
  const size = bytes.lastIndexOf(LF) + 1
  const lines = bytes.toString('utf8', 0, size).split('\n').slice(0, -1)
  return { lines, accused: lines.map((line, i) => accusedOf(path, line, i)), size, rest: bytes.subarray(size) }
}

function accusedOf(path: string, line: string, i: number): Accused {
  let read: Accused
  try {
    const { epoch, agent } = JSON.parse(line)
    read = { epoch, agent }
  } catch (cause) {
    throw noProof(path, i, cause)
  }
  if (!Number.isSafeInteger(read.epoch) || !Number.isSafeInteger(read.agent)) throw noProof(path, i)
  return read
}

/** @param i line, from 0 */
function noProof(path: string, i: number, cause?: unknown) {
  return serviceError(
    'LOG_INVALID',
    `Line ${i + 1} of ${path} is no proof. Give the file as the enforcer left it; where its power failed, begin the enforcer again first.`,
    { cause },
  )
}
