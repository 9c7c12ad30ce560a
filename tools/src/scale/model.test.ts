import { describe, expect, it } from 'vitest'
import { collectionMs, type ScaleFigures, scaleOf } from './model.ts'

const FIGURES: ScaleFigures = {
  ...{
    shards: 8,
    actorMs: 20,
    learnerMs: 0.5,
    startMs: 0,
    hostMs: 0,
    shardBytes: 100_000,
    policyBytes: 1_000_000,
    updateMs: 80,
  },
  bandwidth: 8e9,
}

describe('the model of scale', () => {
  it('divides whole shards among the actors', () => {
    expect([1, 2, 3, 4, 8, 16].map((actors) => collectionMs(FIGURES, actors))).toEqual([160, 80, 60, 40, 20, 20])
  })

  it('is bounded by the thread that takes rollouts in, and by the network', () => {
    expect(collectionMs({ ...FIGURES, learnerMs: 30, hostMs: 1 }, 8)).toBe(248)
    // 0.8 MB of shards and 8 MB of weights at 1 MB a second
    expect(collectionMs({ ...FIGURES, bandwidth: 8e6 }, 8)).toBe(8800)
  })

  it('begins with the weights, which each host loads before its first shard', () => {
    // 30 + 4 x 5, and two shards for each of four; or eight in the learner's thread
    expect(collectionMs({ ...FIGURES, startMs: 30, hostMs: 5 }, 4)).toBe(90)
    expect(collectionMs({ ...FIGURES, startMs: 30, hostMs: 5, learnerMs: 11 }, 4)).toBe(138)
    // Of 80 ms of an update 48 are left for 160 ms of shards.
    expect(scaleOf({ ...FIGURES, startMs: 32 }).needed).toBeCloseTo(10 / 3, 12)
    expect(scaleOf({ ...FIGURES, startMs: 80 }).needed).toBeNull()
  })

  it('divides all work among the cores that hosts share with the learner', () => {
    const figures = { ...FIGURES, learnerMs: 10, hostMs: 4 }
    // 8 x (20 + 10) + 2 x 4 on two cores, and 2 x 4 + 8 x 20 / 2 where each has its own
    expect([collectionMs(figures, 2, 2), collectionMs(figures, 2)]).toEqual([124, 88])
    // One host alone keeps its core longer than all work takes of both.
    expect(collectionMs(figures, 1, 2)).toBe(164)
  })

  it('asks for as many actors as collect a batch while the last one is learnt from', () => {
    expect(scaleOf(FIGURES).needed).toBe(2)
    expect(scaleOf({ ...FIGURES, updateMs: 10 }).needed).toBe(16)
  })

  it.each([
    ['shards', {}, 8],
    ['learner', { shards: 1024 }, 40],
    ['learner', { shards: 1024, hostMs: 10 }, null],
    ['network', { shards: 1024, bandwidth: 1e8 }, null],
  ] as const)('bends first by its %s, where another actor makes no collection shorter', (bend, change, limit) => {
    const figures = { ...FIGURES, ...change }
    const scale = scaleOf(figures)
    expect(scale.bend).toBe(bend)
    if (limit !== null) expect(scale.limits[bend]).toBe(limit)
    const at = scale.limits[bend]
    const time = (actors: number) => collectionMs(figures, actors)
    // Whole shards make the first part of the model a staircase above the curve that the limit is taken from.
    expect(time(2 * at)).toBeGreaterThanOrEqual(time(at) * 0.97)
    expect(time(at / 2)).toBeGreaterThan(time(at) * 1.5)
  })
})
