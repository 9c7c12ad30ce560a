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
