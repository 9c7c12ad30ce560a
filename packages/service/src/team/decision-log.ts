/**
 * The file of decisions: a line of JSON for each event, in their order. The number of a line is the key of the action that it
 * asks for: whoever acts on lines and remembers how many there were acts on none twice, also when this process begins again.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { assertHalfLine, assertOwnLine, keepSound, logUnwritable } from './write-through.ts'

const LF = 10
const PIECE_BYTES = 2 ** 20

/** The decisions so far. */
export type DecisionLog = {
  /** lines in the file */
  readonly rows: number
  /** Adds whole lines, and waits until they are on the disk. @throws {VigilError} LOG_UNWRITABLE */
  append(lines: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Opens the file, or makes one; half a line at its end is cut off. @throws {VigilError} LOG_UNWRITABLE, LOG_INVALID */
export async function openDecisionLog(path: string): Promise<DecisionLog> {
  const file = await open(path, 'a+', 0o644)
  let rows: number
  try {
    rows = await wholeLines(file, path)
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    get rows() {
      return rows
    },
    async append(lines) {
      try {
        await file.appendFile(lines.map((line) => `${line}\n`).join(''))
        await file.datasync()
      } catch (cause) {
        throw logUnwritable(path, cause as Error)
      }
      rows += lines.length
    },
    close: async () => await file.close(),
  }
}

/** Keeps the whole lines of a file. @returns how many there are */
async function wholeLines(file: FileHandle, path: string): Promise<number> {
  let rows = 0
  let size = 0
  let at = 0
  /** the first byte of the line behind those */
  let first: number | undefined
  const piece = Buffer.alloc(PIECE_BYTES)
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at)
    if (bytesRead === 0) break
    if (size === at) first = piece[0]
    for (let i = piece.indexOf(LF); i >= 0 && i < bytesRead; i = piece.indexOf(LF, i + 1)) {
      assertOwnLine(path, first)
      rows++
      size = at + i + 1
      first = piece[i + 1]
    }
    at += bytesRead
  }
  const rest = Buffer.alloc(at - size)
  await file.read(rest, 0, rest.length, size)
  assertHalfLine(path, rest)
  await keepSound(path, file.fd, size)
  return rows
}
