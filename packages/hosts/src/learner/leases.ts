/**
 * Who computes which shard of a collection, and whose answer counts. Everything is decided here, by the learner: without a
 * broker, without a clock, so that every order of events can be tried.
 *
 * A shard may be computed by several; its bytes are the same whoever does. The first answer counts. Where two differ, and where
 * the audit says so, the learner computes the shard itself, and whoever answered otherwise is a liar: all that he answered in this
 * collection is asked for again.
 */

/** The learner's own actors among the workers; no host can have this name. */
export const LEARNER = ''

/** What an answer came to. */
type Verdict = 'taken' | 'late' | 'unasked'

/** What an answer changed. */
export type Ruling = {
  readonly verdict: Verdict
  /** Hosts that answered the shard otherwise than the learner did. */
  readonly liars: readonly string[]
}

type Shard = {
  /** worker -> when it was given the shard, in milliseconds */
  readonly holders: Map<string, number>
  /** Whoever was given it; nobody else may answer. */
  readonly asked: Set<string>
  /** worker -> SHA-256 of its rollout */
  readonly answers: Map<string, string>
  /** whose answer counts */
  counts: string | null
  /** whether the learner computes it too */
  isChecked: boolean
  /** whether nobody but the learner may compute it */
  isOwn: boolean
}

export type LeaseRules = {
  /** How long a host may hold a shard before another one gets it too, in milliseconds. */
  readonly patienceMs: () => number
  /** Whether the learner's actors take shards that hosts could compute. */
  readonly learnerCollects: boolean
}

/** The leases of one collection. */
export type Leases = {
  /**
   * The next shard for a worker, which then holds it; null where there is none for it now.
   *
   * @param most shards that it may hold at a time, beside those that it has held for too long
   */
  next(worker: string, nowMs: number, most?: number): number | null
  /** Hosts that have held a shard for too long. */
  overdue(nowMs: number): readonly string[]
  /** Whether somebody else computes a shard of which there is no answer yet, and has not held it for too long. */
  isUnderWay(worker: string, nowMs: number): boolean
  /** @param digest SHA-256 of a rollout that has been found sound */
  answer(worker: string, shard: number, digest: string): Ruling
  /** The learner is to compute the shard, whatever became of it elsewhere. */
  takeBack(worker: string, shard: number): void
  /** A worker is gone: what it holds is free again. */
  release(worker: string): void
  /** What a liar has answered counts no longer. */
  revoke(worker: string): void
  /** When a worker was given a shard that it holds, in milliseconds. */
  heldSince(worker: string, shard: number): number | null
  /** Whose answer counts, by shard; null while one is missing, or the learner has still to compute one. */
  outcome(): readonly string[] | null
}

/**
 * @param shards  how many
 * @param audited whether the learner computes a shard too that a host has answered
 * @param own     whether nobody but the learner may compute a shard
 */
export function createLeases(
  shards: number,
  { audited, own, rules }: { audited: (shard: number) => boolean; own: (shard: number) => boolean; rules: LeaseRules },
): Leases {
  const all = Array.from({ length: shards }, (_, shard) => shardOf({ isChecked: audited(shard), isOwn: own(shard) }))
  const isOverdue = overdueAt(rules)
  const isWith = ({ holders }: Shard, isOne: (worker: string) => boolean, nowMs: number) =>
    [...holders].some((holding) => isOne(holding[0]) && !isOverdue(holding, nowMs))
  return {
    next(worker, nowMs, most = Number.POSITIVE_INFINITY) {
      const held = all.filter((shard) => isWith(shard, (one) => one === worker, nowMs))
      if (held.length >= most) return null
      const index = shardFor(worker, { all, nowMs, rules })
      if (index < 0) return null
      all[index].holders.set(worker, nowMs)
      all[index].asked.add(worker)
      return index
    },

    overdue: (nowMs) => {
      const holdings = all.flatMap(({ holders }) => [...holders])
      return [...new Set(holdings.filter((one) => isOverdue(one, nowMs)).map(([worker]) => worker))]
    },

    isUnderWay: (worker, nowMs) =>
      all.filter(({ counts }) => counts === null).some((shard) => isWith(shard, (one) => one !== worker, nowMs)),

    answer(worker, index, digest) {
      const shard = all[index]
      if (shard === undefined || !shard.asked.has(worker)) return { verdict: 'unasked', liars: [] }
      const verdict = isDone(shard) ? 'late' : 'taken'
      shard.holders.delete(worker)
      shard.answers.set(worker, digest)
      if (worker === LEARNER) shard.counts = LEARNER
      shard.counts ??= worker
      if (digest !== shard.answers.get(shard.counts)) shard.isChecked = true
      const truth = shard.answers.get(LEARNER)
      const answers = truth === undefined ? [] : [...shard.answers]
      return { verdict, liars: answers.filter(([, other]) => other !== truth).map(([name]) => name) }
    },

    takeBack(worker, index) {
      const shard = all[index]
      if (!shard?.holders.delete(worker) || shard.counts !== null) return
      shard.isOwn = true
    },

    release(worker) {
      for (const shard of all) {
        if (shard.holders.delete(worker)) shard.asked.delete(worker)
      }
    },

    revoke(worker) {
      for (const shard of all) {
        shard.holders.delete(worker)
        shard.asked.delete(worker)
        shard.answers.delete(worker)
        if (shard.counts === worker) shard.counts = shard.answers.keys().next().value ?? null
      }
    },

    heldSince: (worker, shard) => all[shard]?.holders.get(worker) ?? null,

    outcome: () => (all.every(isDone) ? all.map(({ counts }) => counts!) : null),
  }
}

function isDone({ counts, isChecked, answers }: Shard): boolean {
  return counts !== null && (!isChecked || answers.has(LEARNER))
}

function shardOf(whose: Pick<Shard, 'isChecked' | 'isOwn'>): Shard {
  return { holders: new Map(), asked: new Set(), answers: new Map(), counts: null, ...whose }
}

/** Tells which holdings last too long. */
function overdueAt({ patienceMs }: LeaseRules) {
  return ([holder, sinceMs]: [string, number], nowMs: number) => holder !== LEARNER && nowMs - sinceMs > patienceMs()
}

/** The number of the next shard for a worker; -1 where there is none. */
function shardFor(
  worker: string,
  { all, nowMs, rules }: { all: readonly Shard[]; nowMs: number; rules: LeaseRules },
): number {
  const isOverdue = overdueAt(rules)
  const isOpen = ({ counts, holders }: Shard) =>
    counts === null && [...holders].every((holding) => isOverdue(holding, nowMs))
  if (worker !== LEARNER) return all.findIndex((shard) => isOpen(shard) && !shard.isOwn)
  const isForLearner = ({ counts, isChecked, isOwn, answers }: Shard) =>
    counts === null ? isOwn : isChecked && !answers.has(LEARNER)
  const due = all.findIndex((shard) => isForLearner(shard) && !shard.holders.has(LEARNER))
  return due >= 0 || !rules.learnerCollects ? due : all.findIndex(isOpen)
}
