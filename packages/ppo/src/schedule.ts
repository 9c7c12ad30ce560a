/** Training is to have `iterations` in all; so it is said after iteration `after`, 0 = at its beginning. */
export type Length = { readonly after: number; readonly iterations: number }

/** How many iterations training was to have in all when it did this one. */
export function lengthAt({ lengths }: { readonly lengths: readonly Length[] }, iteration: number): number {
  return (lengths.findLast(({ after }) => after < iteration) ?? lengths[0]).iterations
}

/** Share of an annealed schedule that is left in an iteration, 1 to 0; 1 where nothing is annealed. */
export function remainingAt(
  settings: { readonly lengths: readonly Length[]; readonly anneal: boolean },
  iteration: number,
): number {
  return settings.anneal ? 1 - (iteration - 1) / lengthAt(settings, iteration) : 1
}
