/**
 * How many of some numbers are at most a limit, by halving: a team that runs for a year has a hundred million batches.
 *
 * @param ascending numbers, none below the one before it
 */
export function countUpTo(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (ascending[middle] <= limit) low = middle + 1
    else high = middle
  }
  return low
}
