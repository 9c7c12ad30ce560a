import { createTeam, type TeamSettings } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { createPortableEngine } from '@vigil/engine'
import { DEFAULT_RESPONSE, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import type { PpoSettings } from './settings.ts'
import { SETTINGS } from './train.fixture.ts'
import { train } from './train.ts'
import { initialState } from './training-state.ts'

const { dataset } = await loadDataset({
  ...{ dataset: 'quickest', path: null, features: 'posterior', split: 'described', splitSeed: 42, seed: 1, rows: 6000 },
})
const STREAMS = dataset.splits.train.streamStarts.length - 1

const THREATS = dataset.splits.train.rows.reduce((sum, row) => sum + dataset.labels[row], 0)

/** What comes of letting everything through: threats cost 1, benign events earn 0.02. */
const ALLOWED = (0.02 * (dataset.splits.train.rows.length - THREATS) - THREATS) / STREAMS

const unanswered = { ...DEFAULT_RESPONSE, analystDelay: 10_000 }

function teamOf(response: typeof unanswered): TeamSettings {
  return {
    environment: { ...PLAIN_ENVIRONMENT, mode: 'stream', response, showsBelief: true },
    network: { policyHidden: [16], valueHidden: null, layerNorm: false, lstmHidden: [], constraintCount: 0 },
    ...{ sampling: 'natural', shards: 2, lanesPerShard: 4, rolloutSteps: 16, actors: 2, walksTraining: true },
  }
}

/** What the agents expect of a stream, on average, in each iteration; and the weights at the end. */
async function learnt(response: typeof unanswered) {
  const team = await createTeam(teamOf(response), dataset)
  const engine = await createPortableEngine({ spec: team.network, threads: 1 })
  try {
    const { environment } = team
    const settings: PpoSettings = { ...SETTINGS, credit: 'exact', gamma: 1, epochs: 1, iterations: 12, environment }
    const from = initialState(settings, team, null)
    engine.loadParameters(from.parameters)
    const expected: number[] = []
    for await (const { batch } of train({ team, engine, settings }, from)) {
      expect(batch.rows).toEqual(dataset.splits.train.rows)
      const sum = batch.rewards.reduce((total, reward) => total + reward, 0)
      expected.push(sum / STREAMS / team.network.agentCount)
    }
    return { expected, parameters: await engine.storeParameters() }
  } finally {
    engine.dispose()
    await team.pool.close()
  }
}

describe('training on exact expected returns', () => {
  it('raises them on all training streams, and does the same again', async () => {
    const [first, second] = [await learnt(unanswered), await learnt(unanswered)]
    const { expected } = first
    expect(expected.at(-1)).toBeGreaterThan(expected[0] + 1)
    expect(expected.at(-1)).toBeGreaterThan(ALLOWED)
    expect(second).toEqual(first)
  })

  it('refuses streams in which an analyst might answer', async () => {
    const longest = dataset.splits.train.streamStarts.reduce(
      (most, end, i, starts) => Math.max(most, end - (starts[i - 1] ?? 0)),
      0,
    )
    const answered = { ...unanswered, analystDelay: longest - 2 }
    await expect(learnt(answered)).rejects.toMatchObject({
      code: 'ANSWERED',
      message: expect.stringContaining(`${longest}`),
    })
  })
})
