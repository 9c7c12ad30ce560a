import { describe, expect, it } from 'vitest'
import { drawnStreams, smallModel } from './drawn-streams.fixture.ts'
import { attackedByEnumeration } from './filter.oracle.ts'
import { createStreamFilter } from './filter.ts'

const model = smallModel()
const { inputs, streams } = drawnStreams(model, { streamCount: 6, length: 5, seed: 4 })

describe('the belief of a stream', () => {
  it('is what all hidden histories together say, event by event', () => {
    const filter = createStreamFilter(model)
    for (let stream = 0; stream < 6; stream++) {
      const state = new Float32Array(filter.stateSize)
      const rows = [...streams.rows.subarray(5 * stream, 5 * stream + 5)]
      for (const [i, row] of rows.entries()) {
        filter.meet(state, inputs, row)
        expect(state[0] / (1 + state[0])).toBeCloseTo(attackedByEnumeration(model, inputs, rows.slice(0, i + 1)), 5)
      }
    }
  })

  it('follows from the ratios and the hazard alone, by Bayes', () => {
    const filter = createStreamFilter(model)
    const state = new Float32Array(filter.stateSize)
    let odds = 0
    for (const row of streams.rows.subarray(0, 5)) {
      const ratio = filter.meet(state, inputs, row)
      odds = (ratio * (odds + model.hazard)) / (1 - model.hazard)
      expect(odds / (1 + odds)).toBeCloseTo(state[0] / (1 + state[0]), 5)
    }
    expect(state[0]).not.toBeCloseTo(1, 1)
  })

  it('comes back from certainty', () => {
    const filter = createStreamFilter({ ...model, phases: model.phases.map((_, i) => (i % 6 === 0 ? 1 : 0)) })
    const state = new Float32Array(filter.stateSize)
    for (let i = 0; i < 200; i++) {
      const ratio = filter.meet(state, inputs, streams.rows[i % 5])
      expect(ratio > 0 && Number.isFinite(Math.fround(ratio))).toBe(true)
    }
  })

  it('is not moved by any number of symbols that are as rare in each state', () => {
    const [column] = model.symbols
    const rare = Array.from({ length: 400 }, () => column)
    const tables = (kind: (typeof model.kinds)[number]) => rare.map(() => kind.tables[0].map(() => 1e-5))
    const kinds = model.kinds.map((kind) => ({ ...kind, tables: [...kind.tables, ...tables(kind)] }))
    const [own, other] = [
      createStreamFilter(model),
      createStreamFilter({ ...model, symbols: [...model.symbols, ...rare], kinds }),
    ]
    const [state, otherState] = [new Float32Array(own.stateSize), new Float32Array(own.stateSize)]
    for (const row of streams.rows.subarray(0, 5)) {
      expect(other.meet(otherState, inputs, row)).toBeCloseTo(own.meet(state, inputs, row), 4)
    }
  })

  it('of a kind or a category that training has not seen is that of the first kind, and of the unknown', () => {
    const filter = createStreamFilter(model)
    const strange = { ...inputs, categorical: Uint16Array.of(9, 9) }
    const known = { ...inputs, categorical: Uint16Array.of(0, 0) }
    const meet = (own: typeof inputs) => filter.meet(new Float32Array(filter.stateSize), own, 0)
    expect(meet(strange)).toBe(meet(known))
    expect(meet(known)).not.toBe(meet({ ...inputs, categorical: Uint16Array.of(0, 1) }))
  })
})
