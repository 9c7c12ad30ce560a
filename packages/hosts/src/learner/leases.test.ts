import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLeases, LEARNER, type Leases } from './leases.ts'

const PATIENCE_MS = 100
type Options = { audited?: number[]; own?: number[]; learnerCollects?: boolean }

function leasesOf(shards: number, { audited = [], own = [], learnerCollects = true }: Options = {}): Leases {
  return createLeases(shards, {
    audited: (shard) => audited.includes(shard),
    own: (shard) => own.includes(shard),
    rules: { patienceMs: () => PATIENCE_MS, learnerCollects },
  })
}

describe('leases', () => {
  it('give every shard once, to whoever asks', () => {
    const leases = leasesOf(3)
    expect([leases.next('a', 0), leases.next(LEARNER, 0), leases.next('b', 0), leases.next('a', 0)]).toEqual([
      0,
      1,
      2,
      null,
    ])
  })

  it('give a shard again when its host has held it for too long, and the first answer counts', () => {
    const leases = leasesOf(1)
    leases.next('slow', 0)
    expect(leases.next('b', PATIENCE_MS)).toBeNull()
    expect(leases.next('b', PATIENCE_MS + 1)).toBe(0)
    expect(leases.answer('slow', 0, 'x')).toEqual({ verdict: 'taken', liars: [] })
    expect(leases.answer('b', 0, 'x')).toEqual({ verdict: 'late', liars: [] })
    expect(leases.outcome()).toEqual(['slow'])
  })

  it('are free again when their host leaves, for itself too', () => {
    const leases = leasesOf(1)
    leases.next('a', 0)
    leases.release('a')
    expect(leases.answer('a', 0, 'x').verdict).toBe('unasked')
    expect(leases.next('a', 1)).toBe(0)
  })

  it('take no answer from whoever was not asked, nor for a shard that is none', () => {
    const leases = leasesOf(1)
    expect(leases.answer('a', 0, 'x').verdict).toBe('unasked')
    expect(leases.answer('a', 7, 'x').verdict).toBe('unasked')
    expect(leases.outcome()).toBeNull()
  })

  it('have the learner compute a shard of which two answers differ, and name who differs from it', () => {
    const leases = leasesOf(1, { learnerCollects: false })
    leases.next('liar', 0)
    leases.next('honest', PATIENCE_MS + 1)
    expect(leases.next(LEARNER, 0)).toBeNull()
    leases.answer('liar', 0, 'lie')
    leases.answer('honest', 0, 'truth')
    expect(leases.outcome()).toBeNull()
    expect(leases.next(LEARNER, 0)).toBe(0)
    expect(leases.answer(LEARNER, 0, 'truth')).toEqual({ verdict: 'taken', liars: ['liar'] })
    leases.revoke('liar')
    expect(leases.outcome()).toEqual([LEARNER])
  })

  it('wait for the learner where a shard is audited, and not where it computed the shard itself', () => {
    const leases = leasesOf(2, { audited: [0, 1] })
    leases.next('a', 0)
    leases.next(LEARNER, 0)
    leases.answer('a', 0, 'x')
    leases.answer(LEARNER, 1, 'y')
    expect(leases.outcome()).toBeNull()
    expect(leases.next(LEARNER, 0)).toBe(0)
    leases.answer(LEARNER, 0, 'x')
    expect(leases.outcome()).toEqual([LEARNER, LEARNER])
  })

  it('ask again for what a liar has answered', () => {
    const leases = leasesOf(2)
    leases.next('liar', 0)
    leases.next('liar', 0)
    leases.answer('liar', 0, 'x')
    leases.revoke('liar')
    expect(leases.answer('liar', 1, 'x').verdict).toBe('unasked')
    expect([leases.next('a', 0), leases.next('a', 0)]).toEqual([0, 1])
  })

  it('leave to the learner what failed elsewhere, and what is its own', () => {
    const leases = leasesOf(2, { own: [0], learnerCollects: false })
    expect(leases.next('a', 0)).toBe(1)
    expect(leases.next('a', 0)).toBeNull()
    leases.takeBack('a', 1)
    expect([leases.next(LEARNER, 0), leases.next(LEARNER, 0), leases.next('b', 0)]).toEqual([0, 1, null])
  })

  // A history is a list of moves of three hosts, one of which lies, and of the learner. Whatever the moves, every shard that
  // counts at the end has the learner's bytes or is of somebody whom nobody contradicted.
  it('end every history with one answer for each shard, never with one that the learner contradicted', () => {
    const worker = fc.constantFrom('a', 'b', 'liar', LEARNER)
    const move = fc.record({ kind: fc.constantFrom('next', 'answer', 'release', 'wait'), worker, pick: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80 }), fc.array(fc.nat(3), { maxLength: 4 }), (moves, audited) => {
        const leases = leasesOf(4, { audited })
        const held = new Map<string, number[]>(['a', 'b', 'liar', LEARNER].map((name) => [name, []]))
        const banned = new Set<string>()
        const answer = (name: string, shard: number) => {
          const { liars } = leases.answer(name, shard, name === 'liar' ? `lie ${shard}` : `truth ${shard}`)
          for (const liar of liars) {
            expect(liar).toBe('liar')
            banned.add(liar)
            leases.revoke(liar)
          }
        }
        let nowMs = 0
        for (const { kind, worker: name, pick } of moves) {
          if (kind === 'wait') nowMs += 60
          if (banned.has(name)) continue
          const own = held.get(name)!
          if (kind === 'next') {
            const shard = leases.next(name, nowMs)
            if (shard !== null) own.push(shard)
          }
          if (kind === 'answer' && own.length > 0) answer(name, own.splice(pick % own.length, 1)[0])
          if (kind === 'release') {
            leases.release(name)
            own.length = 0
          }
        }
        // The learner alone can end it.
        leases.release('a')
        leases.release('b')
        leases.release('liar')
        leases.release(LEARNER)
        for (let shard = leases.next(LEARNER, nowMs); shard !== null; shard = leases.next(LEARNER, nowMs))
          answer(LEARNER, shard)
        const outcome = leases.outcome()
        expect(outcome).toHaveLength(4)
        for (const shard of audited) expect(outcome![shard]).toBe(LEARNER)
        if (banned.has('liar')) expect(outcome).not.toContain('liar')
      }),
      { seed: 4, numRuns: 2000 },
    )
  })
})
