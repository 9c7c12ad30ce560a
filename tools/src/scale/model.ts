/** How many actors a learner can use: what follows from the times of one shard, and of the beginning of a collection. */

/** Times in milliseconds, sizes in bytes. */
export type ScaleFigures = {
  readonly shards: number
  /** of a shard, on the core of a host of one actor: the rollout, and what hands it over */
  readonly actorMs: number
  /** of a shard, in the learner's thread that takes rollouts in */
  readonly learnerMs: number
  /** at the beginning of a collection, until a host has its weights and the first shard, and at its end */
  readonly startMs: number
  /** of a host in a collection, in the learner's thread: it loads the weights */
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
  /** Actor cores that keep the learner busy under staleness 1, as a fraction; null where handing out weights takes longer than an update. */
  readonly needed: number | null
  /** The most actor cores that help at all, by what limits them. */
  readonly limits: Readonly<Record<Bend, number>>
  readonly bend: Bend
}

/**
 * How long one collection takes: the weights are handed out; then the slowest of what goes on at the same time.
 *
 *   T(n) = max( w + n q + max( ceil(S / n) c,  S i ),  (S b + n p) / B )
 *
 * with S shards of which each takes an actor c, the learner i and the network b bytes; n hosts of one actor, each of which loads weights
 * of p bytes, which takes the learner q and the first of them w in all but that; and B bytes per second. Hosts on the learner's own machine share its K cores with it:
 *
 *   T(n) >= ( S (c + i) + n q ) / K
 *
 * @param cores that hosts and learner share; Infinity = each host has a core of its own
 */
export function collectionMs(figures: ScaleFigures, actors: number, cores = Number.POSITIVE_INFINITY): number {
  const { shards, actorMs, learnerMs, startMs, hostMs, shardBytes, policyBytes } = figures
  return Math.max(
    startMs + actors * hostMs + Math.max(Math.ceil(shards / actors) * actorMs, shards * learnerMs),
    (shards * shardBytes + actors * policyBytes) / bytesPerMs(figures),
    (shards * (actorMs + learnerMs) + actors * hostMs) / cores,
  )
}

/**
 * Each limit is where what the actors do is no longer the largest part: S c / n against a + n b, solved for n. Enough are there where
 * they collect in what an update leaves of its time behind the beginning.
 *
 * @example
 * const { needed, bend } = scaleOf(figures)
 */
export function scaleOf(figures: ScaleFigures): Scale {
  const { shards, actorMs, learnerMs, startMs, hostMs, shardBytes, policyBytes, updateMs } = figures
  const workMs = shards * actorMs
  const limits = {
    shards,
    learner: crossing(workMs, shards * learnerMs, hostMs),
    network: crossing(workMs, (shards * shardBytes) / bytesPerMs(figures), policyBytes / bytesPerMs(figures)),
  }
  const bends = Object.keys(limits) as Bend[]
  const bend = bends.reduce((least, other) => (limits[other] < limits[least] ? other : least))
  return { needed: updateMs > startMs ? workMs / (updateMs - startMs) : null, limits, bend }
}

/** The n at which work / n = fixed + n each. */
function crossing(work: number, fixed: number, each: number): number {
  return each === 0 ? work / fixed : (Math.sqrt(fixed ** 2 + 4 * each * work) - fixed) / (2 * each)
}

function bytesPerMs({ bandwidth }: ScaleFigures): number {
  return bandwidth / 8000
}
