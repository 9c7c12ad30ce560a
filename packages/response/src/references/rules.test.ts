import type { ResponseSpec } from '@vigil/env-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anySpec, anyStreams } from '../streams.arbitrary.ts'
import type { Streams } from '../streams.ts'
import { ALERT, ALLOW, BLOCK, QUARANTINE, returnOf, type StreamView, walk } from '../walk.ts'
import { stoppingLabels } from './induced-stopping.ts'
import { ladder, ladderByAnalysts, NEVER } from './ladder.ts'
import { meanMultiplier, perEventRule } from './per-event-rule.ts'
import { byAge } from './score.ts'

const view: StreamView = { position: 0, row: 0, age: 0, ticket: 0, sinceClear: 0, belief: 0.5 }

describe('ladderByAnalysts', () => {
  const site = { stream: 0, alerts: 0, shiftLeft: 0, elsewhere: (): [number, number] => [0, 0] }
  // Unheard: block from 5. One free: alert from 3. More: alert from 1.
  const ladders = [
    { ...NEVER, block: 5 },
    { ...NEVER, alert: 3 },
    { ...NEVER, alert: 1 },
  ]
  const actionsOf = ({ openTickets = 0, isHeard = true, ticket = 0 }) =>
    [2, 4, 6].map((value) =>
      ladderByAnalysts(() => value, ladders, { tickets: 3, calm: 0 })({
        ...{ ...view, ticket },
        site: { ...site, openTickets, isHeard },
      }),
    )

  it('is the ladder of as many analysts as are free', () => {
    for (const openTickets of [0, 1]) expect(actionsOf({ openTickets })).toEqual([ALERT, ALERT, ALERT])
    expect(actionsOf({ openTickets: 2 })).toEqual([ALLOW, ALERT, ALERT])
  })

  it('is the one without alerts where no analyst is free, no alert of the shift is left, or the stream has one open', () => {
    for (const unheard of [{ openTickets: 3, isHeard: false }, { isHeard: false }, { openTickets: 1, ticket: 4 }])
      expect(actionsOf(unheard)).toEqual([ALLOW, ALLOW, BLOCK])
  })
})

describe('ladder', () => {
  const rungs = { alert: 1, block: 2, quarantine: 3 }

  it('takes the severest action whose threshold is exceeded', () => {
    const actions = [0.5, 1, 1.5, 2.5, 3, 3.5].map((value) => ladder(() => value, rungs)(view))
    expect(actions).toEqual([ALLOW, ALLOW, ALERT, BLOCK, BLOCK, QUARANTINE])
  })

  it('gives no alert while a ticket is open', () => {
    expect(ladder(() => 1.5, rungs)({ ...view, ticket: 1 })).toBe(ALLOW)
  })

  it('allows for as many events as it stays calm after an all-clear', () => {
    const calm = ladder(() => 9, rungs, 3)
    expect([0, 1, 3, 4].map((sinceClear) => calm({ ...view, sinceClear }))).toEqual([2, ALLOW, ALLOW, 2])
  })

  it('asks its statistic at every event, calm or not', () => {
    let asked = 0
    const counted = ladder(() => asked++, rungs, 9)
    counted({ ...view, sinceClear: 1 })
    expect(asked).toBe(1)
  })

  it('has thresholds that rise with age by the slope', () => {
    const rising = ladder(
      byAge(() => 2, 0.5),
      { ...NEVER, quarantine: 1 },
    )
    const turn = Math.expm1(2)
    expect([0, Math.floor(turn), Math.ceil(turn)].map((age) => rising({ ...view, age }))).toEqual([2, 2, ALLOW])
  })

  it('never acts at Infinity, whatever the statistic', () => {
    expect(ladder(() => Number.POSITIVE_INFINITY, NEVER)(view)).toBe(ALLOW)
  })
})

describe('perEventRule', () => {
  it('is the best of what allow, block and quarantine return on a stream of one event, by expectation', () => {
    const multipliers = fc.constantFrom(0.5, 1, 4)
    fc.assert(
      fc.property(anySpec, fc.double({ min: 0, max: 1, noNaN: true }), multipliers, (costs, p, multiplier) => {
        const spec: ResponseSpec = { ...costs, block: 'fail-soft' }
        const oneEvent = (label: number): Streams => ({
          rows: Uint32Array.of(0),
          streamStarts: Uint32Array.of(0, 1),
          labels: Uint8Array.of(label),
          ratios: null,
          hazard: 0,
          damage: Float32Array.of(multiplier),
        })
        const expected = [ALLOW, BLOCK, QUARANTINE, ALERT].map((action) => {
          const [benign, hostile] = [0, 1].map((label) =>
            returnOf(walk(oneEvent(label), 0, { spec, seed: 1 }, () => action).ledger),
          )
          return (1 - p) * benign + p * hostile
        })
        const chosen = perEventRule(spec, multiplier, () => p)(view)
        expect(expected[chosen]).toBeCloseTo(Math.max(...expected), 9)
      }),
    )
  })

  it('reckons with the mean multiplier of the threats', () => {
    const streams = {
      rows: Uint32Array.of(0, 1, 2),
      streamStarts: Uint32Array.of(0, 3),
      labels: Uint8Array.of(1, 0, 1),
      ratios: null,
      hazard: 0,
      damage: Float32Array.of(2, 50, 4),
    }
    expect(meanMultiplier(streams)).toBe(3)
    expect(meanMultiplier({ ...streams, labels: new Uint8Array(3) })).toBe(1)
    expect(meanMultiplier({ ...streams, damage: null })).toBe(1)
  })
})

describe('stoppingLabels', () => {
  it('are the events at which no later stop returns more, each stop walked', () => {
    fc.assert(
      fc.property(anyStreams, anySpec, (streams, spec) => {
        const settings = { spec, seed: 1 }
        const stops = stoppingLabels(streams, spec)
        for (let stream = 0; stream + 1 < streams.streamStarts.length; stream++) {
          const [start, end] = [streams.streamStarts[stream], streams.streamStarts[stream + 1]]
          const returns = Array.from({ length: end - start + 1 }, (_, age) =>
            returnOf(walk(streams, stream, settings, (now) => (now.age === age ? QUARANTINE : ALLOW)).ledger),
          )
          for (let age = 0; age < end - start; age++) {
            const gap = returns[age] - Math.max(...returns.slice(age + 1))
            // Equal sums in another order may differ by rounding.
            if (Math.abs(gap) > 1e-9) expect(stops[streams.rows[start + age]]).toBe(gap > 0 ? 1 : 0)
          }
        }
      }),
    )
  })
})
