import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { expect, it } from 'vitest'
import { forwardOperations, updateOperations } from './operations.ts'

const SPEC: NetworkSpec = {
  agentCount: 3,
  denseSize: 5,
  vocabularySizes: [4, 9],
  policyHidden: [16, 8],
  valueHidden: [24],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}

/** Two operations for every weight, by the tensors themselves. */
function weightOperations(spec: NetworkSpec, times: (name: string) => number): number {
  const { slices } = parameterLayout(spec)
  const weights = slices.filter(({ name }) => /\.(dense\.\d|head|lstmInput\.\d|lstmRecurrent\.\d)$/.test(name))
  return spec.agentCount * weights.reduce((sum, { name, length }) => sum + 2 * times(name) * length, 0)
}

it.each([
  ['feed-forward', SPEC],
  ['without a critic', { ...SPEC, valueHidden: null }],
  ['recurrent', { ...SPEC, lstmHidden: [8, 16] }],
])('counts two operations for each weight and one for each addition of an embedding row: %s', (_, spec) => {
  const columns = 2 * (16 + (spec.valueHidden === null ? 0 : 24))
  expect(forwardOperations(spec)).toBe(weightOperations(spec, () => 1) + 3 * columns)
  const isFirst = (name: string) => name.endsWith('.dense.0')
  expect(updateOperations(spec)).toBe(weightOperations(spec, (name) => (isFirst(name) ? 2 : 3)) + 2 * 3 * columns)
})

it("counts a critic's outputs for specifications, but not the columns that fill up its head", () => {
  // Two specifications: two outputs more on the 24 units below the head, in three agents.
  const own = { ...SPEC, constraintCount: 2 }
  expect(forwardOperations(own) - forwardOperations(SPEC)).toBe(3 * 2 * 24 * 2)
  expect(updateOperations(own) - updateOperations(SPEC)).toBe(3 * 3 * 2 * 24 * 2)
})
