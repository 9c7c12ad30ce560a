import { z } from 'zod'
import { boostingError } from './errors.ts'
import type { BoostingModel } from './model.ts'

const COLUMNS_MAX = 65_535
const NODES_MAX = 65_535
const TREES_MAX = 10_000

const index = z.int().min(0).max(COLUMNS_MAX)
const branch = { column: index, left: index, right: index }
const node = z.union([
  z.strictObject({ value: z.number() }),
  z.strictObject({ ...branch, threshold: z.number() }),
  z.strictObject({ ...branch, categories: z.array(index).max(COLUMNS_MAX) }),
])
const schema = z.strictObject({
  denseCount: index,
  categoricalCount: index,
  bias: z.number(),
  trees: z.array(z.array(node).min(1).max(NODES_MAX)).max(TREES_MAX),
})

/**
 * Checks a model that was read from JSON: every walk ends in a leaf and reads only columns that are there.
 *
 * @throws {VigilError} MODEL_INVALID
 */
export function parseModel(value: unknown): BoostingModel {
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues
    throw boostingError(
      'MODEL_INVALID',
      `The boosting model must have the fields of a model, but ${path.join('.')}: ${message}.`,
    )
  }
  const model = parsed.data
  model.trees.forEach((tree, t) => {
    tree.forEach((node, i) => {
      if ('value' in node) return
      // Children stand behind their branch, so no walk returns to a node.
      const forward = node.left > i && node.right > i && node.left < tree.length && node.right < tree.length
      const isNumber = node.column < model.denseCount
      const known = node.column < model.denseCount + model.categoricalCount && isNumber === 'threshold' in node
      if (!forward || !known)
        throw boostingError(
          'MODEL_INVALID',
          `The boosting model must have branches that lead on by a column of the inputs, but tree ${t}, node ${i} does not.`,
        )
    })
  })
  return model
}
