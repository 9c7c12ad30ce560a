import { describe, expect, it } from 'vitest'
import { type NetworkSpec, parameterLayout } from './network.ts'

const SPEC: NetworkSpec = {
  agentCount: 3,
  denseSize: 5,
  vocabularySizes: [4, 7],
  policyHidden: [24, 16],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}

describe('parameterLayout', () => {
  it('places the tensors one after another', () => {
    const { slices, parametersPerAgent } = parameterLayout(SPEC)
    let offset = 0
    for (const slice of slices) {
      expect(slice.offset).toBe(offset)
      expect(slice.length).toBe(slice.shape.reduce((product, size) => product * size, 1))
      offset += slice.length
    }
    expect(parametersPerAgent).toBe(offset)
    expect(slices.map((slice) => slice.name)).toEqual([
      'policy.embedding',
      'policy.dense.0',
      'policy.bias.0',
      'policy.dense.1',
      'policy.bias.1',
      'policy.head',
      'policy.headBias',
      'value.embedding',
      'value.dense.0',
      'value.bias.0',
      'value.head',
      'value.headBias',
    ])
  })

  it.each([
    [0, 1],
    [1, 4],
    [3, 4],
    [4, 8],
    [7, 8],
  ])('has a value head of whole vectors with %i specifications', (constraintCount, columns) => {
    const { slices } = parameterLayout({ ...SPEC, constraintCount })
    expect(slices.slice(-2).map(({ name, shape }) => [name, shape])).toEqual([
      ['value.head', [8, columns]],
      ['value.headBias', [columns]],
    ])
    expect(slices.find(({ name }) => name === 'policy.head')!.shape).toEqual([16, 4])
  })

  it.each([
    [{ agentCount: 0 }, /agentCount/],
    [{ policyHidden: [0] }, /policyHidden/],
    [{ lstmHidden: [2.5] }, /lstmHidden/],
    [{ policyHidden: [] }, /policyHidden/],
    [{ valueHidden: [4096] }, /valueHidden/],
    [{ denseSize: 0, vocabularySizes: [] }, /at least 1 input/],
    [{ denseSize: Number.NaN }, /denseSize/],
    [{ vocabularySizes: [0] }, /vocabularySizes/],
    [{ constraintCount: -1 }, /constraintCount/],
    [{ constraintCount: 1.5 }, /constraintCount/],
    [{ constraintCount: 33 }, /constraintCount must be an integer from 0 to 32/],
    [{ constraintCount: 1, valueHidden: null }, /constraintCount must be 0 without a critic/],
  ])('refuses %j', (change, message) => {
    expect(() => parameterLayout({ ...SPEC, ...change })).toThrow(message)
  })
})
