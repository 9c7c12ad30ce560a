import type { Decided, Frame } from '@vigil/dashboard'
import { keyParts } from '@vigil/features'
import { isRestrictive } from '@vigil/vote'
import type { LiveDecision } from '../decider.ts'

/** Decisions that can be looked at again. */
const RECENT_MAX = 8192
const LATEST_MAX = 50
/** Answers of one frame whose times are kept. */
const TIMES_MAX = 1024

/** What is kept for whoever looks at the service. */
export type LiveFeed = {
  /** @param decision null = late */
  take(decision: LiveDecision | null, event: { readonly id: string | number; readonly stream: string | null }): void
  answered(seconds: number): void
  /** What came since the last frame. */
  frame(waiting: number): Frame
  /** Of the latest decisions those on a stream, oldest first. */
  on(stream: string): Decided[]
}

/**
 * @param watched names of the specifications whose robustness decisions come with
 * @param now milliseconds since 1970
 */
export function createLiveFeed(agentCount: number, watched: readonly string[], now: () => number): LiveFeed {
  const recent = recentDecisions(agentCount)
  let counts = countsOf(agentCount, watched.length, now())
  let seen = 0

  function count({ action, votes, score, decided, shield, robustness }: LiveDecision): void {
    counts.actions[action]++
    counts.score += score
    if (!decided) counts.undecided++
    if (shield !== null) counts.shielded++
    const restrictive = isRestrictive(shield?.from ?? action)
    for (let agent = 0; agent < votes.length; agent++) {
      counts.votes[4 * agent + votes[agent]]++
      if (isRestrictive(votes[agent]) !== restrictive) counts.dissent[agent]++
    }
    for (let s = 0; s < watched.length && robustness !== null; s++) {
      counts.robustness[s] = Math.min(counts.robustness[s], robustness[s])
    }
  }

  return {
    take(decision, { id, stream }) {
      if (decision === null) counts.late++
      else {
        count(decision)
        recent.take(decision, { id, stream, at: now() })
      }
    },
    answered(seconds) {
      counts.times[counts.answers++ % TIMES_MAX] = seconds
    },
    frame(waiting) {
      const at = now()
      const own = counts
      counts = countsOf(agentCount, watched.length, at)
      const decisions = own.actions.reduce((sum, n) => sum + n, 0)
      const fresh = recent.taken - seen
      seen = recent.taken
      return {
        ...{ at, seconds: (at - own.since) / 1000, actions: own.actions, waiting },
        ...{ undecided: own.undecided, late: own.late, shielded: own.shielded },
        score: decisions === 0 ? null : own.score / decisions,
        latencyMs: latencyOf(own.times.subarray(0, Math.min(own.answers, TIMES_MAX))),
        votes: Array.from({ length: agentCount }, (_, agent) => [...own.votes.subarray(4 * agent, 4 * agent + 4)]),
        dissent: [...own.dissent],
        robustness: watched.map((name, s) => ({ name, min: finite(own.robustness[s]) })),
        latest: recent.last(Math.min(fresh, LATEST_MAX)),
      }
    },
    on: (stream) => recent.last(RECENT_MAX, (own) => nameOf(own) === stream),
  }
}

function countsOf(agentCount: number, specificationCount: number, since: number) {
  return {
    ...{ since, score: 0, undecided: 0, late: 0, shielded: 0, answers: 0 },
    ...{ actions: [0, 0, 0, 0], votes: new Uint32Array(4 * agentCount), dissent: new Uint32Array(agentCount) },
    robustness: new Float64Array(specificationCount).fill(Number.POSITIVE_INFINITY),
    times: new Float64Array(TIMES_MAX),
  }
}

function latencyOf(seconds: Float64Array): Frame['latencyMs'] {
  if (seconds.length === 0) return null
  const sorted = seconds.toSorted()
  const at = (share: number) => 1000 * sorted[Math.floor(share * (sorted.length - 1))]
  return { median: at(0.5), p99: at(0.99) }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** As people name a stream: the values of its columns. */
function nameOf(stream: string | null): string | null {
  return stream === null ? null : keyParts(stream).join(' ')
}

/** The latest decisions, number by number: an object for each would be copied again and again by the collector of garbage. */
function recentDecisions(agentCount: number) {
  const ids: (string | number)[] = []
  const streams: (string | null)[] = []
  const shields: LiveDecision['shield'][] = []
  const times = new Float64Array(RECENT_MAX)
  const scores = new Float64Array(RECENT_MAX)
  const actions = new Uint8Array(RECENT_MAX)
  const decided = new Uint8Array(RECENT_MAX)
  const votes = new Uint8Array(RECENT_MAX * agentCount)
  let taken = 0

  const at = (place: number): Decided => ({
    ...{ id: ids[place], stream: nameOf(streams[place]), at: times[place], action: actions[place] },
    ...{ score: scores[place], decided: decided[place] === 1, shield: shields[place] },
    votes: [...votes.subarray(place * agentCount, (place + 1) * agentCount)],
  })
  return {
    take(decision: LiveDecision, { id, stream, at: time }: Pick<Decided, 'id' | 'stream' | 'at'>): void {
      const place = taken++ % RECENT_MAX
      ids[place] = id
      streams[place] = stream
      shields[place] = decision.shield
      times[place] = time
      scores[place] = decision.score
      actions[place] = decision.action
      decided[place] = decision.decided ? 1 : 0
      for (let agent = 0; agent < agentCount; agent++) votes[place * agentCount + agent] = decision.votes[agent]
    },
    /** The last of those kept, oldest first. @param isWanted by the stream */
    last(count: number, isWanted: (stream: string | null) => boolean = () => true): Decided[] {
      const length = Math.min(count, taken, RECENT_MAX)
      const places = Array.from({ length }, (_, i) => (taken - length + i) % RECENT_MAX)
      return places.filter((place) => isWanted(streams[place])).map(at)
    },
    get taken() {
      return taken
    },
  }
}
