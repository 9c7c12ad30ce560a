import { type DatasetRequest, loadDataset } from '@vigil/data'
import { DEFAULT_RESPONSE, type EnvironmentSpec } from '@vigil/env-wasm'
import type { Bundle } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { drawnBundle } from '../drawn-team.fixture.ts'
import { onnxModel } from './model.ts'
import { followedByModel, playedByService } from './played-streams.fixture.ts'

const request: DatasetRequest = {
  ...{ dataset: 'quickest', path: null, features: 'history', split: 'described' },
  ...{ splitSeed: 42, seed: 1, rows: 2000 },
}

/** One tree: these symbols, by their index, are the intruder's. It stands behind the 25 numbers of an event. */
const HOSTILE_SYMBOLS = [5, 6, 7, 8]
const [HOSTILE_LOG_ODDS, BENIGN_LOG_ODDS] = [1, -1.5]
const tree = [
  { column: 25, categories: HOSTILE_SYMBOLS, left: 1, right: 2 },
  { value: HOSTILE_LOG_ODDS },
  { value: BENIGN_LOG_ODDS },
]
const trees = { denseCount: 25, categoricalCount: 8, bias: 0, trees: [tree] }

/** What that tree makes of every event: 1 - share + share odds / prior. */
async function ratiosOf({ prior, share }: { readonly prior: number; readonly share: number }): Promise<Float32Array> {
  const { dataset } = await loadDataset(request)
  return Float32Array.from({ length: dataset.rowCount }, (_, row) => {
    const isHostile = HOSTILE_SYMBOLS.includes(dataset.categorical[8 * row])
    return 1 - share + (share * Math.exp(isHostile ? HOSTILE_LOG_ODDS : BENIGN_LOG_ODDS)) / prior
  })
}

type Case = {
  readonly delay: number
  readonly lstmHidden?: readonly number[]
  readonly rule?: EnvironmentSpec['rule']
  readonly belief?: Bundle['belief']
}

const belief = { hazard: 0.01, prior: 0.5, share: 0.25, trees }

describe('a model of a team whose actions have consequences', () => {
  it.each<[string, Case]>([
    ['without a belief', { delay: 5 }],
    ['that hears at once, with LSTM', { delay: 0, lstmHidden: [8] }],
    ['with a belief that has a hazard, by quorum', { delay: 3, belief, rule: 'quorum' }],
    [
      'with LSTM and a belief that says it of the whole stream',
      { delay: 4, lstmHidden: [8], belief: { hazard: 0, prior: 1, share: 1, trees } },
    ],
  ])('decides as the service does, event after event, verdicts heard: %s', async (_, settings) => {
    const { delay, lstmHidden = [], rule = 'majority', belief = null } = settings
    const bundle = await drawnBundle(request, {
      environment: {
        ...{ mode: 'stream', agentCount: 4, rule, showsBelief: belief !== null },
        response: { ...DEFAULT_RESPONSE, analystDelay: delay },
      },
      ...{ network: { lstmHidden }, belief, stopFactor: 3 },
    })
    const batches = await playedByService(request, bundle, 6)
    const ratios = belief !== null && 'prior' in belief ? await ratiosOf(belief) : null
    const { furthest, differs } = await followedByModel(request, bundle, { batches, ratios })
    expect(differs).toBeNull()
    expect(furthest).toBeLessThan(1e-5)
    // Tickets, containment and all-clears happen, or nothing would be shown.
    const played = batches.flat()
    const actions = new Set(played.map(({ decision }) => decision.action))
    expect([...actions].sort()).toEqual(expect.arrayContaining([2, 3]))
    expect(played.some(({ isCleared }) => isCleared)).toBe(true)
  })

  it('is not there where its belief is only that of the generator, or a site is shared', async () => {
    const response = DEFAULT_RESPONSE
    const told = await drawnBundle(request, { environment: { mode: 'stream', response, showsBelief: true } })
    expect(() => onnxModel(told)).toThrow(/only the generator of its events knows/)
    const site = await drawnBundle(request, {
      environment: { mode: 'stream', response: { ...response, layout: 'site' } },
    })
    expect(() => onnxModel(site)).toThrow(/what all streams of its site share/)
  })
})
