import { isDeepStrictEqual } from 'node:util'
import type { TimeUnit } from '@vigil/features'
import { dataError } from '../errors.ts'
import { shownPath, shownText } from '../tables/csv-text.ts'
import { ColumnBuilder, type ColumnPart, type ReadAs, type ReadColumn } from './column-builder.ts'

/** Longest name of a column that is read: inputs are called after it. */
const NAME_LENGTH_MAX = 200

/** How the columns of a table are read. */
export type TablePlan = {
  /** How a column is read that has a name of these, and any other one; null = not at all. */
  readonly readAs: { readonly named: ReadonlyMap<string, ReadAs | null>; readonly others: ReadAs | null }
  /** Texts that mean that nothing is there. */
  readonly missing: readonly string[]
  /** Of times that are numbers; null = the size of each tells. */
  readonly timeUnit: TimeUnit | null
  /** Whether a row is kept; it reads cells by name, null = missing. */
  readonly keep: ((cell: (name: string) => number | string | null) => boolean) | null
  readonly rowsMax: number
}

/** Rows of one file. */
export type FileRows = { readonly path: string; readonly start: number; readonly end: number }

/** What was read, in file order. */
export type Table = {
  readonly rowCount: number
  readonly columns: ReadonlyMap<string, ReadColumn>
  readonly files: readonly FileRows[]
  /** Rows that `keep` left out. */
  readonly leftOut: number
  /** Header lines that came again. */
  readonly repeatedHeaders: number
  /** Columns whose name came twice in a file, under the names that they got. */
  readonly renamed: readonly string[]
}

/** Rows that another builder has read, to be appended. */
export type TablePart = Omit<Table, 'columns'> & {
  readonly columns: readonly ColumnPart[]
  /** Columns of its first file, and as they stand in the last lines that were read; null = no line names them. */
  readonly names: readonly string[] | null
  readonly latestNames: readonly string[] | null
}

/** Collects rows of several files into one table. */
export class TableBuilder {
  readonly plan: TablePlan
  /** By name; null = not read here. */
  readonly #known = new Map<string, ColumnBuilder | null>()
  readonly #columns: ColumnBuilder[] = []
  readonly #files: FileRows[] = []
  readonly #renamed = new Set<string>()
  /** Columns of the first file that names them. */
  #names: readonly string[] | null = null
  #latestNames: readonly string[] | null = null
  #rows = 0
  #leftOut = 0
  repeatedHeaders = 0

  constructor(plan: TablePlan) {
    this.plan = plan
  }

  get rowCount(): number {
    return this.#rows
  }

  get columnCount(): number {
    return this.#columns.length
  }

  /** The builder of a column, made where it is new; null = it is not read. @param automatic what `auto` means for it */
  column(name: string, automatic: ReadAs = 'auto'): ColumnBuilder | null {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const column = this.#newColumn(name, automatic)
    this.#known.set(name, column)
    if (column !== null) this.#columns.push(column)
    return column
  }

  #newColumn(name: string, automatic: ReadAs): ColumnBuilder | null {
    const { readAs, missing, timeUnit } = this.plan
    const { named, others } = readAs
    const planned = named.has(name) ? (named.get(name) ?? null) : others
    if (planned === null) return null
    if (name.length > NAME_LENGTH_MAX) {
      throw dataError(
        'FILE_MALFORMED',
        `Data files: names of columns may have ${NAME_LENGTH_MAX} characters, received ${name.length}: ${shownText(name)}. Shorten it.`,
      )
    }
    const column = new ColumnBuilder(name, {
      readAs: planned === 'auto' ? automatic : planned,
      missing,
      unit: timeUnit,
    })
    column.fill(this.#rows)
    return column
  }

