import { type LabConfigInput, labConfigSchema, resolveLabConfig } from '@vigil/config'
import { describe, expect, it } from 'vitest'
import { assertSameTeam, type Origin, settingsOfTeam } from './origin.ts'

const resolved = (input: LabConfigInput) => resolveLabConfig(input, 'test')

function originOf(input: LabConfigInput): Origin {
  const best = { iteration: 4, parameters: new Float32Array(0), normaliser: { kind: 'none', count: 0, mean: 0, m2: 0 } }
  const pipeline = {
    version: 1,
    dataset: 'synthetic',
    features: 'behaviour',
    history: null,
    reading: null,
    columns: [],
  } as const
  return {
    run: 'runs/old',
    weightsSha256: 'ab',
    config: resolved(input),
    pipeline: { ...pipeline, columns: [] },
    best,
  } as Origin
}

describe('a trained team to begin from', () => {
  it.each<[string, LabConfigInput, RegExp]>([
    ['other events', { dataset: 'events', data: 'events.yaml' }, /dataset is synthetic there, but events here/],
    ['other features', { features: 'full' }, /features is behaviour there, but full here/],
    ['more agents', { agents: 7 }, /agents is 4 there, but 7 here/],
    ['another policy', { policyHidden: [64] }, /policyHidden is 128,128 there, but 64 here/],
    ['another critic', { valueHidden: [32, 32] }, /valueHidden is 64,64 there, but 32,32 here/],
    ['a memory', { policy: 'lstm' }, /lstmHidden is none there, but 128 here/],
    ['normalised layers', { layerNorm: true }, /layerNorm is false there, but true here/],
    ['streams', { episodes: 'stream' }, /the number of context inputs is 0 there, but 4 here/],
    [
      'specifications',
      { stlMode: 'lagrangian' },
      /the number of specifications that are learnt is 0 there, but \d here/,
    ],
  ])('refuses %s, and says what differs', (_, input, message) => {
    expect(() => assertSameTeam(originOf({}), resolved(input))).toThrow(message)
    expect(() => assertSameTeam(originOf(input), resolved(input))).not.toThrow()
  })

  it('names all that differs in one message', () => {
    expect(() => assertSameTeam(originOf({}), resolved({ agents: 7, policyHidden: [8] }))).toThrow(
      /runs\/old are for another team: agents is 4 there, but 7 here; policyHidden is 128,128 there, but 8 here\. /,
    )
  })

  it('takes whatever changes how it learns alone', () => {
    const others = resolved({ learningRate: 1e-4, seed: 9, iterations: 3, rule: 'majority', rewards: { alertCost: 1 } })
    expect(() => assertSameTeam(originOf({}), others)).not.toThrow()
  })

  it('gives its settings to a training that names none', () => {
    const origin = originOf({ agents: 7, policy: 'lstm', policyHidden: [32], episodes: 'stream', layerNorm: true })
    const settings = settingsOfTeam(origin, labConfigSchema.shape)
    expect(() => assertSameTeam(origin, resolved(settings))).not.toThrow()
    expect(settings).not.toHaveProperty('seed')
    // learner:train has no such setting.
    expect(settingsOfTeam(origin, { agents: null })).toEqual({ agents: 7 })
  })
})
