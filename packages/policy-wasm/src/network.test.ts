import { describe, expect, it } from 'vitest'
import { initialiseParameters, type NetworkSpec, parameterLayout } from './network.ts'

const SPEC: NetworkSpec = {
  agentCount: 3,
  denseSize: 5,
  vocabularySizes: [4, 7],
  policyHidden: [24, 16],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
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
    [{ agentCount: 0 }, /agentCount/],
    [{ policyHidden: [0] }, /policyHidden/],
    [{ lstmHidden: [2.5] }, /lstmHidden/],
    [{ policyHidden: [] }, /policyHidden/],
    [{ valueHidden: [4096] }, /valueHidden/],
    [{ denseSize: 0, vocabularySizes: [] }, /at least 1 input/],
    [{ denseSize: Number.NaN }, /denseSize/],
    [{ vocabularySizes: [0] }, /vocabularySizes/],
  ])('refuses %j', (change, message) => {
    expect(() => parameterLayout({ ...SPEC, ...change })).toThrow(message)
  })
})

describe('initialiseParameters', () => {
  it('gives orthogonal hidden layers with gain sqrt(2) and small policy heads', () => {
    const { slices, parametersPerAgent } = parameterLayout(SPEC)
    const parameters = initialiseParameters(SPEC, 1)
    const dense = slices.find((slice) => slice.name === 'policy.dense.1')!
    for (let agent = 0; agent < SPEC.agentCount; agent++) {
      const from = agent * parametersPerAgent + dense.offset
      const [rows, columns] = dense.shape
      for (let i = 0; i < columns; i++) {
        for (let j = 0; j < columns; j++) {
          let dot = 0
          for (let r = 0; r < rows; r++) dot += parameters[from + r * columns + i] * parameters[from + r * columns + j]
          expect(dot).toBeCloseTo(i === j ? 2 : 0, 5)
        }
      }
    }
    const head = slices.find((slice) => slice.name === 'policy.head')!
    const largest = Math.max(...parameters.subarray(head.offset, head.offset + head.length).map(Math.abs))
    expect(largest).toBeLessThan(0.011)
    expect(largest).toBeGreaterThan(0)
  })

  it('differs between agents and seeds, and repeats', () => {
    const { parametersPerAgent } = parameterLayout(SPEC)
    const first = initialiseParameters(SPEC, 1)
    expect(initialiseParameters(SPEC, 1)).toEqual(first)
    expect(initialiseParameters(SPEC, 2)).not.toEqual(first)
    expect(first.slice(0, parametersPerAgent)).not.toEqual(first.slice(parametersPerAgent, 2 * parametersPerAgent))
  })
})
