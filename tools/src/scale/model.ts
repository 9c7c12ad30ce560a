/** How many actors a learner can use: what follows from the times of one shard. */

/** Times in milliseconds, sizes in bytes. */
export type ScaleFigures = {
  readonly shards: number
  /** of a shard, on an actor's core */
  readonly actorMs: number
  /** of a shard, in the learner's thread that takes rollouts in */
  readonly learnerMs: number
  /** of a host in a collection, there: it loads the weights */
  readonly hostMs: number
  readonly shardBytes: number
  readonly policyBytes: number
  /** between two collections of a learner that never waits */
  readonly updateMs: number
  /** of the learner's network, in bits per second */
  readonly bandwidth: number
}

/** What keeps more actors from helping. */
export type Bend = 'shards' | 'learner' | 'network'

/** The model. */
export type Scale = {
  /** Actor cores that keep the learner busy under staleness 1, as a fraction. */
  readonly needed: number
  /** The most actor cores that help at all, by what limits them. */
  readonly limits: Readonly<Record<Bend, number>>
  readonly bend: Bend
}

/**
 * How long one collection takes: the slowest of what goes on at the same time.
 *
 *   T(n) = max( ceil(S / n) c,  S i + n q,  (S b + n p) / B )
 *
 * with S shards of which each takes an actor c, the learner i and the network b bytes; n hosts of one actor, each of which loads weights
 * of p bytes, which takes the learner q; and B bytes per second.
 */
export function collectionMs(figures: ScaleFigures, actors: number): number {
  const { shards, actorMs, learnerMs, hostMs, shardBytes, policyBytes } = figures
  return Math.max(
    Math.ceil(shards / actors) * actorMs,
    shards * learnerMs + actors * hostMs,
    (shards * shardBytes + actors * policyBytes) / bytesPerMs(figures),
  )
}

/**
 * Each limit is where the first part of T(n) is no longer the largest: S c / n against a + n b, solved for n.
 *
 * @example
 * const { needed, bend } = scaleOf(figures)
 */
export function scaleOf(figures: ScaleFigures): Scale {
  const { shards, actorMs, learnerMs, hostMs, shardBytes, policyBytes, updateMs } = figures
  const workMs = shards * actorMs
  const limits = {
    shards,
    learner: crossing(workMs, shards * learnerMs, hostMs),
    network: crossing(workMs, (shards * shardBytes) / bytesPerMs(figures), policyBytes / bytesPerMs(figures)),
  }
  const bends = Object.keys(limits) as Bend[]
  const bend = bends.reduce((least, other) => (limits[other] < limits[least] ? other : least))
  return { needed: workMs / updateMs, limits, bend }
}

/** The n at which work / n = fixed + n each. */
function crossing(work: number, fixed: number, each: number): number {
  return each === 0 ? work / fixed : (Math.sqrt(fixed ** 2 + 4 * each * work) - fixed) / (2 * each)
}

function bytesPerMs({ bandwidth }: ScaleFigures): number {
  return bandwidth / 8000
}
