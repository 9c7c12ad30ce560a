import type { ColumnPlan, RawColumn } from '@vigil/features'
import type { ReadColumn } from '../reading/column-builder.ts'

/** More different texts than this share of the rows: an identifier. */
const IDENTIFIER_SHARE = 0.5

/** Fewer different texts are no identifier, however few the rows. */
const IDENTIFIER_MINIMUM = 50

/** Numbers of so few values are told apart one by one, besides their order. */
const FEW_VALUES = 32

const KNOTS = 65

/** What a column of the events becomes, and why where it becomes nothing. */
export type InputChoice = { readonly plans: readonly ColumnPlan[]; readonly note: string | null }

/**
 * The encoders of one column.
 *
 * @param rows the training rows: nothing else decides
 */
export function inputsOfColumn(
  { name, column, isIdentifier }: ReadColumn,
  rows: Uint32Array,
  asked: 'auto' | 'categorical' | 'numeric',
): InputChoice {
  if (isIdentifier) return { plans: [], note: 'an identifier: left out' }
  const distinct = distinctOf(column, rows)
  if (distinct.count <= 1 && asked === 'auto')
    return { plans: [], note: distinct.count === 0 ? 'always missing: left out' : 'constant: left out' }
  if (column.kind === 'number') return { plans: numberPlans(name, distinct.count), note: null }
  const isNameOfOne = distinct.count > IDENTIFIER_MINIMUM && distinct.count > IDENTIFIER_SHARE * distinct.present
  if (isNameOfOne && asked === 'auto')
    return {
      plans: [],
      note: `an identifier (${distinct.count} different texts in ${distinct.present} rows): left out`,
    }
  return { plans: [{ name, source: name, encoder: { kind: 'vocabulary', size: 255, minimumRows: 5 } }], note: null }
}

function numberPlans(name: string, distinct: number): ColumnPlan[] {
  const quantile: ColumnPlan = { name, source: name, encoder: { kind: 'quantile', knots: KNOTS } }
  if (distinct > FEW_VALUES) return [quantile]
  return [
    quantile,
    { name: `${name} (value)`, source: name, encoder: { kind: 'values', size: FEW_VALUES, minimumRows: 5 } },
  ]
}

/** Different values and rows that have one; of numbers, no more are counted than make a difference. */
function distinctOf(column: RawColumn, rows: Uint32Array): { count: number; present: number } {
  if (column.kind === 'number') {
    const seen = new Set<number>()
    for (let i = 0; i < rows.length && seen.size <= FEW_VALUES; i++) {
      if (!Number.isNaN(column.values[rows[i]])) seen.add(column.values[rows[i]])
    }
    return { count: seen.size, present: rows.length }
  }
  const seen = new Uint8Array(column.dictionary.length)
  let present = 0
  for (let i = 0; i < rows.length; i++) {
    const code = column.codes[rows[i]]
    if (code < 0) continue
    present++
    seen[code] = 1
  }
  return { count: seen.reduce((sum, is) => sum + is, 0), present }
}
