import { describe, expect, it } from 'vitest'
import type { Decided, Frame } from '../frame.ts'
import { NOTHING_TOLD, recentOf, withFrame } from './history.ts'

const decided = (id: number): Decided => ({
  ...{ id, at: 1000 * id, stream: 'h1', action: 0, score: 0.5, decided: true, votes: [0, 1], shield: null },
})

/** A frame of a second with 8 decisions, one of them late. */
function frameOf(second: number, changes: Partial<Frame> = {}): Frame {
  return {
    ...{ at: 1000 * second, seconds: 1, actions: [4, 1, 0, 2], undecided: 1, late: 1, shielded: 0, waiting: 0 },
    ...{ score: 0.5, latencyMs: { median: 1, p99: second }, dissent: [0, 7] },
    votes: [
      [4, 1, 0, 2],
      [0, 7, 0, 0],
    ],
    ...{ robustness: [], latest: [decided(2 * second), decided(2 * second + 1)] },
    ...changes,
  }
}
const told = (seconds: number) =>
  Array.from({ length: seconds }, (_, second) => frameOf(second)).reduce(withFrame, NOTHING_TOLD)

describe('what a page has been told', () => {
  it('is of the latest five minutes, and the latest decisions, the newest first', () => {
    const { frames, latest } = told(400)
    expect(frames.map(({ at }) => at)).toEqual(Array.from({ length: 300 }, (_, i) => 1000 * (100 + i)))
    expect(latest.map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, i) => 799 - i))
  })

  it('comes to the shares of the last minute', () => {
    const recent = recentOf(told(100))
    expect(recent).toMatchObject({ seconds: 60, actions: [240, 60, 0, 120], decisions: 420, undecided: 60, late: 60 })
    expect(recent.votes).toEqual([
      [240, 60, 0, 120],
      [0, 420, 0, 0],
    ])
    expect(recent.dissent).toEqual([0, 1])
    expect(recent.p99Ms).toBe(99)
  })

  it('comes to nothing before the first frame and where nobody asked', () => {
    expect(recentOf(NOTHING_TOLD)).toMatchObject({ seconds: 0, decisions: 0, votes: [], p99Ms: null })
    expect(recentOf(withFrame(NOTHING_TOLD, frameOf(1, { latencyMs: null }))).p99Ms).toBeNull()
  })
})
