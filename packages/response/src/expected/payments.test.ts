import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anySpec, anyStreams } from '../streams.arbitrary.ts'
import { ALLOW, BLOCK, type Policy, returnOf, walk } from '../walk.ts'
import { blockGains } from './payments.ts'

it('says what a walk returns more that blocks an event instead of letting it through, whatever it does on the others', () => {
  const anyCase = fc.record({
    streams: anyStreams.filter(({ rows }) => rows.length > 0),
    spec: anySpec.map((spec) => ({ ...spec, block: 'fail-soft' as const })),
    place: fc.nat(),
    actions: fc.array(fc.constantFrom(0, 0, 0, 1, 3, 3, 2), { minLength: 70, maxLength: 70 }),
  })
  fc.assert(
    fc.property(anyCase, ({ streams, spec, place, actions }) => {
      const position = place % streams.rows.length
      const stream = streams.streamStarts.findLastIndex((start) => start <= position)
      const doing =
        (action: number): Policy =>
        (view) =>
          view.position === position ? action : actions[view.position]
      const [blocked, allowed] = [BLOCK, ALLOW].map((action) => walk(streams, stream, { spec, seed: 1 }, doing(action)))
      fc.pre(allowed.steps.some(({ view }) => view.position === position))
      const gained = returnOf(blocked.ledger) - returnOf(allowed.ledger)
      expect(blockGains(streams, spec)[position]).toBeCloseTo(gained, 5)
    }),
  )
})
