import { type ASTNode, parse } from '@marcbachmann/cel-js'
import { dataError } from '../errors.ts'
import { shownText } from '../tables/csv-text.ts'

/** A cell as an expression sees it. */
export type CellValue = number | string | boolean | null

/** Cells repeat: so many results are remembered, of cells that have no more characters than this together. */
const [RESULTS_KEPT, CELLS_LENGTH_MAX] = [10_000, 1000]

/** A CEL expression over the columns of a row. */
export type Expression = {
  readonly text: string
  /** Names of the columns that it looks at. */
  readonly columns: readonly string[]
  /**
   * Whether it is true of a row. Where it cannot be computed because a cell is missing it is false.
   *
   * @throws {VigilError} EXPRESSION_INVALID where it fails on cells that are there, or gives neither true nor false
   */
  isTrue(cell: (name: string) => CellValue): boolean
}

/**
 * Reads an expression in the Common Expression Language. `proto` and `flow.bytes` are columns; `row["Flow Bytes/s"]` is one
 * whose name is no identifier. A missing cell is null; a cell that spells a number is a double, one that spells true or false a
 * boolean, any other one a string. Nothing that it can do has a side effect. What could run for very long is refused: regular
 * expressions, and macros within macros.
 *
 * @example
 * compileExpression('proto == "tcp" && bytes > 1000', 'where').columns // ['proto', 'bytes']
 *
 * @param key the key of the description, for messages
 * @throws {VigilError} EXPRESSION_INVALID
 */
export function compileExpression(text: string, key: string): Expression {
  const found = understood(() => referencesIn(parse(text).ast, new Set()))
  const columns = [...new Set(found.map(({ name }) => name))].sort()
  if (columns.length === 0) throw invalid(key, text, 'it looks at no column')
  // Each column is called row["name"], so that none is taken for a type of CEL, as `bytes` and `duration` are.
  const spelled = found
    .toSorted((a, b) => b.start - a.start)
    .reduce(
      (rest, { name, start, end }) => `${rest.slice(0, start)}row[${JSON.stringify(name)}]${rest.slice(end)}`,
      text,
    )
  const evaluate = understood(() => parse(spelled))
  const known = new Map<string, boolean>()
  return {
    text,
    columns,
    isTrue(cell) {
      const values = columns.map(cell)
      const name = JSON.stringify(values)
      const result = known.get(name) ?? compute(values)
      if (known.size < RESULTS_KEPT && name.length <= CELLS_LENGTH_MAX) known.set(name, result)
      return result
    },
  }

  function compute(values: readonly CellValue[]): boolean {
    const row: Record<string, CellValue> = Object.create(null)
    for (const [i, name] of columns.entries()) row[name] = values[i]
    const isLacking = values.includes(null)
    try {
      const result: unknown = evaluate({ row })
      if (typeof result === 'boolean') return result
      if (isLacking) return false
      throw new Error(`needs true or false as its result, received ${shownText(String(result))}`)
    } catch (cause) {
      if (isLacking) return false
      throw invalid(key, text, (cause as Error).message)
    }
  }

  function understood<T>(read: () => T): T {
    try {
      return read()
    } catch (cause) {
      throw invalid(key, text, (cause as Error).message)
    }
  }
}

/** A cell's text or number as an expression sees it. */
export function cellValue(cell: number | string | null): CellValue {
  if (typeof cell !== 'string') return cell
  return /^(true|false)$/i.test(cell) ? cell.toLowerCase() === 'true' : cell
}

/** A column that an expression names, and where. */
type Reference = { readonly name: string; readonly start: number; readonly end: number }

/** Columns are chains of fields that begin with a variable, and `row["name"]`. */
function referencesIn(node: ASTNode, bound: ReadonlySet<string>): Reference[] {
  const name = nameOf(node)
  if (name !== null) return bound.has(name.split('.')[0]) ? [] : [{ name, start: node.start, end: node.end }]
  const { op, args } = node as { op: string; args: unknown }
  if (op === 'call' && Array.isArray(args) && args[0] === 'has') {
    throw new Error('it uses has(). Write column != null: a missing cell is null')
  }
  if (op === 'rcall' && Array.isArray(args) && args[0] === 'matches') {
    throw new Error('it uses matches(), which may never end. Use contains, startsWith or endsWith')
  }
  // In list.exists(x, ...) and its like the first argument is a name of the expression's own.
  if (op === 'rcall' && Array.isArray(args) && MACROS.has(String(args[0]))) {
    const [, receiver, inner] = args as [string, ASTNode, ASTNode[]]
    const own = String((inner[0] as { args: unknown }).args)
    if (bound.size > 0) throw new Error('it has a macro within a macro. Write it flat')
    return [
      ...referencesIn(receiver, bound),
      ...inner.slice(1).flatMap((one) => referencesIn(one, new Set([...bound, own]))),
    ]
  }
  return nodesWithin(args).flatMap((inner) => referencesIn(inner, bound))
}

const MACROS = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

function nameOf(node: ASTNode): string | null {
  const { op, args } = node as { op: string; args: unknown }
  if (op === 'id') return String(args)
  if (op === '.' && Array.isArray(args)) {
    const base = nameOf(args[0] as ASTNode)
    return base === null ? null : `${base}.${args[1]}`
  }
  if (op === '[]' && Array.isArray(args)) {
    const [base, key] = args as [ASTNode, ASTNode]
    const isRow = base.op === 'id' && base.args === 'row' && key.op === 'value' && typeof key.args === 'string'
    return isRow ? String(key.args) : null
  }
  return null
}

function nodesWithin(value: unknown): ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesWithin)
  return typeof value === 'object' && value !== null && 'op' in value ? [value as ASTNode] : []
}

function invalid(key: string, text: string, complaint: string): Error {
  const [line] = complaint.split('\n')
  return dataError(
    'EXPRESSION_INVALID',
    `Description, "${key}": the expression ${shownText(text)} fails: ${line.replace(/\.$/, '')}. docs/events.md says what expressions know.`,
  )
}
