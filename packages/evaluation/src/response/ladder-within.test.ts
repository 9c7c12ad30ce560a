import { loadDataset } from '@vigil/data'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { BELIEF, type Policy, tunedLadder, walk } from '@vigil/response'
import { expect, it } from 'vitest'
import { settingsWith } from '../settings.fixture.ts'
import { ladderWithin } from './ladder-within.ts'
import { streamsOf } from './streams-of.ts'

const ALERT = 3

/** Streams of `quickest` with the exact belief, and settings under a budget of at most two alerts in any 200 decisions. */
async function budgeted() {
  const request = { dataset: 'quickest', path: null, features: 'posterior', split: 'described', splitSeed: 1 } as const
  const { dataset } = await loadDataset({ ...request, seed: 5, rows: 16_000 })
  const given = settingsWith([{ name: 'budget', formula: 'G (alert_rate[200] <= 0.01)', target: 0.9 }])
  const environment = { ...given.environment, mode: 'stream', response: DEFAULT_RESPONSE, showsBelief: true } as const
  return { streams: streamsOf(dataset, 'validation'), settings: { ...given, environment } }
}

it('the least surcharge on alerts that keeps a budget as often as wanted is found, and what less does not keep', async () => {
  const { streams, settings } = await budgeted()
  const ruleSettings = { spec: DEFAULT_RESPONSE, seed: settings.environment.seed }
  /** Share of the decisions, one stream behind the other, that end 200 with at most two alerts. */
  const shareKept = (policy: Policy) => {
    const streamCount = streams.streamStarts.length - 1
    const actions = Array.from({ length: streamCount }, (_, stream) =>
      walk(streams, stream, ruleSettings, policy).steps.map(({ action }) => action),
    ).flat()
    const isKept = (_: number, t: number) =>
      actions.slice(Math.max(0, t - 199), t + 1).filter((action) => action === ALERT).length <= 2
    return actions.filter(isKept).length / actions.length
  }
  const free = shareKept(tunedLadder(streams, ruleSettings, BELIEF).policy)
  for (const wanted of [0, 0.5, 0.9]) {
    const tried: number[] = []
    const found = ladderWithin(streams, settings, { score: BELIEF, wanted: [wanted], onTry: (n) => tried.push(n) })
    expect(tried).toEqual([...tried.keys()])
    expect(found.isEnough).toBe(true)
    expect(shareKept(found.value.policy)).toBeGreaterThanOrEqual(wanted)
    expect(found.isKeptBy(() => found.value.policy)).toBe(true)
    expect(found.surcharge > 0).toBe(free < wanted)
    if (found.below !== null) expect(shareKept(found.below.policy)).toBeLessThan(wanted)
  }
})
