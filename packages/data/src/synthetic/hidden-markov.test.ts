import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterThreat, type HiddenMarkovModel, pick } from './hidden-markov.ts'

/** P(threat at the last step, observations) / P(observations), by summing over every path of hidden states. */
function posteriorByEnumeration(model: HiddenMarkovModel, symbols: Uint8Array, steps: number): number {
  const stateCount = model.initial.length
  let threat = 0
  let total = 0
  for (let path = 0; path < stateCount ** steps; path++) {
    let probability = 1
    let state = 0
    for (let t = 0, rest = path; t < steps; t++, rest = Math.floor(rest / stateCount)) {
      const next = rest % stateCount
      probability *= t === 0 ? model.initial[next] : model.transition[state * stateCount + next]
      for (const [m, emission] of model.emissions.entries()) {
        probability *= emission[next * model.symbolCounts[m] + symbols[t * model.emissions.length + m]]
      }
      state = next
    }
    total += probability
    if (model.threat[state] === 1) threat += probability
  }
  return threat / total
}

/** A distribution without zeros, so that every observation is possible. */
const distribution = (size: number) =>
  fc.array(fc.integer({ min: 1, max: 100 }), { minLength: size, maxLength: size }).map((weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return weights.map((weight) => weight / total)
  })
const distributions = (rows: number, size: number) =>
  fc.array(distribution(size), { minLength: rows, maxLength: rows }).map((all) => Float64Array.from(all.flat()))

const model = fc.record({
  initial: distribution(3).map((values) => Float64Array.from(values)),
  transition: distributions(3, 3),
  emissions: fc.tuple(distributions(3, 2), distributions(3, 4)),
  symbolCounts: fc.constant([2, 4]),
  threat: fc.constantFrom(Uint8Array.of(0, 0, 1), Uint8Array.of(0, 1, 1), Uint8Array.of(1, 0, 0)),
})

describe('filterThreat', () => {
  it('equals the sum over all hidden paths, at every step', () => {
    const observations = fc.array(fc.tuple(fc.nat(1), fc.nat(3)), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(model, observations, (parameters, steps) => {
        const symbols = Uint8Array.from(steps.flat())
        const out = new Float64Array(steps.length)
        filterThreat(parameters, symbols, out)
        for (let t = 0; t < steps.length; t++) {
          expect(Math.abs(out[t] - posteriorByEnumeration(parameters, symbols, t + 1))).toBeLessThan(1e-12)
        }
      }),
    )
  })

  it('is Bayes by hand for one step', () => {
    const one: HiddenMarkovModel = {
      initial: Float64Array.of(0.9, 0.1),
      transition: Float64Array.of(1, 0, 0, 1),
      emissions: [Float64Array.of(0.8, 0.2, 0.4, 0.6)],
      symbolCounts: [2],
      threat: Uint8Array.of(0, 1),
    }
    const out = new Float64Array(1)
    filterThreat(one, Uint8Array.of(1), out)
    expect(out[0]).toBeCloseTo((0.1 * 0.6) / (0.9 * 0.2 + 0.1 * 0.6), 14)
  })

  it('does not fade on a long stream', () => {
    const steady: HiddenMarkovModel = {
      initial: Float64Array.of(0.5, 0.5),
      transition: Float64Array.of(1, 0, 0, 1),
      emissions: [Float64Array.of(0.01, 0.99, 0.01, 0.99)],
      symbolCounts: [2],
      threat: Uint8Array.of(0, 1),
    }
    const out = new Float64Array(5000)
    filterThreat(steady, new Uint8Array(5000), out)
    expect(out[4999]).toBeCloseTo(0.5, 9)
  })
})

describe('pick', () => {
  it('never picks what cannot occur, not even at the end of the range', () => {
    const probabilities = Float64Array.of(0, 0.3, 0.7, 0)
    expect([0, 0.29, 0.31, 0.999, 1 - 2 ** -53].map((uniform) => pick(probabilities, 0, 4, uniform))).toEqual([
      1, 1, 2, 2, 2,
    ])
  })
})
