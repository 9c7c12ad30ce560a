import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maximumStateSize, pushMaximum, resetMaximum } from './sliding-maximum.ts'
import { meanStateSize, pushMean } from './sliding-mean.ts'
import { pushSince, resetSince, SINCE, sinceStateSize, UNTIL } from './sliding-since.ts'

/** Widths and sequences long enough for several blocks; few values, so that there are many ties. */
const input = fc.record({
  width: fc.integer({ min: 1, max: 20 }),
  steps: fc.array(fc.record({ left: fc.integer({ min: -5, max: 5 }), right: fc.integer({ min: -5, max: 5 }) }), {
    minLength: 1,
    maxLength: 100,
  }),
})
/** State in the middle of a larger one, whose other numbers must stay. */
const MARGIN = 2

function withState(size: number, run: (state: Float64Array) => void): void {
  const state = new Float64Array(size + 2 * MARGIN)
  state.fill(7, 0, MARGIN).fill(7, size + MARGIN)
  run(state)
  expect([...state.subarray(0, MARGIN), ...state.subarray(size + MARGIN)]).toEqual([7, 7, 7, 7])
}

describe('sliding kernels', () => {
  it('maximum', () => {
    fc.assert(
      fc.property(input, ({ width, steps }) => {
        withState(maximumStateSize(width), (state) => {
          resetMaximum(state, MARGIN, width)
          for (const [t, { left }] of steps.entries()) {
            const window = steps.slice(Math.max(0, t - width + 1), t + 1)
            const wanted = Math.max(...window.map((step) => step.left))
            expect(pushMaximum(state, MARGIN, width, left)).toBe(wanted)
          }
        })
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it.each([
    ['since', SINCE],
    ['until', UNTIL],
  ])('%s', (_name, direction) => {
    fc.assert(
      fc.property(input, ({ width, steps }) => {
        withState(sinceStateSize(width), (state) => {
          resetSince(state, MARGIN, width)
          for (const [t, { left, right }] of steps.entries()) {
            const window = steps.slice(Math.max(0, t - width + 1), t + 1)
            const wanted = window.map((step, s) => {
              const between = direction === SINCE ? window.slice(s + 1) : window.slice(0, s)
              return Math.min(step.right, ...between.map((other) => other.left))
            })
            expect(pushSince(state, MARGIN, width, direction, left, right)).toBe(Math.max(...wanted))
          }
        })
      }),
      { seed: 2, numRuns: 300 },
    )
  })

  it('mean', () => {
    fc.assert(
      fc.property(input, ({ width, steps }) => {
        withState(meanStateSize(width), (state) => {
          for (const [t, { left }] of steps.entries()) {
            const window = steps.slice(Math.max(0, t - width + 1), t + 1)
            const wanted = window.reduce((sum, step) => sum + step.left, 0) / window.length
            expect(pushMean(state, MARGIN, width, left)).toBe(wanted)
          }
        })
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  it('mean forgets large values wholly', () => {
    const state = new Float64Array(meanStateSize(3))
    const means = [1e17, 0.25, 0.5, 0.75, 1].map((value) => pushMean(state, 0, 3, value))
    expect(means.slice(3)).toEqual([0.5, 0.75])
  })
})
