/** Traces from CSV files: a header of signal names, then one row per step, or per time where there is a column "time". */
import { createReadStream } from 'node:fs'
import { systemReason } from '@vigil/command-line'
import { CsvError, parse } from 'csv-parse'
import { StlError } from '../errors.ts'
import type { Trace } from './columns.ts'

/** A trace from a file. */
export type FileTrace = {
  /** samples of every column, NaN where a cell is no number */
  readonly samples: Trace
  readonly names: readonly string[]
  /** T, 1 or more */
  readonly length: number
  /** [T] line of the file on which each step ends, from 1 */
  readonly lines: Float64Array
  /** per signal the first cell that is no number */
  readonly badCells: ReadonlyMap<string, BadCell>
}

/** A cell that is no number, or one too large for a number; `column` counts cells from 1. */
type BadCell = { readonly line: number; readonly column: number; readonly step: number; readonly text: string }

/** Cells that a trace may have: 1 GiB of numbers. */
const CELL_COUNT_MAX = 2 ** 27
/** Characters of one row: a file without line ends must not fill the memory. */
const ROW_LENGTH_MAX = 2 ** 22

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
// A map, since an object has words of its own, such as "constructor".
const WORDS: ReadonlyMap<string, number> = new Map([
  ['true', 1],
  ['false', 0],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
])

/**
 * Reads a trace. Cells are numbers, true, false, inf or -inf; what else is in a column matters only to formulas that read
 * it, so that a column of dates does no harm. Blank lines may stand before the header and behind the last row; between rows
 * one could be a step that was lost, and is refused.
 *
 * @throws {StlError} TRACE_FILE, TRACE_SHAPE, TRACE_EMPTY, MEMORY_LIMIT, with line and column of the file
 */
export async function readTrace(path: string): Promise<FileTrace> {
  const file = createReadStream(path)
  const rows = file.pipe(
    parse({
      bom: true,
      trim: true,
      // Files put together from several have line ends of several kinds.
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      info: true,
      max_record_size: ROW_LENGTH_MAX,
    }),
  )
  // pipe() hands on what is read, but not what goes wrong.
  file.on('error', (error) => rows.destroy(error))
  let table: Table | null = null
  let blankLine = 0
  try {
    for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (record.length === 1 && record[0] === '') blankLine = info.lines
      else if (table === null) {
        table = new Table(path, { header: record, line: info.lines })
        blankLine = 0
      } else if (blankLine > 0) throw blankRow(path, blankLine)
      else table.add(record, info.lines)
    }
  } catch (error) {
    throw fileError(path, error)
  }
  if (table === null)
    throw new StlError(
      'TRACE_EMPTY',
      `${path} is empty. Give it a header of signal names and a row per step.`,
      place(1),
    )
  return table.finish()
}

class Table {
  private readonly path: string
  private readonly names: readonly string[]
  private readonly headerLine: number
  private columns: Float64Array[]
  private lines = new Float64Array(1024)
  private length = 0
  private readonly badCells = new Map<string, BadCell>()

  constructor(path: string, { header, line }: { header: string[]; line: number }) {
    this.path = path
    this.names = header
    this.headerLine = line
    this.columns = header.map(() => new Float64Array(1024))
    if (header.some((name) => /[\0\uFFFD]/.test(name))) {
      const message = `${path} is no text in UTF-8. Unpack it, or save it as CSV in UTF-8.`
      throw new StlError('TRACE_FILE', message, place(line))
    }
    for (const [i, name] of header.entries()) {
      if (name !== '' && header.indexOf(name) === i) continue
      const what = name === '' ? 'no name' : `the name "${name}" of an earlier one`
      const message = `${path} line ${line}: column ${i + 1} has ${what}. The first row must name every signal, once.`
      throw new StlError('TRACE_FILE', message, place(line, i + 1))
    }
  }

  add(row: readonly string[], line: number): void {
    const { names, path } = this
    if (row.length !== names.length) {
      const message = `${path} line ${line}: expected ${names.length} cells as in the header, found ${row.length}.`
      throw new StlError('TRACE_SHAPE', message, place(line, Math.min(row.length, names.length) + 1))
    }
    if (this.length === this.lines.length) this.grow(line)
    for (let i = 0; i < row.length; i++) {
      const value = numberOf(row[i])
      this.columns[i][this.length] = value
      if (Number.isNaN(value) && !this.badCells.has(names[i])) {
        this.badCells.set(names[i], { line, column: i + 1, step: this.length, text: row[i] })
      }
    }
    this.lines[this.length++] = line
  }

  finish(): FileTrace {
    const { names, length, badCells, path, headerLine } = this
    if (length === 0) {
      throw new StlError(
        'TRACE_EMPTY',
        `${path} has a header, but no row. A trace needs a step or more.`,
        place(headerLine + 1),
      )
    }
    const samples = Object.fromEntries(names.map((name, i) => [name, this.columns[i].subarray(0, length)]))
    return { samples, names, length, lines: this.lines.subarray(0, length), badCells }
  }

  private grow(line: number): void {
    const capacity = 2 * this.lines.length
    if (capacity * this.names.length > CELL_COUNT_MAX) {
      const message = `${this.path} has more than the ${CELL_COUNT_MAX} cells that a trace may have. Split it, or leave columns out.`
      throw new StlError('MEMORY_LIMIT', message, place(line))
    }
    const larger = (old: Float64Array) => {
      const array = new Float64Array(capacity)
      array.set(old)
      return array
    }
    this.columns = this.columns.map(larger)
    this.lines = larger(this.lines)
  }
}

/** NaN for what is no number, and for what is too large for one: 1e999 is not meant as infinity. */
function numberOf(cell: string): number {
  if (NUMBER.test(cell)) {
    const value = Number(cell)
    return Number.isFinite(value) ? value : Number.NaN
  }
  return WORDS.get(cell.toLowerCase()) ?? Number.NaN
}

function blankRow(path: string, line: number): StlError {
  const message =
    `${path} line ${line} is blank, with rows behind it. A row is a step of time: ` +
    'take the line out, or fill in what it should be.'
  return new StlError('TRACE_SHAPE', message, place(line))
}

function place(line: number, column = 1) {
  return { line, column, excerpt: null }
}

function fileError(path: string, error: unknown): unknown {
  if (error instanceof StlError) return error
  if (error instanceof CsvError) {
    const { message, lines } = error as CsvError & { lines?: number }
    return new StlError('TRACE_FILE', `${path} is no CSV: ${message}.`, place(lines ?? 1))
  }
  if ((error as NodeJS.ErrnoException).code === undefined) return error
  return new StlError('TRACE_FILE', `${path} cannot be read: ${systemReason(error)}. Give a CSV file.`, place(1))
}
