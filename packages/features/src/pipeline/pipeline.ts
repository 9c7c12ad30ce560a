import { z } from 'zod'
import { FEATURE_PROFILES } from '../datasets.ts'
import { featureError } from '../errors.ts'
import { historyPlanSchema } from '../history/plan.ts'
import { eventReadingSchema } from '../reading/event-reading.ts'

/** How one raw column becomes inputs. docs/features.md has the formulas. */
export type ColumnPlan = {
  /** Name of the input. */
  readonly name: string
  /** Name of the raw column; several inputs may share one. */
  readonly source: string
  readonly encoder: Encoder
}

/** Encoder before fitting; sizes are upper bounds. */
type Encoder =
  | { readonly kind: 'quantile'; readonly knots: number } // dense
  | { readonly kind: 'standard' } // dense
  | { readonly kind: 'vocabulary'; readonly size: number; readonly minimumRows: number } // categorical
  | { readonly kind: 'values'; readonly size: number; readonly minimumRows: number } // categorical
  | { readonly kind: 'count'; readonly cap: number } // categorical

/** Longer texts, such as whole command lines, are in no vocabulary. */
export const TOKEN_LENGTH_MAX = 1000

/** Most categories of a vocabulary, the unknown aside. */
export const CATEGORIES_MAX = 60_000

/** Most inputs of a network. */
const INPUTS_MAX = 4096

const name = z.string().min(1).max(200)
const finite = z.number()
const increasing = z
  .array(finite)
  .refine((values) => values.every((value, i) => i === 0 || value > values[i - 1]), 'must increase')
const unique = <T>(values: T[]) => new Set(values).size === values.length

const fittedColumn = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('quantile'),
    name,
    source: name,
    knots: increasing.max(4096),
    levels: z.array(finite.min(-1).max(1)).max(4096),
  }),
  z.strictObject({ kind: z.literal('standard'), name, source: name, mean: finite, deviation: finite.positive() }),
  z.strictObject({
    kind: z.literal('vocabulary'),
    name,
    source: name,
    tokens: z.array(z.string().max(TOKEN_LENGTH_MAX)).max(CATEGORIES_MAX).refine(unique, 'must differ'),
  }),
  z.strictObject({
    kind: z.literal('values'),
    name,
    source: name,
    values: z.array(finite).max(CATEGORIES_MAX).refine(unique, 'must differ'),
  }),
  z.strictObject({ kind: z.literal('count'), name, source: name, cap: z.int().min(1).max(CATEGORIES_MAX) }),
])

const featurePipeline = z.strictObject({
  version: z.literal(1),
  dataset: name,
  features: z.enum(FEATURE_PROFILES),
  /** How columns of the past are computed from events; null where there are none, as in files from before. */
  history: historyPlanSchema.nullable().default(null),
  /** How raw events are read; null where they cannot be told by a description, and in files from before. */
  reading: eventReadingSchema.nullable().default(null),
  columns: z
    .array(fittedColumn)
    .min(1)
    .max(INPUTS_MAX)
    .refine((columns) => unique(columns.map((column) => column.name)), 'names must differ')
    .refine(
      (columns) =>
        columns.every((column) => column.kind !== 'quantile' || column.levels.length === column.knots.length),
      'a quantile column needs as many levels as knots',
    ),
})

/** One encoder with what was learned from the training rows. */
export type FittedColumn = z.infer<typeof fittedColumn>

/**
 * The fitted feature pipeline: plain JSON, saved with a run and applied unchanged at evaluation. The order of the columns
 * is the order of the inputs; dense and categorical columns are counted apart.
 */
export type FeaturePipeline = z.infer<typeof featurePipeline>

/**
 * Checks a saved pipeline.
 *
 * @example
 * ```ts
 * const pipeline = parsePipeline(JSON.parse(readFileSync('runs/NAME/pipeline.json', 'utf8')))
 * await loadDataset({ ...request, pipeline }) // the same inputs as the run had
 * ```
 *
 * @param json anything; not trusted
 * @throws {VigilError} PIPELINE_INVALID naming the first field that is wrong
 */
export function parsePipeline(json: unknown): FeaturePipeline {
  const result = featurePipeline.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue.path.length === 0 ? 'the pipeline' : issue.path.join('.')
  throw featureError(
    'PIPELINE_INVALID',
    `Feature pipeline, ${field}: ${issue.message}. Use the pipeline that was saved with the run, unchanged.`,
  )
}

/** Whether a column becomes one dense input (otherwise one categorical input). */
export function isDense(column: { readonly kind: FittedColumn['kind'] }): boolean {
  return column.kind === 'quantile' || column.kind === 'standard'
}

/** Further powers of two that a `values` column tells apart when a number is not one of its exact values. */
export const MAGNITUDES = 12

/** Vocabulary size of a categorical column, the unknown included. */
export function vocabularySize(column: FittedColumn): number {
  switch (column.kind) {
    case 'vocabulary':
      return 1 + column.tokens.length
    case 'values':
      return 1 + column.values.length + MAGNITUDES
    case 'count':
      return 2 + column.cap
    default:
      throw new TypeError(`${column.kind} columns are dense`)
  }
}

/** The inputs of a network, in their order, as a pipeline makes them. */
type Inputs = {
  /** D names. */
  readonly denseNames: readonly string[]
  /** C columns; vocabularySize includes the unknown. */
  readonly categoricalColumns: readonly { readonly name: string; readonly vocabularySize: number }[]
}

/** @see Inputs */
export function inputsOf({ columns }: Pick<FeaturePipeline, 'columns'>): Inputs {
  return {
    denseNames: columns.filter(isDense).map(({ name }) => name),
    categoricalColumns: columns
      .filter((column) => !isDense(column))
      .map((column) => ({ name: column.name, vocabularySize: vocabularySize(column) })),
  }
}
