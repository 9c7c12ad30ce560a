import type { RawColumn } from '@vigil/features'

/** What is asked of one raw column, in its own unit. A missing value is neither above nor below anything, and is no text. */
export type Condition =
  | { readonly column: string; readonly operator: '>' | '<='; readonly value: number }
  | { readonly column: string; readonly operator: 'is'; readonly value: string }
  | { readonly column: string; readonly operator: 'missing' }

/** All of its conditions hold, and no line before it has decided: then this is the action. */
export type Line = {
  readonly conditions: readonly Condition[]
  /** 0 allow, 1 block, 2 quarantine, 3 alert */
  readonly action: number
}

/** Lines in their order; the first one that covers an event decides. */
export type DecisionList = {
  readonly lines: readonly Line[]
  /** the action where no line covers an event */
  readonly otherwise: number
}

/** Raw columns by name. */
export type Columns = ReadonlyMap<string, RawColumn>

/**
 * What a list decides on rows.
 *
 * @param rows numbers of rows in the columns
 * @returns [n] actions
 */
export function decideByList({ lines, otherwise }: DecisionList, columns: Columns, rows: Uint32Array): Uint8Array {
  const compiled = lines.map(({ conditions, action }) => ({
    tests: conditions.map((condition) => testOf(condition, columns.get(condition.column))),
    action,
  }))
  return Uint8Array.from(rows, (row) => {
    const line = compiled.find(({ tests }) => tests.every((test) => test(row)))
    return line?.action ?? otherwise
  })
}

function testOf(condition: Condition, column: RawColumn | undefined): (row: number) => boolean {
  if (column?.kind === 'number') {
    const { values } = column
    if (condition.operator === '>') return (row) => values[row] > condition.value
    if (condition.operator === '<=') return (row) => values[row] <= condition.value
    if (condition.operator === 'missing') return (row) => Number.isNaN(values[row])
  }
  if (column?.kind === 'token') {
    const { codes, dictionary } = column
    if (condition.operator === 'missing') return (row) => codes[row] < 0
    const code = condition.operator === 'is' ? dictionary.indexOf(condition.value) : -1
    return (row) => code >= 0 && codes[row] === code
  }
  throw new TypeError(`no column ${condition.column}`)
}
