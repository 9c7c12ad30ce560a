import { DEFAULT_RESPONSE, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { expect, it } from 'vitest'
import { hindsightOf } from './hindsight.ts'

/** Rows 1, 3 and 0 are a training stream; 3 and 0 are threats, of threefold and of half damage. */
const team = {
  network: { agentCount: 2 },
  dataset: {
    rowCount: 4,
    labels: Uint8Array.of(1, 0, 1, 1),
    consequences: { ratios: null, hazard: 0, damage: Float32Array.of(0.5, 1, 1, 3) },
    splits: { train: { rows: Uint32Array.of(1, 3, 0), streamStarts: Uint32Array.of(0, 3) } },
  },
} as unknown as Parameters<typeof hindsightOf>[1]

const environment = {
  ...PLAIN_ENVIRONMENT,
  response: { ...DEFAULT_RESPONSE, damage: 2, allowedBenign: 0.25, blockedBenign: 0.5 },
}
const hindsight = hindsightOf({ credit: 'hindsight', environment }, team)!

it('takes off the advantages of steps that blocked what block brought beside allow', () => {
  const trajectory = { rows: Uint32Array.of(3, 1), agentCount: 2, actions: Uint8Array.of(1, 0, 1, 3) }
  const advantages = Float32Array.of(10, 10, 10, 10)
  hindsight.takeOff(trajectory, advantages)
  // A threat of threefold damage costs 6 less, a benign event 0.75 more.
  expect([...advantages]).toEqual([4, 10, 10.75, 10])
})

it('gives each agent the gain of block at every event, in units of the advantages and weighed as rewards are', () => {
  const direct = hindsight.directOf({ rows: Uint32Array.of(0, 1), deviation: 2 }, [0.5, 0.5])
  expect([...direct]).toEqual([0, 0.25, 0, 0, 0, 0.25, 0, 0, 0, -0.1875, 0, 0, 0, -0.1875, 0, 0])
})

it.each(['sampled', 'exact'] as const)('is nothing where credit is %s', (credit) => {
  expect(hindsightOf({ credit, environment }, team)).toBeNull()
})
