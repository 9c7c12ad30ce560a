import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { initialiseMasked, inputMaskOf } from './input-mask.ts'

const SPEC: NetworkSpec = {
  agentCount: 3,
  denseSize: 6,
  vocabularySizes: [3, 5, 2, 4],
  policyHidden: [8],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 2,
}
const specifications = ['a', 'b'].map((name) => ({ name, formula: 'G (threat > 0)', target: 0.9 }))

describe('inputMaskOf', () => {
  it('hides what only critics see from the policies, and nothing else', () => {
    const { slices, parametersPerAgent } = parameterLayout(SPEC)
    const mask = inputMaskOf(SPEC, { observeConstraints: 'critic', specifications })!
    const hidden = [...mask.keys()].filter((i) => mask[i] === 0)
    const { shape, offset } = slices.find(({ name }) => name === 'policy.dense.0')!
    const ofAgent = Array.from({ length: 2 * shape[1] }, (_, i) => offset + 4 * shape[1] + i)
    expect(hidden).toEqual([0, 1, 2].flatMap((agent) => ofAgent.map((at) => agent * parametersPerAgent + at)))
  })

  it('hides inputs of events from policies and critics, each with all its categories', () => {
    const { slices, parametersPerAgent } = parameterLayout(SPEC)
    const places = { dense: [1], categorical: [0, 2] }
    const mask = inputMaskOf(SPEC, { observeConstraints: 'none', specifications }, places)!
    // Categories of the columns are rows 0 to 2, 3 to 7, 8 and 9, 10 to 13.
    const rowsOf = { dense: [1], embedding: [0, 1, 2, 8, 9] }
    const expected = new Set<number>()
    for (const { name, shape, offset } of slices) {
      const rows = name.endsWith('.embedding') ? rowsOf.embedding : name.endsWith('.dense.0') ? rowsOf.dense : []
      for (const row of rows)
        for (let agent = 0; agent < SPEC.agentCount; agent++)
          for (let i = 0; i < shape[1]; i++) expected.add(agent * parametersPerAgent + offset + row * shape[1] + i)
    }
    expect(expected.size).toBe(3 * 2 * 6 * 8)
    expect([...mask.keys()].filter((i) => mask[i] === 0)).toEqual([...expected].sort((a, b) => a - b))
  })

  it.each(['none', 'team'] as const)('is nothing where observeConstraints is %s', (observeConstraints) => {
    expect(inputMaskOf(SPEC, { observeConstraints, specifications })).toBeNull()
  })

  it('leaves fresh weights at zero where it hides', () => {
    const mask = inputMaskOf(SPEC, { observeConstraints: 'critic', specifications })!
    const [masked, whole] = [mask, null].map((own) => initialiseMasked(SPEC, 3, own))
    expect(masked.every((weight, i) => weight === (mask[i] === 1 ? whole[i] : 0))).toBe(true)
    expect(whole.some((weight, i) => mask[i] === 0 && weight !== 0)).toBe(true)
  })
})
