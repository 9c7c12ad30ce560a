import type { DatasetRequest } from '@vigil/data'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DrawnSettings, describedEvents, drawnBundle, serviceDecisions } from '../drawn-team.fixture.ts'
import { runtimeDecisions } from './runtime-decisions.fixture.ts'

let events: ReturnType<typeof describedEvents>
beforeAll(() => {
  events = describedEvents()
})
afterAll(() => events.remove())

const synthetic: DatasetRequest = {
  ...{ dataset: 'synthetic', path: null, features: 'behaviour', split: 'by-stream' },
  ...{ splitSeed: 42, seed: 1, rows: 2000 },
}
const described = () => events.request

describe('a model in ONNX Runtime, from raw columns', () => {
  it.each<[string, () => DatasetRequest, DrawnSettings]>([
    ['described independent events by quorum', described, { vote: { rule: 'quorum' } }],
    [
      'described streams by weight',
      described,
      {
        ...{ environment: { mode: 'stream' }, network: { layerNorm: false }, stopFactor: 3 },
        vote: { rule: 'weighted', weights: Uint32Array.of(300_000, 300_000, 200_000, 200_000), fallbackAction: 1 },
      },
    ],
    [
      'described streams with LSTM by trimmed median',
      described,
      {
        ...{ environment: { mode: 'stream', agentCount: 5 }, network: { lstmHidden: [11, 8] } },
        vote: { rule: 'trimmed-median' },
      },
    ],
    [
      'generated streams with LSTM by majority',
      () => synthetic,
      {
        ...{ environment: { mode: 'stream' }, network: { lstmHidden: [8] }, vote: { rule: 'majority' } },
      },
    ],
  ])('decides on the test split as the service does: %s', async (_, request, settings) => {
    const bundle = await drawnBundle(request(), settings)
    const expected = await serviceDecisions(request(), bundle)
    const found = await runtimeDecisions(request(), bundle, [...expected.keys()])
    expect(found.size).toBe(expected.size)
    let furthest = 0
    for (const [row, { action, decided, votes, margin, score, scores }] of expected) {
      const own = found.get(row)!
      expect({ row, action: own.action, decided: own.decided, votes: own.votes }).toEqual({
        row,
        action,
        decided,
        votes: [...votes],
      })
      const differences = own.scores.map((value, agent) => Math.abs(value - scores[agent]))
      furthest = Math.max(furthest, ...differences, Math.abs(own.score - score), Math.abs(own.margin - margin))
    }
    expect(furthest).toBeLessThan(1e-5)
    // A team that always does the same would show nothing.
    expect(new Set([...expected.values()].map(({ action }) => action)).size).toBeGreaterThan(1)
  })
})
