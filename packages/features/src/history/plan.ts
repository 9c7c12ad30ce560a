import { z } from 'zod'
import { featureError } from '../errors.ts'
import { foldSchema, keySchema, nameSchema } from './fold.ts'
import { KEY_BYTES } from './key-table.ts'
import { slotLayout } from './slot-layout.ts'

/** Most bytes that the state of all keys may grow to, keys themselves left out. */
export const STATE_BYTES_MAX = 2 ** 30

const namesDiffer = (entries: readonly { readonly name: string }[]) =>
  new Set(entries.map((entry) => entry.name)).size === entries.length

const named = <Schema extends z.ZodType<{ readonly name: string }>>(schema: Schema, most: number) =>
  z.array(schema).max(most).refine(namesDiffer, 'names must differ')

export const historyPlanSchema = z
  .strictObject({
    /** Columns that folds look at. */
    columns: named(z.strictObject({ name: nameSchema, kind: z.enum(['token', 'number']) }), 1000),
    keys: named(keySchema, 16),
    /** The features, in the order in which a live event gets them. */
    folds: named(foldSchema, 4096),
  })
  .superRefine((plan, context) => {
    const { columns, keys, folds } = plan
    const kinds = new Map(columns.map((column) => [column.name, column.kind]))
    for (const [i, fold] of folds.entries()) {
      const wrong = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['folds', i, field], message })
      if (!keys.some((key) => key.name === fold.key)) wrong('key', "must be one of the plan's keys")
      if ((fold.kind === 'within' || fold.kind === 'spans') && (fold.of === null) !== (fold.value === null)) {
        wrong('value', 'must be null exactly where `of` is')
      }
      if (!('of' in fold) || fold.of === null) continue
      const kind = kinds.get(fold.of)
      if (kind === undefined) wrong('of', "must be one of the plan's columns")
      else if (kind === 'number' && fold.kind !== 'previous') wrong('of', 'must be a column of tokens')
    }
    const bytes = stateBytes(plan)
    if (bytes <= STATE_BYTES_MAX) return
    const message = `may need ${STATE_BYTES_MAX} bytes of state at their limits, these need ${bytes}`
    context.addIssue({ code: 'custom', path: ['keys'], message })
  })

/** Which features of the past an event gets: plain JSON, so that a service computes what the training computed. */
export type HistoryPlan = z.infer<typeof historyPlanSchema>

/**
 * Checks a plan of history.
 *
 * @example
 * ```ts
 * const plan = parseHistoryPlan({
 *   columns: [{ name: 'signature', kind: 'token' }],
 *   keys: [{ name: 'host', limit: 100_000, idleMs: 86_400_000 }],
 *   folds: [
 *     { name: 'gap_ms', key: 'host', kind: 'gap' },
 *     { name: 'signature_1', key: 'host', kind: 'previous', of: 'signature', back: 1 },
 *   ],
 * })
 * ```
 *
 * @param json anything; not trusted
 * @throws {VigilError} HISTORY_INVALID naming the first field that is wrong, or the bytes that the plan would need
 */
export function parseHistoryPlan(json: unknown): HistoryPlan {
  const result = historyPlanSchema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue.path.length === 0 ? 'the plan' : issue.path.join('.')
  throw featureError('HISTORY_INVALID', `Plan of history, ${field}: ${issue.message}. Use a plan as a run has it.`)
}

/** Bytes of state when every key is at its limit. */
export function stateBytes({ columns, keys, folds }: Pick<HistoryPlan, 'columns' | 'keys' | 'folds'>): number {
  const numbers = new Set(columns.filter(({ kind }) => kind === 'number').map(({ name }) => name))
  let bytes = 0
  for (const { name, limit } of keys) {
    const { words } = slotLayout(
      folds.filter((fold) => fold.key === name),
      (column) => numbers.has(column),
    )
    bytes += (limit + 1) * (4 * words + KEY_BYTES)
  }
  return bytes
}
