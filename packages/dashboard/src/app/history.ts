import type { Decided, Frame } from '../frame.ts'

/** Frames that charts show. */
const FRAMES_MAX = 300
/** Frames that shares are of. */
const RECENT_FRAMES = 60
const LATEST_MAX = 40

/** What a page has been told. */
export type History = {
  /** oldest first */
  readonly frames: readonly Frame[]
  /** newest first */
  readonly latest: readonly Decided[]
}

export const NOTHING_TOLD: History = { frames: [], latest: [] }

/** A frame more; the oldest are forgotten. */
export function withFrame({ frames, latest }: History, frame: Frame): History {
  return {
    frames: [...frames.slice(1 - FRAMES_MAX), frame],
    latest: [...frame.latest.toReversed(), ...latest].slice(0, LATEST_MAX),
  }
}

/** What the last minute comes to. */
export type Recent = {
  readonly seconds: number
  /** [4] */
  readonly actions: readonly number[]
  readonly decisions: number
  readonly undecided: number
  readonly late: number
  readonly shielded: number
  /** [A][4] */
  readonly votes: readonly (readonly number[])[]
  /** [A] share of decisions in which the agent voted for the other class */
  readonly dissent: readonly number[]
  /** the longest p99 of a frame; null of no answers */
  readonly p99Ms: number | null
}

export function recentOf({ frames }: History): Recent {
  const own = frames.slice(-RECENT_FRAMES)
  const total = (of: (frame: Frame) => number) => own.reduce((sum, frame) => sum + of(frame), 0)
  const actions = [0, 1, 2, 3].map((action) => total((frame) => frame.actions[action]))
  const decisions = actions.reduce((sum, n) => sum + n, 0)
  const agents = [...(own.at(-1)?.votes.keys() ?? [])]
  const times = own.flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs.p99]))
  return {
    ...{ actions, decisions, seconds: total(({ seconds }) => seconds) },
    undecided: total((frame) => frame.undecided),
    late: total((frame) => frame.late),
    shielded: total((frame) => frame.shielded),
    votes: agents.map((agent) => [0, 1, 2, 3].map((action) => total(({ votes }) => votes[agent][action]))),
    dissent: agents.map((agent) => total(({ dissent }) => dissent[agent]) / Math.max(1, decisions)),
    p99Ms: times.length === 0 ? null : Math.max(...times),
  }
}
