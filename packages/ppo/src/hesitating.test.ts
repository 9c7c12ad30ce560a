import { parameterLayout } from '@vigil/policy-wasm'
import { expect, it } from 'vitest'
import { hesitating } from './hesitating.ts'

const network = {
  ...{ agentCount: 2, denseSize: 3, vocabularySizes: [], policyHidden: [4], valueHidden: [4], lstmHidden: [] },
  ...{ layerNorm: false, constraintCount: 0 },
}

it.each([
  [50, 0.01],
  [200, 0.0025],
  [1, 0.25],
])('quarantines streams of %i events with chance %f an event, whatever is seen', (length, chance) => {
  const { slices, parametersPerAgent } = parameterLayout(network)
  const weights = hesitating(new Float32Array(2 * parametersPerAgent), network, length)
  const { offset } = slices.find(({ name }) => name === 'policy.headBias')!
  for (const agent of [0, 1]) {
    const logits = weights.subarray(agent * parametersPerAgent + offset).subarray(0, 4)
    const mass = [...logits].map(Math.exp)
    expect(mass[2] / mass.reduce((sum, value) => sum + value, 0)).toBeCloseTo(chance, 6)
    expect([logits[0], logits[1], logits[3]]).toEqual([0, 0, 0])
  }
  expect(weights.filter((weight) => weight !== 0).length).toBeLessThanOrEqual(2)
})
