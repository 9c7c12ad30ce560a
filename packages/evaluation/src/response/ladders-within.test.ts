import { loadDataset } from '@vigil/data'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { BELIEF, walk } from '@vigil/response'
import { expect, it } from 'vitest'
import { settingsWith } from '../settings.fixture.ts'
import { laddersWithin, type PolicyOf } from './ladders-within.ts'
import { streamsOf } from './streams-of.ts'

const ALERT = 3

/** Streams of `quickest` with the exact belief, and settings under a specification about alerts. */
async function budgeted(formula: string) {
  const request = { dataset: 'quickest', path: null, features: 'posterior', split: 'described', splitSeed: 1 } as const
  const { dataset } = await loadDataset({ ...request, seed: 5, rows: 16_000 })
  const given = settingsWith([{ name: 'budget', formula, target: 0.9 }])
  const environment = { ...given.environment, mode: 'stream', response: DEFAULT_RESPONSE, showsBelief: true } as const
  return { streams: streamsOf(dataset, 'validation'), settings: { ...given, environment } }
}

it('keeps a budget as often as is wanted and hardly more often, with alerts', async () => {
  const { streams, settings } = await budgeted('G (alert_rate[200] <= 0.01)')
  const ruleSettings = { spec: DEFAULT_RESPONSE, seed: settings.environment.seed }
  const streamCount = streams.streamStarts.length - 1
  /** Share of the decisions, one stream behind the other, that end 200 with at most two alerts; and all alerts. */
  const judged = (policyOf: PolicyOf) => {
    const actions = Array.from({ length: streamCount }, (_, stream) =>
      walk(streams, stream, ruleSettings, policyOf(stream)).steps.map(({ action }) => action),
    ).flat()
    const alertsUntil = (t: number, from: number) =>
      actions.slice(Math.max(0, from), t).filter((a) => a === ALERT).length
    const kept = actions.filter((_, t) => alertsUntil(t + 1, t - 199) <= 2).length / actions.length
    return { kept, alerts: alertsUntil(actions.length, 0) }
  }
  const within = async (wanted: number) => {
    const tried: number[] = []
    const onTry = (n: number) => tried.push(n)
    const found = await laddersWithin(streams, settings, { score: BELIEF, wanted: [wanted], onTry })
    expect(tried).toEqual([...tried.keys()])
    expect(found.isEnough).toBe(true)
    expect(judged(() => found.strict.policy).kept).toBeGreaterThanOrEqual(wanted)
    return { ...found, ...judged(found.policyOf) }
  }
  const free = await within(0)
  expect(free).toMatchObject({ surcharge: 0, laxShare: 0 })
  expect(free.kept).toBeLessThan(0.5)
  const half = await within(0.5)
  expect(half.surcharge).toBeGreaterThan(0)
  expect(half.kept).toBeGreaterThanOrEqual(0.5)
  expect(half.kept).toBeLessThan(0.6)
  expect(half.alerts).toBeGreaterThan(0)
  expect(half.alerts).toBeLessThan(free.alerts)
  // So few streams leave nothing between all alerts and none.
  expect((await within(0.9)).kept).toBeGreaterThanOrEqual(0.9)
})

it('finds no ladder for what asks for more alerts than any gives', async () => {
  const { streams, settings } = await budgeted('G (alert_rate[200] >= 0.9)')
  const found = await laddersWithin(streams, settings, { score: BELIEF, wanted: [0.9], onTry: () => undefined })
  expect(found).toMatchObject({ isEnough: false, laxShare: 0 })
})
