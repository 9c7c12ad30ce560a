import type { ResponseSpec } from '@vigil/env-wasm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anySpec, anyStreams } from '../streams.arbitrary.ts'
import type { Streams } from '../streams.ts'
import { returnOf, walk } from '../walk.ts'
import { expectedReturns } from './expected-returns.ts'

/** Streams of at most five events: 4^5 ways to act. */
const shortStreams = anyStreams
  .filter(({ rows }) => rows.length > 0)
  .map((streams): Streams => {
    const starts = [0]
    for (let at = 5; at < streams.rows.length; at += 5) starts.push(at)
    return { ...streams, streamStarts: Uint32Array.from([...starts, streams.rows.length]) }
  })

const unansweredSpec = anySpec.map((spec): ResponseSpec => ({ ...spec, block: 'fail-soft', analystDelay: 10_000 }))

/** Probabilities [n, A, 4] by agent and position. */
const anyPolicies = (positions: number) =>
  fc
    .array(fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }), {
      minLength: 2 * positions,
      maxLength: 2 * positions,
    })
    .map((rows) => {
      const shares = rows.map((row) => row.map((weight) => weight / row.reduce((sum, each) => sum + each, 0)))
      return Float32Array.from(shares.flat())
    })

const anyCase = fc
  .record({ streams: shortStreams, spec: unansweredSpec })
  .chain(({ streams, spec }) =>
    anyPolicies(streams.rows.length).map((probabilities) => ({ streams, spec, probabilities })),
  )

/** Expected return of a stream by walking every sequence of actions. */
function enumerated(
  { streams, spec }: { readonly streams: Streams; readonly spec: ResponseSpec },
  stream: number,
  chanceOf: (position: number, action: number) => number,
): number {
  const [start, end] = [streams.streamStarts[stream], streams.streamStarts[stream + 1]]
  const from = (taken: readonly number[]): number => {
    const isOver = taken.at(-1) === 2 || start + taken.length === end
    if (isOver)
      return returnOf(walk(streams, stream, { spec, seed: 1 }, ({ position }) => taken[position - start]).ledger)
    return [0, 1, 2, 3].reduce(
      (sum, action) => sum + chanceOf(start + taken.length, action) * from([...taken, action]),
      0,
    )
  }
  return from([])
}

describe('expected returns on recordings', () => {
  it('are what walking every sequence of actions comes to', () => {
    fc.assert(
      fc.property(anyCase, ({ streams, spec, probabilities }) => {
        const { earned } = expectedReturns(streams, spec, probabilities)
        for (let stream = 0; stream + 1 < streams.streamStarts.length; stream++) {
          for (const agent of [0, 1]) {
            let sum = 0
            for (let at = streams.streamStarts[stream]; at < streams.streamStarts[stream + 1]; at++) {
              sum += earned[2 * at + agent]
            }
            const chanceOf = (position: number, action: number) => probabilities[4 * (2 * position + agent) + action]
            expect(sum).toBeCloseTo(enumerated({ streams, spec }, stream, chanceOf), 3)
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  it('change with the logit of an action as the credits say', () => {
    fc.assert(
      fc.property(
        anyCase,
        fc.nat(),
        fc.integer({ min: 0, max: 3 }),
        ({ streams, spec, probabilities }, place, moved) => {
          const agent = 1
          const position = place % streams.rows.length
          const { credits } = expectedReturns(streams, spec, probabilities)
          const own = (at: number) => Array.from(probabilities.subarray(4 * (2 * at + agent), 4 * (2 * at + agent) + 4))
          // d pi_a / d z_j = pi_a ([a = j] - pi_j)
          const slope = own(position).reduce(
            (sum, p, action) =>
              sum +
              credits[4 * (2 * position + agent) + action] * p * ((action === moved ? 1 : 0) - own(position)[moved]),
            0,
          )
          const stream = streams.streamStarts.findLastIndex((start) => start <= position)
          const moving = (by: number) =>
            enumerated({ streams, spec }, stream, (at, action) => {
              const weights = own(at).map((p, a) => (at === position && a === moved ? p * Math.exp(by) : p))
              return weights[action] / weights.reduce((sum, each) => sum + each, 0)
            })
          expect(slope).toBeCloseTo((moving(1e-4) - moving(-1e-4)) / 2e-4, 2)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('refuse probabilities that are not four for every event and agent', () => {
    const streams: Streams = {
      rows: Uint32Array.of(0, 1),
      streamStarts: Uint32Array.of(0, 2),
      labels: Uint8Array.of(0, 1),
      ...{ ratios: null, hazard: 0, damage: null },
    }
    const [spec] = fc.sample(unansweredSpec, { numRuns: 1, seed: 1 })
    expect(() => expectedReturns(streams, spec, new Float32Array(12))).toThrow(/multiple of 4 \* 2/)
  })
})
