/** With more sets than this, the one of the most skilled agents stands for them. */
const SETS_MAX = 35

/** Whether every set of `size` of the agents is tried, of which there are agentCount over size. */
export function areAllSetsTried(agentCount: number, size: number): boolean {
  let sets = 1
  for (let i = 1; i <= size; i++) sets = (sets * (agentCount - size + i)) / i
  return sets <= SETS_MAX
}

/**
 * Which agents may be the faulty ones: every set of `size` agents, or, where they are too many to try, the most skilled
 * agents, which a team can miss least; others may do more harm.
 *
 * @param weights [A] of the agents by skill
 * @returns sets of ascending agents, at least one
 */
export function faultySets(weights: Uint32Array, size: number): number[][] {
  if (!areAllSetsTried(weights.length, size)) return [mostSkilled(weights, size)]
  return Array.from({ length: size }).reduce<number[][]>(
    (smaller) =>
      smaller.flatMap((set) => range((set.at(-1) ?? -1) + 1, weights.length).map((agent) => [...set, agent])),
    [[]],
  )
}

/** The `size` agents with most weight, ascending; of equal ones the smaller numbers. */
export function mostSkilled(weights: Uint32Array, size: number): number[] {
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a] || a - b)
  return order.slice(0, size).sort((a, b) => a - b)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
}
