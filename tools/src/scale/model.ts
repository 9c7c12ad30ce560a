/** How many actors a learner can use: what follows from the times of one shard, of the beginning of a collection, and of the network. */

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
  /** of a shard's result, of the state that it begins in, and of the weights */
  readonly shardBytes: number
  readonly stateBytes: number
  readonly policyBytes: number
  /** Questions of a host, one after the other: to hand in a shard, to fetch its state and the weights where no lease or message carries them. */
  readonly shardAsks: number
  readonly stateAsks: number
  readonly policyAsks: number
  /** between two collections of a learner that never waits */
  readonly updateMs: number
  /** of the network between the learner and its hosts, one way */
  readonly delayMs: number
  /** of the learner's network in each direction, in bits per second */
  readonly bandwidth: number
}

/** What keeps more actors from helping. */
export type Bend = 'shards' | 'learner' | 'network' | 'weights'

/** The model. */
export type Scale = {
  /** The fewest actor cores whose collections are no longer than an update, so that under staleness 1 the learner never waits; null = no number of them. */
  readonly needed: number | null
  /** The fewest actor cores with which a collection takes at most 1 % longer than with any other number. */
  readonly useful: number
  /** Why more than that do not help. */
  readonly bend: Bend
}

/** Longer than the shortest collection by so much counts as no longer. */
const SLACK = 1.01

/**
 * How long one collection takes: the weights are handed out; then the slowest of what goes on at the same time.
 *
 *   T(n) = max( begin(n) + max( host(n) + n b / B, c + (S - 1) i, c + S b / B ) + end,  w + d + (n p + S s) / B )
 *   begin(n) = w + n q + d + max( n p / B, k_p r + p / B ) + n s / B + k_s r
 *   host(n)  = floor((m - 1) / 2) max(2 c, c + l) + (2 c for an even m, else c)
 *   l        = (1 + k_s + k) r + i + n (b + s) / B
 *   end      = (k - 1) r + d + i
 *
 * with S shards, m = ceil(S / n) for each of n hosts of one actor. A shard takes an actor c and the learner i; its result has b bytes, which
 * are handed in by k questions, and it begins in a state of s. Each host loads weights of p bytes, which takes the learner q and the first
 * of them w in all but that. A question and its answer take r = 2 d; k_s and k_p are those for a state and for weights that come by
 * themselves otherwise. A host works on two shards: while one is handed in, and the next one asked for, which takes l, it computes the
 * other. Parts of weights that are asked for pass while those of other hosts do. The learner's network carries B bytes a second each way.
 * Hosts on the learner's own machine share its K cores with it:
 *
 *   T(n) >= ( S (c + i) + n q ) / K
 *
 * @param cores that hosts and learner share; Infinity = each host has a core of its own
 */
export function collectionMs(figures: ScaleFigures, actors: number, cores = Number.POSITIVE_INFINITY): number {
  const { shards, actorMs, learnerMs, hostMs } = figures
  const { beginMs, hostsMs, acceptedMs, upMs, endMs, downMs } = partsOf(figures, actors)
  return Math.max(
    beginMs + Math.max(hostsMs, acceptedMs, upMs) + endMs,
    downMs,
    (shards * (actorMs + learnerMs) + actors * hostMs) / cores,
  )
}

/**
 * What follows for a learner whose hosts have cores of their own, each number of them tried.
 *
 * @example
 * const { needed, bend } = scaleOf(figures)
 */
export function scaleOf(figures: ScaleFigures): Scale {
  const times = Array.from({ length: figures.shards }, (_, i) => collectionMs(figures, i + 1))
  const least = Math.min(...times)
  const useful = 1 + times.findIndex((time) => time <= SLACK * least)
  const enough = times.findIndex((time) => time <= figures.updateMs)
  return { needed: enough < 0 ? null : enough + 1, useful, bend: bendAt(figures, useful) }
}

/** What is the longest where another actor no longer helps. */
function bendAt(figures: ScaleFigures, actors: number): Bend {
  if (actors === figures.shards) return 'shards'
  const { beginMs, hostsMs, acceptedMs, upMs, endMs, downMs } = partsOf(figures, actors)
  const work = Math.max(hostsMs, acceptedMs, upMs)
  if (work === upMs || downMs > beginMs + work + endMs) return 'network'
  return work === acceptedMs ? 'learner' : 'weights'
}

/** The parts of the model by number of actors. */
function partsOf(figures: ScaleFigures, actors: number) {
  const { shards, actorMs, learnerMs, startMs, hostMs, shardBytes, stateBytes, policyBytes, delayMs } = figures
  const { shardAsks, stateAsks, policyAsks } = figures
  const askMs = 2 * delayMs
  const bytesPerMs = figures.bandwidth / 8000
  const weightsMs = (actors * policyBytes) / bytesPerMs
  const betweenMs = (1 + stateAsks + shardAsks) * askMs + learnerMs + (actors * (shardBytes + stateBytes)) / bytesPerMs
  const each = Math.ceil(shards / actors)
  const pairsMs = Math.floor((each - 1) / 2) * Math.max(2 * actorMs, actorMs + betweenMs)
  return {
    beginMs:
      startMs +
      actors * hostMs +
      delayMs +
      (policyAsks === 0 ? weightsMs : Math.max(weightsMs, policyAsks * askMs + policyBytes / bytesPerMs)) +
      stateAsks * askMs +
      (actors * stateBytes) / bytesPerMs,
    hostsMs: pairsMs + (each % 2 === 0 ? 2 : 1) * actorMs + (actors * shardBytes) / bytesPerMs,
    acceptedMs: actorMs + (shards - 1) * learnerMs,
    upMs: actorMs + (shards * shardBytes) / bytesPerMs,
    endMs: (shardAsks - 1) * askMs + delayMs + learnerMs,
    downMs: startMs + delayMs + (actors * policyBytes + shards * stateBytes) / bytesPerMs,
  }
}