  /**
   * The builders for the columns of a file, in their order. A name that comes again gets a number: `size`, `size (2)`.
   *
   * A later file must have the columns of the first, in any order.
   *
   * @param automatic what `auto` means for each, where the file knows
   * @throws {VigilError} COLUMNS_MISSING
   */
  columnsOf(path: string, names: readonly string[], automatic?: readonly ReadAs[]): (ColumnBuilder | null)[] {
    const unique: string[] = []
    for (const name of names) {
      let free = name
      for (let count = 2; unique.includes(free); count++) free = `${name} (${count})`
      if (free !== name) this.#renamed.add(free)
      unique.push(free)
    }
    const first = this.#names ?? unique
    this.#names = first
    this.#latestNames = unique
    const lacking = first.find((name) => !unique.includes(name))
    const extra = unique.find((name) => !first.includes(name))
    if (lacking !== undefined || extra !== undefined) {
      const found = lacking !== undefined ? `lacks ${shownText(lacking)}` : `has ${shownText(extra ?? '')} besides`
      throw dataError(
        'COLUMNS_MISSING',
        `Data file ${shownPath(path)}: needs the columns of the files before it, ${found}. Give files with the same columns.`,
      )
    }
    return unique.map((name, i) => this.column(name, automatic?.[i]))
  }

  /** Ends a row whose cells have been added; those that it lacks are missing. */
  endRow(path: string): void {
    const rows = this.#rows + 1
    for (const column of this.#columns) if (column.rows < rows) column.fill(rows)
    const { keep } = this.plan
    if (keep !== null && !keep((name) => this.#known.get(name)?.last() ?? null)) {
      for (const column of this.#columns) column.pop()
      this.#leftOut++
      return
    }
    this.#rows = rows
    if (rows <= this.plan.rowsMax) return
    throw dataError(
      'ROWS_TOO_MANY',
      `Data file ${shownPath(path)}: ${this.plan.rowsMax} rows may be read, received more. Give a part of the data, or leave rows out with "where".`,
    )
  }

  endFile(path: string): void {
    const start = this.#files.at(-1)?.end ?? 0
    this.#files.push({ path, start, end: this.#rows })
  }

  /** The rows that were read, for another builder to append. */
  part(): TablePart {
    return {
      rowCount: this.#rows,
      columns: this.#columns.map((column) => column.part()),
      files: this.#files,
      leftOut: this.#leftOut,
      repeatedHeaders: this.repeatedHeaders,
      renamed: [...this.#renamed],
      names: this.#names,
      latestNames: this.#latestNames,
    }
  }

  /**
   * Appends rows that another builder has read of what follows, as if they were read here.
   *
   * @returns false where that cannot be told from what it kept; the builder is of no use any more
   */
  append(part: TablePart): boolean {
    if (!this.#goesOnWith(part) || this.#rows + part.rowCount > this.plan.rowsMax) return false
    for (const column of part.columns) if (this.#known.get(column.name)?.append(column) !== true) return false
    for (const { path, start, end } of part.files) {
      const last = this.#files.at(-1)
      const file = { path, start: this.#rows + start, end: this.#rows + end }
      if (last?.path === path) this.#files[this.#files.length - 1] = { ...last, end: file.end }
      else this.#files.push(file)
    }
    for (const name of part.renamed) this.#renamed.add(name)
    this.#latestNames = part.latestNames
    this.repeatedHeaders += part.repeatedHeaders
    this.#rows += part.rowCount
    return true
  }

  /** Whether a part has the columns of this table; within a file also in their order. */
  #goesOnWith({ names, files, columns }: TablePart): boolean {
    const isWithinFile = this.#files.at(-1)?.path === files[0]?.path
    const [own, others] = isWithinFile ? [this.#latestNames, names] : [this.#names?.toSorted(), names?.toSorted()]
    return isDeepStrictEqual(own, others) && this.#columns.length === columns.length
  }

  finish(): Table {
    const columns = new Map<string, ReadColumn>()
    this.#known.clear()
    // The memory of a builder is not needed any more when its column is there.
    for (let builder = this.#columns.shift(); builder !== undefined; builder = this.#columns.shift()) {
      columns.set(builder.name, builder.finish())
    }
    return {
      rowCount: this.#rows,
      columns,
      files: this.#files,
      leftOut: this.#leftOut,
      repeatedHeaders: this.repeatedHeaders,
      renamed: [...this.#renamed],
    }
  }
}
