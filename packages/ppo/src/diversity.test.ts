import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { bagWeights, viewMask } from './diversity.ts'

const SPEC: NetworkSpec = {
  agentCount: 3,
  denseSize: 6,
  vocabularySizes: [3, 5, 2, 4],
  policyHidden: [8],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}

describe('bagWeights', () => {
  it('gives each agent its own share of the rows, the same each time a row comes', () => {
    const weightsOf = bagWeights({ seed: 1, fraction: 0.6, agentCount: 2, rowCount: 5000 })
    const rows = Uint32Array.from({ length: 5000 }, (_, i) => i)
    const weights = weightsOf(rows)!
    for (const agent of [0, 1]) {
      const share = rows.reduce((sum, row) => sum + weights[2 * row + agent], 0) / 5000
      expect(Math.abs(share - 0.6)).toBeLessThan(0.03)
    }
    const both = rows.reduce((sum, row) => sum + weights[2 * row] * weights[2 * row + 1], 0) / 5000
    expect(Math.abs(both - 0.36)).toBeLessThan(0.03)
    expect([...weightsOf(Uint32Array.of(17, 17, 3))!]).toEqual([34, 35, 34, 35, 6, 7].map((i) => weights[i]))
  })

  it('weighs nothing when all agents learn from all rows', () => {
    expect(bagWeights({ seed: 1, fraction: 1, agentCount: 2, rowCount: 10 })(Uint32Array.of(1))).toBeNull()
  })
})

describe('viewMask', () => {
  it('hides whole inputs from the first layer of both trunks, others for each agent', () => {
    const mask = viewMask(SPEC, { seed: 1, fraction: 0.5, criticOnlyCount: 0 })!
    const { slices, parametersPerAgent } = parameterLayout(SPEC)
    const visible = Array.from({ length: SPEC.agentCount }, (_, agent) =>
      ['policy', 'value'].map((trunk) => {
        const rowsOf = (name: string) => {
          const { shape, offset } = slices.find((slice) => slice.name === `${trunk}.${name}`)!
          return Array.from({ length: shape[0] }, (_, row) => {
            const at = agent * parametersPerAgent + offset + row * shape[1]
            const values = new Set(mask.subarray(at, at + shape[1]))
            expect(values.size).toBe(1)
            return mask[at]
          })
        }
        const embedding = rowsOf('embedding')
        const columns = [embedding.slice(0, 3), embedding.slice(3, 8), embedding.slice(8, 10), embedding.slice(10)]
        for (const column of columns) expect(new Set(column).size).toBe(1)
        return [...rowsOf('dense.0'), ...columns.map(([first]) => first)]
      }),
    )
    for (const [policy, value] of visible) {
      expect(value).toEqual(policy)
      expect(policy.reduce((sum, seen) => sum + seen, 0)).toBe(5)
    }
    expect(new Set(visible.map(([policy]) => policy.join())).size).toBeGreaterThan(1)
    const hiddenLayers = slices.filter(({ name }) => !/embedding|dense\.0/.test(name))
    for (const { offset, length } of hiddenLayers) expect(mask.subarray(offset, offset + length)).not.toContain(0)
  })

  it('hides what only critics see from the policies, and nothing else of it from views', () => {
    const { slices, parametersPerAgent } = parameterLayout(SPEC)
    const criticOnlyCount = 2
    const mask = viewMask(SPEC, { seed: 1, fraction: 1, criticOnlyCount })!
    const hidden = [...mask.keys()].filter((i) => mask[i] === 0)
    const { shape, offset } = slices.find(({ name }) => name === 'policy.dense.0')!
    const from = offset + (SPEC.denseSize - criticOnlyCount) * shape[1]
    const ofAgent = Array.from({ length: criticOnlyCount * shape[1] }, (_, i) => from + i)
    expect(hidden).toEqual(
      Array.from({ length: SPEC.agentCount }, (_, agent) =>
        ofAgent.map((at) => agent * parametersPerAgent + at),
      ).flat(),
    )
    const view = viewMask(SPEC, { seed: 1, fraction: 0.5, criticOnlyCount })!
    const value = slices.find(({ name }) => name === 'value.dense.0')!
    const seen = value.offset + (SPEC.denseSize - criticOnlyCount) * value.shape[1]
    for (let agent = 0; agent < SPEC.agentCount; agent++) {
      const at = agent * parametersPerAgent
      expect(view.subarray(at + seen, at + value.offset + value.length)).not.toContain(0)
    }
  })

  it('is nothing when all agents see all inputs', () => {
    expect(viewMask(SPEC, { seed: 1, fraction: 1, criticOnlyCount: 0 })).toBeNull()
  })
})
