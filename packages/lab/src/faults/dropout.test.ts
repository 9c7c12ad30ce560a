import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { outputsOracle } from '../../../engine/src/network.oracle.ts'
import { randomMinibatch, randomParameters, SMALL_TEAM } from '../../../engine/src/team.fixture.ts'
import { type DropoutDraw, dropoutFactors } from './dropout.ts'

const DRAW: DropoutDraw = { rate: 0.25, seed: 3, purpose: 'dropoutActing', counter: 7 }
const RECURRENT: NetworkSpec = { ...SMALL_TEAM, policyHidden: [16], valueHidden: [8, 16], lstmHidden: [8, 8] }

describe.each([
  ['a feed-forward team', SMALL_TEAM, ['policy.dense.1', 'policy.head', 'value.head']],
  ['a recurrent team', RECURRENT, ['policy.lstmInput.0', 'value.dense.1', 'value.lstmInput.0']],
] as const)('dropoutFactors of %s', (_, spec, readers) => {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const parameters = randomParameters(spec, 1)
  const factors = dropoutFactors(spec, DRAW)

  it('leave out hidden units, as weights and biases of zero in front of them do, and scale the others', () => {
    const rows = randomMinibatch(spec, { stepCount: 3, laneCount: 2 }, 2)
    for (let agent = 0; agent < spec.agentCount; agent++) {
      const own = <Values extends Float32Array>(values: Values) =>
        Float64Array.from(values.subarray(agent * parametersPerAgent, (agent + 1) * parametersPerAgent))
      const [dropped, silenced] = [own(parameters).map((value, i) => value * own(factors)[i]), own(parameters)]
      for (const name of readers) silence(silenced, name, own(factors))
      for (const trunk of ['policy', 'value'] as const) {
        const [received, expected] = [dropped, silenced].map((block) =>
          outputsOracle({ spec, agent, rows, block }, trunk).flatMap((outputs) => [...outputs]),
        )
        for (const [i, value] of received.entries()) expect(value).toBeCloseTo(expected[i], 6)
      }
    }
  })

  /** Takes the weights away through which units that a tensor reads are reached, and scales the tensor where it is read. */
  function silence(block: Float64Array, reader: string, own: Float64Array) {
    const [trunk] = reader.split('.')
    const at = slices.findIndex(({ name }) => name === reader)
    const { shape, offset, length } = slices[at]
    const layer = slices.slice(0, at).findLast(({ name }) => name.startsWith(`${trunk}.bias.`))!
    const number = layer.name.split('.')[2]
    const below = slices.filter(({ name }) =>
      [layer.name, `${trunk}.dense.${number}`, ...(number === '0' ? [`${trunk}.embedding`] : [])].includes(name),
    )
    for (let unit = 0; unit < shape[0]; unit++) {
      if (own[offset + unit * shape[1]] !== 0) continue
      for (const tensor of below) {
        for (let i = unit; i < tensor.length; i += shape[0]) block[tensor.offset + i] = 0
      }
    }
    for (let i = 0; i < length; i++) block[offset + i] *= 4 / 3
  }
})

it('drops the share that it is told to, anew for each counter, purpose and agent', () => {
  const { slices, parametersPerAgent } = parameterLayout(SMALL_TEAM)
  const { shape, offset } = slices.find(({ name }) => name === 'policy.dense.1')!
  const maskOf = (draw: DropoutDraw, agent: number) =>
    Array.from({ length: shape[0] }, (_, unit) =>
      dropoutFactors(SMALL_TEAM, draw)[agent * parametersPerAgent + offset + unit * shape[1]] === 0 ? 1 : 0,
    )
  const masks = Array.from({ length: 200 }, (_, counter) => maskOf({ ...DRAW, counter }, 0))
  const share = masks.flat().reduce<number>((sum, isDropped) => sum + isDropped, 0) / masks.flat().length
  expect(share).toBeGreaterThan(0.22)
  expect(share).toBeLessThan(0.28)
  const own = maskOf(DRAW, 0)
  expect(maskOf(DRAW, 0)).toEqual(own)
  for (const other of [maskOf(DRAW, 1), maskOf({ ...DRAW, purpose: 'dropoutLearning' }, 0), masks[8]]) {
    expect(other).not.toEqual(own)
  }
})
