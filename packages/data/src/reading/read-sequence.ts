import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'
import type { TableBuilder } from './table-builder.ts'

/** Longest text between two pieces of white space. */
const TOKEN_BYTES_MAX = 1000

/**
 * Reads texts between white space, such as a trace of system calls: a row for each, with the one column `value`.
 *
 * @throws {VigilError} FILE_MALFORMED, ROWS_TOO_MANY
 */
export async function readSequence(table: TableBuilder, path: string, text: AsyncIterable<Uint8Array>): Promise<void> {
  const value = table.column('value')
  let kept: Uint8Array = new Uint8Array(0)
  const take = (bytes: Uint8Array, isEnd: boolean) => {
    let start = 0
    for (let at = 0; at <= bytes.length; at++) {
      const isSpace = at === bytes.length ? isEnd : bytes[at] <= 32
      if (!isSpace) continue
      if (at > start) {
        value?.add(bytes, start, at)
        table.endRow(path)
      }
      start = at + 1
    }
    return bytes.slice(Math.min(start, bytes.length))
  }
  for await (const piece of text) {
    kept = take(kept.length === 0 ? piece : Buffer.concat([kept, piece]), false)
    if (kept.length <= TOKEN_BYTES_MAX) continue
    throw dataError(
      'FILE_MALFORMED',
      `Data file ${shownPath(path)}: needs texts of at most ${TOKEN_BYTES_MAX} bytes between white space, received a longer one. Give a file of another format.`,
    )
  }
  take(kept, true)
}
