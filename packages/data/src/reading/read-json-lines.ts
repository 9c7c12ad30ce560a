import { parseJson } from '@vigil/features'
import { dataError } from '../errors.ts'
import { shownPath } from '../tables/csv-text.ts'
import { CELLS_MAX, RECORD_BYTES_MAX } from './records.ts'
import type { TableBuilder } from './table-builder.ts'

const LF = 10
const DEPTH_MAX = 32

/**
 * Reads one JSON object per line. Nested objects become columns with dotted names (`flow.bytes`); lists are kept as their JSON
 * text; null and absent are missing.
 *
 * @throws {VigilError} FILE_MALFORMED naming line and column, ROWS_TOO_MANY
 */
export async function readJsonLines(table: TableBuilder, path: string, text: AsyncIterable<Uint8Array>): Promise<void> {
  let line = 0
  const read = (bytes: Uint8Array) => {
    line++
    const json = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8').trim()
    if (json === '') return
    addObject(table, objectOf(json, path, line), '', { path, line, depth: 0 })
    table.endRow(path)
  }
  let kept: Uint8Array = new Uint8Array(0)
  for await (const piece of text) {
    const bytes = kept.length === 0 ? piece : Buffer.concat([kept, piece])
    let at = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      read(bytes.subarray(at, end))
      at = end + 1
    }
    kept = bytes.slice(at)
    if (kept.length > RECORD_BYTES_MAX) {
      throw malformed(
        path,
        line + 1,
        `needs a line of at most ${RECORD_BYTES_MAX} bytes, received a longer one. Give one object per line (jq -c '.[]')`,
      )
    }
  }
  if (kept.length > 0) read(kept)
}

function objectOf(json: string, path: string, line: number): Record<string, unknown> {
  if (json.startsWith('['))
    throw malformed(path, line, "needs one object per line, received a list. Convert the file (jq -c '.[]')")
  let value: unknown
  try {
    value = parseJson(json)
  } catch (cause) {
    const position = /position (\d+)/.exec((cause as Error).message)?.[1]
    const column = position === undefined ? '' : `, column ${Number(position) + 1}`
    throw malformed(
      path,
      `${line}${column}`,
      'needs a JSON object on one line, received text that is none. Correct or remove the line',
    )
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw malformed(path, line, 'needs a JSON object, received another value. Correct or remove the line')
}

function addObject(
  table: TableBuilder,
  object: Record<string, unknown>,
  prefix: string,
  at: { path: string; line: number; depth: number },
): void {
  if (at.depth > DEPTH_MAX)
    throw malformed(at.path, at.line, `objects may be nested ${DEPTH_MAX} deep. Leave the deep ones out`)
  for (const key in object) {
    const value = object[key]
    const name = prefix === '' ? key : `${prefix}.${key}`
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      addObject(table, value as Record<string, unknown>, name, { ...at, depth: at.depth + 1 })
      continue
    }
    if (value === null) continue
    const column = table.column(name)
    if (table.columnCount > CELLS_MAX)
      throw malformed(at.path, at.line, `a table may have ${CELLS_MAX} columns. Leave out what is not needed`)
    // A key that comes twice, dotted and nested, keeps its first value.
    if (column === null || column.rows > table.rowCount) continue
    if (typeof value === 'number') column.addNumber(value)
    else column.addText(textOf(value, at))
  }
}

/** A value that is no number and no object. */
function textOf(value: unknown, at: { readonly path: string; readonly line: number }): string {
  if (typeof value === 'string') return value.trim()
  try {
    return JSON.stringify(value)
  } catch {
    throw malformed(at.path, at.line, 'a list is nested too deep. Leave it out')
  }
}

function malformed(path: string, line: number | string, complaint: string): Error {
  return dataError('FILE_MALFORMED', `Data file ${shownPath(path)}, line ${line}: ${complaint}.`)
}
