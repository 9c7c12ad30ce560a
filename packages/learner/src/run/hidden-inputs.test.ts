import { expect, it } from 'vitest'
import { assertNothingHiddenIsRead, hiddenInputs } from './hidden-inputs.ts'

const data = {
  present: { inputs: ['activity', 'size'], kind: 'role', constants: ['criticality'] },
  dataset: {
    denseNames: ['average_peer', 'criticality', 'size'],
    categoricalColumns: ['role', 'activity', 'activity_1', 'since_watched'].map((name) => ({ name })),
  },
} as unknown as Parameters<typeof hiddenInputs>[1]

it('hides from agents what events say of the past where a belief is made from their order', () => {
  expect(hiddenInputs({ belief: 'hidden-markov' }, data)).toEqual({ dense: [0], categorical: [2, 3] })
})

it.each(['filtered', 'learnt', 'event', 'exact', 'none'] as const)('hides nothing beside the belief %s', (belief) => {
  expect(hiddenInputs({ belief }, data)).toBeNull()
})

it('refuses weights that read what is hidden, and no others', () => {
  const mask = Uint8Array.of(1, 0, 1, 0)
  const check =
    (weights: number[], own: Uint8Array | null = mask) =>
    () =>
      assertNothingHiddenIsRead(Float32Array.from(weights), own, 'runs/old')
  expect(check([0.1, 0, -2, -0])).not.toThrow()
  expect(check([1, 1, 1, 1], null)).not.toThrow()
  expect(check([1, 0, 1, 1e-30])).toThrow(expect.objectContaining({ code: 'OUTDATED' }))
})
