import type { RawColumn } from '../raw-column.ts'
import { numberIndex } from './encode.ts'
import { fitColumn } from './fit.ts'
import { CATEGORIES_MAX, type ColumnPlan, type FittedColumn, isDense, vocabularySize } from './pipeline.ts'

/**
 * A fitted column that also knows what is frequent in other training rows. What it knew keeps its place, and what is new
 * comes behind it: as many categories as the plan would fit at most. Dense columns and counts stay as they are.
 *
 * @param plan   of the same input, for what counts as frequent; undefined where these events have no use for it
 * @param column N raw values
 * @param rows   the training rows
 */
export function growColumn(
  fitted: FittedColumn,
  plan: ColumnPlan | undefined,
  column: RawColumn,
  rows: Uint32Array,
): FittedColumn {
  if (plan?.source !== fitted.source || plan.encoder.kind !== fitted.kind) return fitted
  const { encoder } = plan
  if (encoder.kind !== 'vocabulary' && encoder.kind !== 'values') return fitted
  const known = fitted.kind === 'vocabulary' ? fitted.tokens : fitted.kind === 'values' ? fitted.values : []
  const found = fitColumn({ ...plan, encoder: { ...encoder, size: encoder.size + known.length } }, column, rows)
  if (fitted.kind === 'vocabulary' && found.kind === 'vocabulary') {
    return { ...fitted, tokens: appended(fitted.tokens, found.tokens, encoder.size) }
  }
  if (fitted.kind === 'values' && found.kind === 'values') {
    return { ...fitted, values: appended(fitted.values, found.values, encoder.size) }
  }
  return fitted
}

/**
 * Which category of a column each category of the grown one was before: itself where it was known, else what the column
 * took it for.
 *
 * @returns [vocabulary of `grown`] categories of `fitted`
 */
function categoriesBefore(fitted: FittedColumn, grown: FittedColumn): Uint32Array {
  const before = Uint32Array.from({ length: vocabularySize(grown) }, (_, category) => category)
  if (fitted.kind === 'vocabulary' && grown.kind === 'vocabulary') before.fill(0, 1 + fitted.tokens.length)
  if (fitted.kind === 'values' && grown.kind === 'values') {
    const [known, all] = [fitted.values.length, grown.values.length]
    const categoryOf = numberIndex(fitted)
    for (let place = known; place < all; place++) before[1 + place] = categoryOf(grown.values[place])
    // The steps of numbers that are no category of their own follow.
    for (let category = 1 + all; category < before.length; category++) before[category] = category - all + known
  }
  return before
}

/** @see categoriesBefore: of each categorical column, in their order */
export function allCategoriesBefore(
  fitted: readonly FittedColumn[],
  grown: readonly FittedColumn[],
): readonly Uint32Array[] {
  return fitted.flatMap((column, i) => (isDense(column) ? [] : [categoriesBefore(column, grown[i])]))
}

function appended<T>(known: readonly T[], found: readonly T[], size: number): T[] {
  const have = new Set(known)
  const added = found.filter((value) => !have.has(value)).slice(0, size)
  return [...known, ...added].slice(0, Math.max(known.length, CATEGORIES_MAX))
}
