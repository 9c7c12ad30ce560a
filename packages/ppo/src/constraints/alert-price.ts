const ALERT = 3

/**
 * What a multiplier charges for an alert, in reward units:
 *
 *   price = lambda sigma_r (mean of A_c where the action is alert - mean of A_c where it is another)
 *
 * with A_c of deviation 1 and sigma_r the deviation of A_r. A policy that learns from A_r / sigma_r - lambda A_c does what one would
 * that learns from rewards alone where each alert costs so much more. At the end of a training that keeps a budget of alerts it is
 * the shadow price of the budget: the return that one more alert would bring.
 *
 * @param costAdvantages [T, E, A] of one specification, normalised
 * @param actions        [T, E, A] 0 to 3
 * @param deviation      of the reward's advantages before they were normalised
 * @returns null where no action is alert, or all are
 */
export function alertPrice({
  costAdvantages,
  actions,
  multiplier,
  deviation,
}: {
  readonly costAdvantages: Float32Array
  readonly actions: Uint8Array
  readonly multiplier: number
  readonly deviation: number
}): number | null {
  const [counts, sums] = [
    [0, 0],
    [0, 0],
  ]
  for (const [i, action] of actions.entries()) {
    const kind = action === ALERT ? 1 : 0
    counts[kind]++
    sums[kind] += costAdvantages[i]
  }
  if (counts[0] === 0 || counts[1] === 0) return null
  return multiplier * deviation * (sums[1] / counts[1] - sums[0] / counts[0])
}
