import { z } from 'zod'

/**
 * What the inputs of the training rows were like, in bins: whoever decides compares with it what comes.
 *
 * A dense input has a bin for the values up to each edge and one for those above. A categorical input has a bin for the unknown, one for
 * each of its commonest categories, and one for all others.
 */
export type InputReference = {
  /** training rows that were counted */
  readonly rows: number
  readonly dense: readonly { readonly edges: readonly number[]; readonly counts: readonly number[] }[]
  readonly categorical: readonly { readonly categories: readonly number[]; readonly counts: readonly number[] }[]
}

/** The inputs of rows, as a dataset has them. */
type Inputs = {
  /** [N, D] */
  readonly dense: Float32Array
  readonly denseNames: readonly string[]
  /** [N, C] */
  readonly categorical: Uint16Array
  readonly categoricalColumns: readonly { readonly vocabularySize: number }[]
}

/** Rows that are counted, spread evenly over all. */
const ROWS_MAX = 65_536
/** Bins of a dense input without values that are common. */
const DENSE_BINS = 10
/** Categories with bins of their own. */
const CATEGORIES_MAX = 30

/** Counts the inputs of rows. @param rows those that the team learnt from */
export function referenceOf(inputs: Inputs, rows: ArrayLike<number>): InputReference {
  const { dense, categorical, denseNames, categoricalColumns } = inputs
  const count = Math.min(ROWS_MAX, rows.length)
  const counted = Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)])
  const [D, C] = [denseNames.length, categoricalColumns.length]
  const values = new Float32Array(count)
  return {
    rows: count,
    dense: denseNames.map((_, d) => {
      for (let i = 0; i < count; i++) values[i] = dense[counted[i] * D + d]
      values.sort()
      const edges = edgesOf(values)
      const counts = new Array<number>(edges.length + 1).fill(0)
      for (const value of values) counts[denseBin(edges, value)]++
      return { edges, counts }
    }),
    categorical: categoricalColumns.map(({ vocabularySize }, c) => {
      const byCategory = new Uint32Array(vocabularySize)
      for (const row of counted) byCategory[categorical[row * C + c]]++
      return commonest(byCategory)
    }),
  }
}

/** The bin of a value: the first whose edge is not below it. @param edges ascending */
export function denseBin(edges: ArrayLike<number>, value: number): number {
  let bin = 0
  while (bin < edges.length && value > edges[bin]) bin++
  return bin
}

/** Deciles; a value as common as a decile gets a bin of its own, so that a shift to either side of it shows. */
function edgesOf(sorted: Float32Array): number[] {
  const edges = new Set<number>()
  for (let i = 1; i < DENSE_BINS; i++) {
    if (sorted.length === 0) break
    const value = sorted[Math.floor((i * sorted.length) / DENSE_BINS)]
    const first = sorted.indexOf(value)
    if ((sorted.lastIndexOf(value) + 1 - first) * DENSE_BINS >= sorted.length) {
      edges.add(first === 0 ? Math.fround(value - 2 ** -20 * Math.max(1, Math.abs(value))) : sorted[first - 1])
    }
    edges.add(value)
  }
  return [...edges].sort((a, b) => a - b)
}

function commonest(byCategory: Uint32Array): { categories: number[]; counts: number[] } {
  const categories = [...byCategory.keys()]
    .filter((category) => category > 0 && byCategory[category] > 0)
    .sort((a, b) => byCategory[b] - byCategory[a] || a - b)
    .slice(0, CATEGORIES_MAX)
  const own = categories.map((category) => byCategory[category])
  const others = byCategory.subarray(1).reduce((sum, count) => sum + count, 0) - own.reduce((sum, n) => sum + n, 0)
  return { categories, counts: [byCategory[0] ?? 0, ...own, others] }
}

const counts = z.array(z.int().min(0))
const referenceSchema = z.strictObject({
  rows: z.int().min(0),
  dense: z.array(z.strictObject({ edges: z.array(z.number()), counts })),
  categorical: z.array(z.strictObject({ categories: z.array(z.int().min(1)), counts })),
})

/**
 * Checks a saved reference, whose bins must be of these inputs.
 *
 * @returns null of null, which a bundle without one has
 * @throws {Error} naming what is wrong
 */
export function parseReference(
  json: unknown,
  { denseNames, categoricalColumns }: Pick<Inputs, 'denseNames' | 'categoricalColumns'>,
): InputReference | null {
  if (json === null) return null
  const reference = referenceSchema.parse(json)
  const { rows, dense, categorical } = reference
  const isWhole = (own: readonly number[], bins: number) =>
    own.length === bins && own.reduce((sum, n) => sum + n, 0) === rows
  const fits =
    dense.length === denseNames.length &&
    dense.every(
      ({ edges, counts: own }) =>
        isWhole(own, edges.length + 1) && edges.every((edge, i) => i === 0 || edge > edges[i - 1]),
    ) &&
    categorical.length === categoricalColumns.length &&
    categorical.every(
      ({ categories, counts: own }, c) =>
        isWhole(own, categories.length + 2) &&
        categories.every((category) => category < categoricalColumns[c].vocabularySize) &&
        new Set(categories).size === categories.length,
    )
  if (!fits) throw new Error('its bins are not those of the inputs of pipeline.json')
  return reference
}
