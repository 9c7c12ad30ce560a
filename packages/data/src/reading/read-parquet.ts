import { type Database, literal, openDatabase, quoted } from '../tables/database.ts'
import { exactPath, readingFile } from '../tables/source-file.ts'
import type { ReadAs } from './column-builder.ts'
import type { TableBuilder } from './table-builder.ts'

const NUMERIC = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(.*\))$/

/** A column that no other is nested in. */
type Leaf = { readonly name: string; readonly sql: string; readonly isNumeric: boolean }

/**
 * Reads a Parquet file. Fields of structures become columns with dotted names; lists are kept as text; NULL is missing.
 *
 * @throws {VigilError} FILE_UNREADABLE, COLUMNS_MISSING, ROWS_TOO_MANY
 */
export async function readParquet(table: TableBuilder, path: string): Promise<void> {
  const database = await openDatabase()
  try {
    await readingFile(path, () => readWith(database, table, path))
  } finally {
    database.close()
  }
}

async function readWith(database: Database, table: TableBuilder, path: string): Promise<void> {
  const source = `read_parquet([${exactPath(path)}], hive_partitioning = false, filename = false, file_row_number = false, union_by_name = false)`
  const described = await database.rows(`DESCRIBE SELECT * FROM ${source}`)
  const leaves = described.flatMap(([name, type]) => leavesOf(String(name), quoted(String(name)), String(type)))
  const builders = table.columnsOf(
    path,
    leaves.map(({ name }) => name.trim()),
    leaves.map(({ isNumeric }): ReadAs => (isNumeric ? 'numbers' : 'auto')),
  )
  const used = leaves.flatMap((leaf, i) => (builders[i] === null ? [] : [{ leaf, builder: builders[i] }]))
  const selected = used.map(({ leaf, builder }) =>
    leaf.isNumeric && builder.keepsNumbers ? `${leaf.sql}::DOUBLE` : `${leaf.sql}::VARCHAR`,
  )
  await database.each(`SELECT ${selected.join(', ') || '1'} FROM ${source}`, (cells) => {
    for (let i = 0; i < used.length; i++) {
      const cell = cells[i]
      const { builder } = used[i]
      if (cell === null) builder.addMissing()
      else if (typeof cell === 'number') builder.addNumber(cell)
      else builder.addText(String(cell).trim())
    }
    table.endRow(path)
  })
}

/** The columns within a column: of STRUCT(a INTEGER, b STRUCT(...)) each field, however deep. */
function leavesOf(name: string, sql: string, type: string): Leaf[] {
  const fields = fieldsOf(type)
  if (fields === null) return [{ name, sql, isNumeric: NUMERIC.test(type) }]
  return fields.flatMap(([field, inner]) =>
    leavesOf(`${name}.${field}`, `struct_extract(${sql}, ${literal(field)})`, inner),
  )
}

/** Names and types of the fields of a structure, as DuckDB writes it; null = it is none. */
function fieldsOf(type: string): [string, string][] | null {
  const inner = /^STRUCT\((.*)\)$/.exec(type)?.[1]
  if (inner === undefined) return null
  const fields: [string, string][] = []
  let [depth, start, isQuoted] = [0, 0, false]
  for (let at = 0; at <= inner.length; at++) {
    const character = inner[at]
    if (character === '"') isQuoted = !isQuoted
    else if (!isQuoted && character === '(') depth++
    else if (!isQuoted && character === ')') depth--
    if (at < inner.length && (isQuoted || depth > 0 || character !== ',')) continue
    const field = /^\s*("(?:[^"]|"")*"|\S+)\s+(.*)$/s.exec(inner.slice(start, at))
    if (field === null) return null
    const name = field[1].startsWith('"') ? field[1].slice(1, -1).replaceAll('""', '"') : field[1]
    fields.push([name, field[2]])
    start = at + 1
  }
  return fields
}
