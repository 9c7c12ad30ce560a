import { columnOffsets, type NetworkSpec, parameterLayout } from './network.ts'

/**
 * A team's weights on a network that tells more categories apart and is otherwise the same. The embedding row of each
 * category is a copy of the one that its events were given before, so the team decides as it did.
 *
 * @param parameters [A, P] of the network `from`
 * @param before     [C] of [vocabulary in `to`] category in `from`
 * @returns [A, P] of the network `to`, owned by the caller
 */
export function growEmbeddings(
  parameters: Float32Array,
  {
    from,
    to,
    before,
  }: { readonly from: NetworkSpec; readonly to: NetworkSpec; readonly before: readonly Uint32Array[] },
): Float32Array {
  const [old, grown] = [parameterLayout(from), parameterLayout(to)]
  const offsets = columnOffsets(from)
  const rows = before.flatMap((categories, column) => Array.from(categories, (category) => offsets[column] + category))
  const out = new Float32Array(to.agentCount * grown.parametersPerAgent)
  for (let agent = 0; agent < to.agentCount; agent++) {
    for (const [i, { name, shape, offset, length }] of grown.slices.entries()) {
      const source = agent * old.parametersPerAgent + old.slices[i].offset
      const target = agent * grown.parametersPerAgent + offset
      const [, width] = shape
      if (!name.endsWith('.embedding')) out.set(parameters.subarray(source, source + length), target)
      else {
        for (const [place, row] of rows.entries()) {
          const at = source + row * width
          out.set(parameters.subarray(at, at + width), target + place * width)
        }
      }
    }
  }
  return out
}
