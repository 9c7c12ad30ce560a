/** A length that training no longer has: up to and with iteration `upTo` it was to have `iterations` in all. */
export type EarlierLength = { readonly upTo: number; readonly iterations: number }

/** How long training is to be, and was to be before it was made longer. */
export type Schedule = {
  /** Rollouts followed by updates, in all. */
  readonly iterations: number
  /** Ascending; empty unless training was made longer. */
  readonly earlierLengths: readonly EarlierLength[]
}

/** How many iterations training was to have in all when it did this one. */
export function lengthAt({ iterations, earlierLengths }: Schedule, iteration: number): number {
  return earlierLengths.find(({ upTo }) => iteration <= upTo)?.iterations ?? iterations
}

/** Share of an annealed schedule that is left in an iteration, 1 to 0; 1 where nothing is annealed. */
export function remainingAt(settings: Schedule & { readonly anneal: boolean }, iteration: number): number {
  return settings.anneal ? 1 - (iteration - 1) / lengthAt(settings, iteration) : 1
}
