import { randomUnit } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { isAudited } from './audit.ts'
import { createLeases, LEARNER } from './leases.ts'

const SHARDS = 8

describe('an audit', () => {
  it.each([0.02, 0.1, 0.5])('looks at a share of %f of the shards, by the key alone', (share) => {
    const audits = (key: number) =>
      Array.from({ length: 20_000 }, (_, i) => isAudited({ key, share }, 1 + Math.floor(i / SHARDS), i % SHARDS))
    const first = audits(7)
    expect(audits(7)).toEqual(first)
    expect(audits(8)).not.toEqual(first)
    const seen = first.filter(Boolean).length / first.length
    expect(Math.abs(seen - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / first.length))
  })

  it('of nothing looks at nothing, and of everything at every shard', () => {
    const all = Array.from({ length: 1000 }, (_, i) => i)
    expect(all.some((i) => isAudited({ key: 1, share: 0 }, i, i % SHARDS))).toBe(false)
    expect(all.every((i) => isAudited({ key: 1, share: 1 }, i, i % SHARDS))).toBe(true)
  })

  // Of 4,096 rewards one in 100,000 is changed, so that a shard is a lie with probability 1 - (1 - 1e-5)^4096 = 4 %. Chance
  // allows 1 / (4 % x share) shards; the mean over many liars is that, within four standard errors of a geometric law.
  it.each([0.02, 0.1, 0.5, 1])(
    'of a share of %f names who changes one reward in 100,000 as soon as chance allows',
    (share) => {
      const lieRate = 1 - (1 - 1e-5) ** 4096
      const expected = 1 / (lieRate * share)
      const liars = 200
      const answered = Array.from({ length: liars }, (_, liar) => {
        const isLie = (round: number, shard: number) => randomUnit({ seed: liar, stream: 1000 }, shard, round) < lieRate
        return shardsUntilNamed({ key: 1000 + liar, share }, isLie)
      })
      const mean = answered.reduce((sum, count) => sum + count, 0) / liars
      expect(Math.abs(mean - expected)).toBeLessThan((4 * expected) / Math.sqrt(liars))
      expect(mean).toBeLessThan(2 * expected)
    },
  )
})

/** Shards that a host, alone with the learner's checks, has answered when it is named. */
function shardsUntilNamed(
  audit: { key: number; share: number },
  isLie: (round: number, shard: number) => boolean,
): number {
  for (let round = 1, count = 0; ; round++) {
    const leases = createLeases(SHARDS, {
      audited: (shard) => isAudited(audit, round, shard),
      own: () => false,
      rules: { patienceMs: () => 1000, learnerCollects: false },
    })
    for (let shard = leases.next('host', 0); shard !== null; shard = leases.next('host', 0)) {
      count++
      leases.answer('host', shard, isLie(round, shard) ? 'lie' : 'truth')
      const due = leases.next(LEARNER, 0)
      if (due !== null && leases.answer(LEARNER, due, 'truth').liars.length > 0) return count
    }
  }
}
