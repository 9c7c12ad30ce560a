import { describe, expect, it } from 'vitest'
import { initialiseParameters } from './initialisation.ts'
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

  it('begins with the value of a network without specifications, cost values alike', () => {
    const spec = { ...SPEC, constraintCount: 2 }
    const [plain, own] = [SPEC, spec].map((of) => ({ ...parameterLayout(of), values: initialiseParameters(of, 1) }))
    const headOffset = own.slices.find(({ name }) => name === 'value.head')!.offset
    for (let agent = 0; agent < SPEC.agentCount; agent++) {
      const [before, block] = [plain, own].map(({ values, parametersPerAgent }) =>
        values.subarray(agent * parametersPerAgent, (agent + 1) * parametersPerAgent),
      )
      // Everything below the value head is the same.
      expect(block.subarray(0, headOffset)).toEqual(before.subarray(0, headOffset))
      const column = (index: number) => Array.from({ length: 8 }, (_, row) => block[headOffset + 4 * row + index])
      expect(column(0)).toEqual(Array.from(before.subarray(headOffset, headOffset + 8)))
      const norms = Array.from({ length: 4 }, (_, index) => Math.hypot(...column(index)))
      const expected = [1, 1, 1, 0]
      for (const [index, norm] of norms.entries()) expect(norm).toBeCloseTo(expected[index], 6)
      expect(block.subarray(headOffset + 32)).toEqual(new Float32Array(4))
    }
  })

  it('differs between agents and seeds, and repeats', () => {
    const { parametersPerAgent } = parameterLayout(SPEC)
    const first = initialiseParameters(SPEC, 1)
    expect(initialiseParameters(SPEC, 1)).toEqual(first)
    expect(initialiseParameters(SPEC, 2)).not.toEqual(first)
    expect(first.slice(0, parametersPerAgent)).not.toEqual(first.slice(parametersPerAgent, 2 * parametersPerAgent))
  })
})
