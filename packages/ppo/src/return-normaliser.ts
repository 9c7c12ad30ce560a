/**
 * Normalisation of returns, so that a critic learns targets of mean 0 and deviation 1 whatever the reward table.
 *
 * The state is plain JSON and immutable. Its numbers are float64, which JSON keeps exactly.
 */
import { z } from 'zod'
import { assertLength, ppoError } from './errors.ts'

/** running: all returns since training began; batch: those absorbed last; none: returns stay as they are. */
const kinds = ['running', 'batch', 'none'] as const

const stateSchema = z
  .strictObject({
    kind: z.enum(kinds),
    count: z.int().min(0),
    mean: z.number(),
    m2: z.number().min(0),
  })
  .refine(({ count, mean }) => count > 0 || mean === 0, { error: 'mean must be 0 where count is 0', path: ['mean'] })
  .refine(({ count, m2 }) => count > 1 || m2 === 0, { error: 'm2 must be 0 where count is 0 or 1', path: ['m2'] })
  .refine(({ kind, count }) => kind !== 'none' || count === 0, { error: 'count must be 0 for none', path: ['count'] })

/** See `kinds` above: over which returns mean and deviation are taken. */
export type ReturnNormaliserKind = (typeof kinds)[number]

/** Mean and spread of the returns absorbed so far, in reward units. */
export type ReturnNormaliser = Moments & { readonly kind: ReturnNormaliserKind }

/** A normaliser that has seen nothing and so changes nothing (mean 0, deviation 1). */
export function createReturnNormaliser(kind: ReturnNormaliserKind): ReturnNormaliser {
  return { kind, count: 0, mean: 0, m2: 0 }
}

/**
 * The state after these returns: Welford 1962 within them, and for `running` the pairwise update of Chan, Golub and
 * LeVeque 1979 (STAN-CS-79-773) to merge them with all earlier ones.
 *
 *   delta = mean_b - mean_a
 *   mean  = mean_a + delta count_b / (count_a + count_b)
 *   m2    = m2_a + m2_b + delta^2 count_a count_b / (count_a + count_b)
 *
 * @param values any shape, reward units; none at all changes nothing
 * @returns a new state
 * @throws {VigilError} NOT_FINITE, so that one NaN cannot spoil the statistics of the whole training
 */
export function absorb(state: ReturnNormaliser, values: Float32Array): ReturnNormaliser {
  if (state.kind === 'none' || values.length === 0) return state
  const batch = momentsOf(values, null)
  if (!Number.isFinite(batch.mean) || !Number.isFinite(batch.m2)) {
    const index = values.findIndex((value) => !Number.isFinite(value))
    throw ppoError('NOT_FINITE', {
      field: 'returns',
      requirement: 'must be finite',
      received: `${values[index]} at index ${index}`,
      remedy: 'Look for an infinite reward in the reward table, or for a critic that diverged',
    })
  }
  if (state.kind === 'batch') return { kind: 'batch', ...batch }
  const count = state.count + batch.count
  const delta = batch.mean - state.mean
  return {
    kind: 'running',
    count,
    mean: state.mean + (delta * batch.count) / count,
    m2: state.m2 + batch.m2 + (delta * delta * state.count * batch.count) / count,
  }
}

/**
 * Reward units to mean 0 and deviation 1 of the returns absorbed.
 *
 * @param values [any]
 * @param out    [same], overwritten; may be `values`
 * @throws {VigilError} SHAPE
 */
export function normalise(state: ReturnNormaliser, values: Float32Array, out: Float32Array): void {
  assertLength('out', out.length, values.length)
  const { mean } = state
  const scale = 1 / deviationOf(state)
  for (let i = 0; i < values.length; i++) out[i] = (values[i] - mean) * scale
}

/**
 * The inverse of `normalise`: what a critic says, in reward units.
 *
 * @param values [any]
 * @param out    [same], overwritten; may be `values`
 * @throws {VigilError} SHAPE
 */
export function denormalise(state: ReturnNormaliser, values: Float32Array, out: Float32Array): void {
  assertLength('out', out.length, values.length)
  const { mean } = state
  const deviation = deviationOf(state)
  for (let i = 0; i < values.length; i++) out[i] = values[i] * deviation + mean
}

/**
 * Reads a saved state strictly: exactly the four fields, finite, and possible.
 *
 * @param json from a checkpoint, not trusted
 * @throws {VigilError} BAD_STATE
 */
export function parseReturnNormaliser(json: unknown): ReturnNormaliser {
  const result = stateSchema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw ppoError('BAD_STATE', {
    field: ['returnNormaliser', ...issue.path].join('.'),
    requirement: 'must be the state of a return normaliser',
    received: `something else (${issue.message})`,
    remedy: 'The checkpoint is damaged or foreign: resume from another one',
  })
}

/** Mean and spread of some numbers. */
export type Moments = {
  readonly count: number
  readonly mean: number
  /** sum of the squared distances from the mean, exactly 0 where all numbers are the same */
  readonly m2: number
}

/**
 * Mean and spread in one pass (Welford 1962, "Note on a method for calculating corrected sums of squares and products").
 *
 *   mean_k = mean_{k-1} + (x_k - mean_{k-1}) / k
 *   m2_k   = m2_{k-1} + (x_k - mean_{k-1})(x_k - mean_k)
 *
 * @param values  [any]
 * @param weights [same] 0 = leave the value out; null = count all
 */
export function momentsOf(values: Float32Array, weights: Float32Array | null): Moments {
  let count = 0
  let mean = 0
  let m2 = 0
  for (let i = 0; i < values.length; i++) {
    if (weights !== null && weights[i] === 0) continue
    count++
    const delta = values[i] - mean
    mean += delta / count
    m2 += delta * (values[i] - mean)
  }
  return { count, mean, m2 }
}

/**
 * Deviation of the population; 1 where there are no numbers or all are equal, so that one can divide by it.
 *
 * @param magnitude of what the numbers were computed from; by default their mean. Numbers that differ by no more than what
 *   it is rounded by in single precision are equal: dividing by such a deviation would make signals of rounding errors
 */
export function deviationOf(moments: Moments, magnitude?: number): number {
  return Math.sqrt(varianceOf(moments, magnitude)) || 1
}

/** Variance of the population; 0 where there are no numbers or all are equal, up to rounding (see deviationOf). */
export function varianceOf({ count, mean, m2 }: Moments, magnitude: number = Math.abs(mean)): number {
  const variance = count === 0 ? 0 : m2 / count
  return Math.sqrt(variance) <= ROUNDING * magnitude ? 0 : variance
}

/** Eight units in the last place of single precision: what a difference of two sums of products may be wrong by. */
const ROUNDING = 2 ** -20
