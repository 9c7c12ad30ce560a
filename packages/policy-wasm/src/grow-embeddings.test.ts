import { describe, expect, it } from 'vitest'
import { forwardOracle } from './forward.oracle.ts'
import { growEmbeddings } from './grow-embeddings.ts'
import { initialiseParameters } from './initialisation.ts'
import { type NetworkSpec, recurrentStateSize } from './network.ts'

const FROM: NetworkSpec = {
  agentCount: 2,
  denseSize: 3,
  vocabularySizes: [3, 2, 4],
  policyHidden: [10, 8],
  valueHidden: [6],
  layerNorm: true,
  lstmHidden: [5],
  constraintCount: 2,
}

describe('growEmbeddings', () => {
  const parameters = initialiseParameters(FROM, 5)

  it('changes nothing where no vocabulary has grown', () => {
    const before = FROM.vocabularySizes.map((size) => Uint32Array.from({ length: size }, (_, category) => category))
    expect(growEmbeddings(parameters, { from: FROM, to: FROM, before })).toEqual(parameters)
  })

  it('makes a team that decides of each category as of the one that it was before', () => {
    const before = [Uint32Array.of(0, 1, 2, 0, 0), Uint32Array.of(0, 1), Uint32Array.of(0, 1, 3, 2, 3)]
    const to = { ...FROM, vocabularySizes: before.map(({ length }) => length) }
    const grown = growEmbeddings(parameters, { from: FROM, to, before })
    const dense = [0.3, -1.2, 0.7]
    const state = Array.from({ length: recurrentStateSize(FROM) }, (_, i) => Math.sin(i))
    for (let agent = 0; agent < FROM.agentCount; agent++) {
      for (const categories of [
        [3, 1, 4],
        [4, 0, 2],
        [1, 1, 3],
      ]) {
        const known = categories.map((category, column) => before[column][category])
        const common = { agent, dense, state }
        expect(forwardOracle({ ...common, spec: to, parameters: grown, categories })).toEqual(
          forwardOracle({ ...common, spec: FROM, parameters, categories: known }),
        )
      }
    }
  })
})
