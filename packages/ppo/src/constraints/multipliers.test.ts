import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { controlMultiplier, INITIAL_MULTIPLIER, type Multiplier, multipliersSchema } from './multipliers.ts'

const GAINS = { proportional: 2, integral: 0.5, derivative: 4 }

/** The multipliers of a row of violated shares, target 0.9. */
function controlled(rates: readonly number[], gains = GAINS): Multiplier[] {
  const states = [INITIAL_MULTIPLIER]
  for (const violatedRate of rates) states.push(controlMultiplier(states.at(-1)!, { violatedRate, target: 0.9 }, gains))
  return states.slice(1)
}

describe('controlMultiplier', () => {
  it('is algorithm 2 of arXiv:2007.03964', () => {
    // Delta 0.4, 0.2, 0.5; I 0.4, 0.6, 1.1; D 0, 0, 0.3.
    const values = controlled([0.5, 0.3, 0.6]).map(({ value }) => value)
    for (const [i, expected] of [0.8 + 0.2, 0.4 + 0.3, 1 + 0.55 + 1.2].entries()) {
      expect(values[i]).toBeCloseTo(expected, 12)
    }
  })

  it('is never below 0, and neither is the sum of the errors', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (rates) => {
        for (const { value, integral } of controlled(rates)) expect(Math.min(value, integral)).toBeGreaterThanOrEqual(0)
      }),
    )
    expect(controlled([0, 0, 0]).at(-1)).toEqual({ value: 0, integral: 0, violatedRate: 0 })
  })

  it('holds a plant at its target by the sum of the errors alone', () => {
    // The more a violation costs, the rarer it is: at lambda 2.5 it is as rare as is allowed.
    let state = INITIAL_MULTIPLIER
    let violatedRate = 0.6
    for (let i = 0; i < 400; i++) {
      state = controlMultiplier(state, { violatedRate, target: 0.9 }, { proportional: 0, integral: 0.1, derivative: 0 })
      violatedRate = Math.max(0, 0.6 - 0.2 * state.value)
    }
    expect(violatedRate).toBeCloseTo(0.1, 3)
    expect(state.value).toBeCloseTo(2.5, 2)
  })

  it('survives a checkpoint exactly', () => {
    const states = controlled([1 / 3, 2 / 7, 0.1 + 0.2])
    expect(multipliersSchema.parse(JSON.parse(JSON.stringify(states)))).toEqual(states)
  })
})
