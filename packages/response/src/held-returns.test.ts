import { DEFAULT_RESPONSE, type ResponseSpec } from '@vigil/env-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HeldState, heldReturns } from './held-returns.ts'
import { anySpec } from './streams.arbitrary.ts'
import { ALERT, ALLOW, BLOCK, QUARANTINE, returnOf, walk } from './walk.ts'

/** Damage 1 an event, quarantine of a benign stream 10, block of a benign event .05, alert 2, a verdict after 20 events. */
const plain: ResponseSpec = {
  ...DEFAULT_RESPONSE,
  allowedBenign: 0,
  damage: 1,
  dwell: 0,
  blockedBenign: 0.05,
  cutOffBenign: 0,
  containment: 0,
  falseContainment: 10,
  alertCost: 2,
  analystDelay: 19,
  analystAccuracy: 1,
  block: 'fail-soft',
}

const bestOf = (spec: ResponseSpec, state: HeldState) => {
  const returns = heldReturns(spec, state)
  return returns.indexOf(Math.max(...returns))
}

describe('each action is best somewhere', () => {
  it.each([
    [ALERT, { threatProbability: 0.05, eventsLeft: 290 }, [14.5, 13.775, 9.5, 3]],
    [QUARANTINE, { threatProbability: 0.5, eventsLeft: 290 }, [145, 7.25, 5, 12]],
    [ALLOW, { threatProbability: 0.002, eventsLeft: 290 }, [0.58, 14.471, 9.98, 2.04]],
    [BLOCK, { threatProbability: 0.5, eventsLeft: 3 }, [1.5, 0.075, 5, 3.5]],
  ])('action %i at %o', (action, state, costs) => {
    for (const [other, value] of heldReturns(plain, state).entries()) expect(-value).toBeCloseTo(costs[other], 9)
    expect(bestOf(plain, state)).toBe(action)
  })

  it('under the default costs as well', () => {
    const states = [
      { threatProbability: 0.001, eventsLeft: 50 },
      { threatProbability: 0.6, eventsLeft: 2 },
      { threatProbability: 0.95, eventsLeft: 50 },
      { threatProbability: 0.2, eventsLeft: 50 },
    ]
    expect(states.map((state) => bestOf(DEFAULT_RESPONSE, state))).toEqual([ALLOW, BLOCK, QUARANTINE, ALERT])
  })
})

describe('heldReturns', () => {
  it('is what walking a stream of threats and a stream of benign events comes to', () => {
    const anyState = fc.record({
      threatProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      eventsLeft: fc.integer({ min: 1, max: 12 }),
    })
    fc.assert(
      fc.property(anySpec, anyState, (anyCosts, { threatProbability, eventsLeft }) => {
        const spec: ResponseSpec = { ...anyCosts, block: 'fail-soft', analystAccuracy: 1 }
        const returns = heldReturns(spec, { threatProbability, eventsLeft })
        for (const action of [ALLOW, BLOCK, QUARANTINE, ALERT]) {
          const [benign, hostile] = [0, 1].map((label) => heldBy(spec, label, eventsLeft, action))
          expect(returns[action]).toBeCloseTo((1 - threatProbability) * benign + threatProbability * hostile, 9)
        }
      }),
    )
  })
})

/** Return of a stream of one label under one action; an alert is given once. */
function heldBy(spec: ResponseSpec, label: number, length: number, action: number): number {
  const streams = {
    rows: Uint32Array.from({ length }, (_, row) => row),
    streamStarts: Uint32Array.of(0, length),
    labels: new Uint8Array(length).fill(label),
    ratios: null,
    hazard: 0,
    damage: null,
  }
  return returnOf(
    walk(streams, 0, { spec, seed: 1 }, ({ age }) => (action === ALERT && age > 0 ? ALLOW : action)).ledger,
  )
}
