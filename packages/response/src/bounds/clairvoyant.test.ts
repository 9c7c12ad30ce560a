import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { optimalPolicy } from '../optimum/optimal-policy.ts'
import { meanOf, QUICKEST_MODEL, quickestStreams } from '../quickest.fixture.ts'
import { anySpec, anyStreams } from '../streams.arbitrary.ts'
import type { Streams } from '../streams.ts'
import { type ResponseSettings, returnOf, walk } from '../walk.ts'
import { walkAll } from '../walk-all.ts'
import { clairvoyantReturns } from './clairvoyant.ts'

/** The best of all plans of one stream, each walked: every prefix is tried with every action. */
function bestPlan(
  streams: Streams,
  stream: number,
  settings: ResponseSettings,
  prefix: readonly number[] = [],
): number {
  let decisions = 0
  const { ledger } = walk(streams, stream, settings, () => prefix[decisions++] ?? 2)
  // The plan was not used up: the stream was over before.
  if (decisions <= prefix.length) return returnOf(ledger)
  return Math.max(...[0, 1, 2, 3].map((action) => bestPlan(streams, stream, settings, [...prefix, action])))
}

const fewEvents = anyStreams.filter(({ streamStarts }) => streamStarts[1] <= 4)

it('is the best of all plans, each walked', () => {
  fc.assert(
    fc.property(fewEvents, anySpec, fc.nat(), (streams, spec, seed) => {
      const short = { ...streams, streamStarts: streams.streamStarts.slice(0, 2) }
      const first = { ...short, rows: short.rows.slice(0, short.streamStarts[1]) }
      const settings = { spec: { ...spec, analystDelay: spec.analystDelay % 3 }, seed }
      expect(clairvoyantReturns(first, settings)[0]).toBeCloseTo(bestPlan(first, 0, settings), 9)
    }),
    { numRuns: 60 },
  )
})

it('is not beaten on any stream, by whatever sequence of actions', () => {
  fc.assert(
    fc.property(
      anyStreams,
      anySpec,
      fc.nat(),
      fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2, 3), { minLength: 90 }),
      (streams, spec, seed, actions) => {
        const settings = { spec, seed }
        const { returns } = walkAll(streams, settings, ({ age, position }) => actions[(age + 7 * position) % 90])
        for (const [stream, best] of clairvoyantReturns(streams, settings).entries())
          expect(returns[stream]).toBeLessThanOrEqual(best + 1e-9)
      },
    ),
    { numRuns: 300 },
  )
})

it('never needs an alert: no price on tickets would make it a tighter bound', () => {
  fc.assert(
    fc.property(anyStreams, anySpec, fc.nat(), (streams, spec, seed) => {
      const dear = { ...spec, alertCost: 1e6 }
      const [plain, without] = [spec, dear].map((own) => clairvoyantReturns(streams, { spec: own, seed }))
      for (const [stream, best] of plain.entries()) expect(without[stream]).toBeCloseTo(best, 9)
    }),
  )
})

it('is above the exact optimum, which does not know the future', () => {
  const { mean, error } = meanOf(clairvoyantReturns(quickestStreams(2_000, 3), { spec: DEFAULT_RESPONSE, seed: 1 }))
  expect(mean - 5 * error).toBeGreaterThan(optimalPolicy(DEFAULT_RESPONSE, QUICKEST_MODEL)!.value)
})
