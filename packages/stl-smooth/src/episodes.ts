/** Windows over lanes cut into episodes, since a specification begins anew where an episode does. */

/** A stretch of one lane in which no episode begins but at its first step. */
export type Episode = {
  readonly lane: number
  readonly from: number
  readonly length: number
  /** whether the next step begins another; the end of the window alone ends no episode */
  readonly isOver: boolean
}

/**
 * The episodes of [T, E] steps that reach to step `first` or behind, in groups of similar length: within a group no episode
 * has twice as many steps as another, so that little is computed for padding. Order: lengths, then lanes, then time.
 *
 * @param begins [T, E], 1 where an episode begins; step 0 begins one in any case
 */
export function episodeGroups(
  begins: ArrayLike<number>,
  { steps, lanes, first }: { steps: number; lanes: number; first: number },
): Episode[][] {
  const groups = new Map<number, Episode[]>()
  for (let lane = 0; lane < lanes; lane++) {
    let from = 0
    for (let t = 1; t <= steps; t++) {
      if (t < steps && begins[t * lanes + lane] === 0) continue
      if (t > first) {
        const key = Math.ceil(Math.log2(t - from))
        const group = groups.get(key)
        const episode = { lane, from, length: t - from, isOver: t < steps }
        if (group === undefined) groups.set(key, [episode])
        else group.push(episode)
      }
      from = t
    }
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group)
}
