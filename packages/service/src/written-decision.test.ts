import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LiveDecision } from './decider.ts'
import { writtenDecision } from './written-decision.ts'

const NAMES = ['allow', 'block', 'quarantine', 'alert']

it('is what JSON.stringify writes of its values, in their order', () => {
  const action = fc.integer({ min: 0, max: 3 })
  const share = fc.float({ min: 0, max: 1, noNaN: true })
  const why = { dissent: [1], inputs: [{ name: '"\n', change: -0.5, turns: true }] }
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true })),
      fc.record({
        action,
        score: share,
        decided: fc.boolean(),
        margin: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      fc.array(fc.tuple(action, share), { minLength: 1, maxLength: 7 }),
      fc.constantFrom(null, why),
      fc.option(fc.record({ from: action, to: action, specification: fc.string() })),
      (id, { action, score, decided, margin }, agents, reasons, shield) => {
        const votes = Uint8Array.from(agents, ([vote]) => vote)
        const scores = Float32Array.from(agents, ([, own]) => own)
        const robustness = Float32Array.of(1)
        const decision: LiveDecision = {
          action,
          score,
          decided,
          margin,
          votes,
          scores,
          why: reasons,
          robustness,
          shield,
        }
        expect(writtenDecision(id, decision)).toBe(
          JSON.stringify({
            ...{ id, action: NAMES[action], score, decided, margin },
            ...{ votes: Array.from(votes, (vote) => NAMES[vote]), scores: Array.from(scores) },
            ...(reasons === null ? {} : { why: reasons }),
            ...(shield === null ? {} : { shield: { ...shield, from: NAMES[shield.from], to: NAMES[shield.to] } }),
          }),
        )
      },
    ),
  )
})
