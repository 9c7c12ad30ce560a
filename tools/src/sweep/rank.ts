/** What trials are ranked by: nearer to the targets of specifications, then more reward; both on validation. */
export type Score = { readonly shortfall: number; readonly rewardMean: number; readonly cost: number }

/** Below 0 where the first is better. Costs do not count. */
export function compareScores(a: Score, b: Score): number {
  return a.shortfall - b.shortfall || b.rewardMean - a.rewardMean
}

/** Trials of which none other is as good and cheaper, or better and as cheap; the cheapest first. */
export function paretoFront<Entry extends Score>(entries: readonly Entry[]): readonly Entry[] {
  const front: Entry[] = []
  for (const entry of [...entries].sort((a, b) => a.cost - b.cost || compareScores(a, b))) {
    const best = front.at(-1)
    if (best === undefined || compareScores(entry, best) < 0) front.push(entry)
  }
  return front
}

/** A stage of successive halving: so many trials go as far as this iteration. */
type Rung = { readonly trials: number; readonly iterations: number }

/**
 * The stages of successive halving (Jamieson and Talwalkar, AISTATS 2016): each has 1 / eta of the trials of the one before and
 * goes eta times as far; the last one goes to the end. Iterations are multiples of those between validations.
 *
 * @param eta at least 2
 */
export function rungsOf(
  trials: number,
  {
    iterations,
    validateEvery,
    eta,
  }: { readonly iterations: number; readonly validateEvery: number; readonly eta: number },
): readonly Rung[] {
  const stages = Math.min(logarithm(trials, eta), logarithm(Math.max(1, iterations / validateEvery), eta))
  const rungs = Array.from({ length: stages + 1 }, (_, stage) => ({
    trials: Math.max(1, Math.floor(trials / eta ** stage)),
    iterations: Math.min(iterations, validateEvery * Math.ceil(iterations / eta ** (stages - stage) / validateEvery)),
  }))
  // Rounding may make two stages of one length: the later one has nothing left to tell.
  const kept = rungs.filter(({ iterations }, i) => i === rungs.length - 1 || iterations < rungs[i + 1].iterations)
  return kept.map((rung, i) => (i === 0 ? { ...rung, trials } : rung))
}

/** The whole part of a logarithm, without what rounding would take from it. */
function logarithm(value: number, base: number): number {
  let stages = 0
  for (let power = base; power <= value; power *= base) stages++
  return stages
}
