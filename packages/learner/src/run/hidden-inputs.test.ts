import { expect, it } from 'vitest'
import { hiddenInputs } from './hidden-inputs.ts'

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

it.each(['filtered', 'learnt', 'exact', 'none'] as const)('hides nothing beside the belief %s', (belief) => {
  expect(hiddenInputs({ belief }, data)).toBeNull()
})
