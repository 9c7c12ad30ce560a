import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { playedMs } from './collection.oracle.ts'
import { collectionMs, type ScaleFigures, scaleOf } from './model.ts'

const FIGURES: ScaleFigures = {
  ...{ shards: 8, actorMs: 20, learnerMs: 0, startMs: 0, hostMs: 0, updateMs: 80 },
  ...{ shardBytes: 100_000, stateBytes: 0, policyBytes: 1_000_000, shardAsks: 1, stateAsks: 0, policyAsks: 0 },
  ...{ delayMs: 0, bandwidth: Number.POSITIVE_INFINITY },
}

const near = (ms: number) => expect.closeTo(ms, 3)

describe('the model of scale', () => {
  it('divides whole shards among the actors', () => {
    const times = [1, 2, 3, 4, 8, 16].map((actors) => collectionMs(FIGURES, actors))
    expect(times).toEqual([160, 80, 60, 40, 20, 20].map(near))
  })

  it('is bounded by the thread that takes rollouts in, and by the network', () => {
    // Eight loads of the weights, the first shard on an actor, and then eight of them in the learner's thread.
    expect(collectionMs({ ...FIGURES, learnerMs: 30, hostMs: 1 }, 8)).toEqual(near(8 + 20 + 240))
    // 8 MB of weights at 1 MB a second, then a shard, and 0.8 MB of results.
    expect(collectionMs({ ...FIGURES, bandwidth: 8e6 }, 8)).toEqual(near(8820))
  })

  it('begins with the weights, which each host loads before its first shard', () => {
    // 30 + 4 x 5, and two shards for each of four; or one and eight in the learner's thread
    expect(collectionMs({ ...FIGURES, startMs: 30, hostMs: 5 }, 4)).toEqual(near(90))
    expect(collectionMs({ ...FIGURES, startMs: 30, hostMs: 5, learnerMs: 11 }, 4)).toEqual(near(158))
  })

  it('divides all work among the cores that hosts share with the learner', () => {
    const figures = { ...FIGURES, learnerMs: 10, hostMs: 4 }
    // 8 x (20 + 10) + 2 x 4 on two cores; where each has its own 2 x 4, and a shard, and all of them in the learner's thread
    expect([collectionMs(figures, 2, 2), collectionMs(figures, 2)]).toEqual([near(124), near(108)])
    // One host alone keeps its core longer than all work takes of both, and its last shard is still to be taken in.
    expect(collectionMs(figures, 1, 2)).toEqual(near(174))
  })

  it('hides the delay behind the other shard of a host, but for the beginning and the end', () => {
    // A question and its answer take 10 ms, and two of them no longer than the other shard.
    expect(collectionMs({ ...FIGURES, delayMs: 5 }, 1)).toEqual(near(160 + 2 * 5))
    // 80 ms are longer: three times two shards take 20 ms and those, and the last two are computed.
    expect(collectionMs({ ...FIGURES, delayMs: 20 }, 1)).toEqual(near(3 * (20 + 80) + 40 + 2 * 20))
    // A result of three parts: two questions more, and the last part on its way.
    expect(collectionMs({ ...FIGURES, delayMs: 20, shardAsks: 3 }, 8)).toEqual(near(20 + 20 + 2 * 40 + 20))
  })

  it.each([
    ['compute', {}],
    ['a long delay', { delayMs: 50 }],
    ['little bandwidth', { bandwidth: 5e7 }],
    ['both', { delayMs: 20, bandwidth: 1e8 }],
    ['a busy learner', { learnerMs: 9, hostMs: 2, delayMs: 5 }],
    ['large states that are asked for', { stateBytes: 700_000, stateAsks: 2, delayMs: 10, bandwidth: 1e9 }],
    ['large weights that are asked for', { policyBytes: 9e6, policyAsks: 18, delayMs: 10, bandwidth: 1e9 }],
  ])('comes to what a collection does that is played event by event: %s', (_, change) => {
    const figures = { ...FIGURES, startMs: 3, hostMs: 0.2, ...change }
    for (const actors of [1, 2, 4, 8]) {
      const played = playedMs(figures, actors)
      expect(Math.abs(collectionMs(figures, actors) / played - 1), `${actors} actors, played ${played}`).toBeLessThan(
        0.15,
      )
    }
  })

  it('is within a tenth for nine figures of ten, and never a third off', () => {
    const figures = fc.record({
      actorMs: fc.integer({ min: 1, max: 50 }),
      learnerMs: fc.double({ min: 0, max: 5, noNaN: true }),
      hostMs: fc.double({ min: 0, max: 2, noNaN: true }),
      shardBytes: fc.integer({ min: 1000, max: 500_000 }),
      policyBytes: fc.integer({ min: 1000, max: 2_000_000 }),
      delayMs: fc.integer({ min: 0, max: 50 }),
      bandwidth: fc.constantFrom(1e7, 1e8, 1e9),
    })
    const off: number[] = []
    fc.assert(
      fc.property(figures, fc.constantFrom(1, 2, 4, 8), (change, actors) => {
        const all = { ...FIGURES, ...change }
        off.push(collectionMs(all, actors) / playedMs(all, actors) - 1)
      }),
      { seed: 17, numRuns: 300 },
    )
    expect(off.filter((error) => Math.abs(error) < 0.1).length).toBeGreaterThan(0.9 * off.length)
    expect(Math.max(...off.map(Math.abs))).toBeLessThan(1 / 3)
  })
})

describe('what follows for a learner', () => {
  it('asks for the fewest actors that collect a batch while the last one is learnt from', () => {
    expect(scaleOf(FIGURES).needed).toBe(2)
    expect(scaleOf({ ...FIGURES, updateMs: 60.1 }).needed).toBe(3)
    expect(scaleOf({ ...FIGURES, updateMs: 10 }).needed).toBeNull()
    // Of 80 ms of an update 48 are left for 160 ms of shards.
    expect(scaleOf({ ...FIGURES, startMs: 32 }).needed).toBe(4)
  })

  it.each([
    ['shards', {}],
    ['learner', { shards: 256, learnerMs: 0.5 }],
    ['network', { shards: 256, bandwidth: 1e8, policyBytes: 1000 }],
    ['weights', { shards: 256, hostMs: 5 }],
  ] as const)('bends by its %s, where another actor makes no collection shorter', (bend, change) => {
    const figures = { ...FIGURES, ...change }
    const scale = scaleOf(figures)
    expect(scale.bend).toBe(bend)
    const time = (actors: number) => collectionMs(figures, actors)
    const others = Array.from({ length: 2 * figures.shards }, (_, i) => time(i + 1))
    expect(time(scale.useful)).toBeLessThanOrEqual(1.01 * Math.min(...others))
    for (const fewer of others.slice(0, scale.useful - 1)) expect(fewer).toBeGreaterThan(1.01 * Math.min(...others))
  })
})
