import { loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { serveTeam } from './served-team.fixture.ts'

let folder: ReturnType<typeof eventsFolder>
let bundle: Bundle
let events: RawEvent[]
beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'iid', lstmHidden: [] })
  await team.close()
  const recording = await loadRecording(team.request)
  events = Array.from(recording.order, (row) => ({ ...recording.event(row), id: row }))
  const formulas = ['G (response_time_ms <= 100)', 'G (alert_rate[50] <= 0.25)', 'G (detection_rate[9] >= 0.5)']
  bundle = {
    ...{ ...team.bundle, pipeline: recording.pipeline },
    environment: { ...team.bundle.environment, specifications: formulas },
    specifications: formulas.map((formula, s) => ({
      name: ['response', 'alerts', 'posture'][s],
      formula,
      target: 0.9,
    })),
  }
})
afterAll(() => folder.remove())

let served: Awaited<ReturnType<typeof serveTeam>> | null = null
afterEach(async () => {
  await served?.close()
  served = null
})

type Decision = { action: string; shield?: { from: string; to: string; specification: string } }
const decide = async (own: NonNullable<typeof served>) =>
  (await (await own.post('/v1/decide', events)).json()) as Decision[]

it('tells how robustly decisions keep what can be watched, and how often they do not', async () => {
  served = await serveTeam(bundle)
  const decisions = await decide(served)
  const alerts = decisions.map(({ action }) => Number(action === 'alert'))
  const rates = alerts.map((_, i) => {
    const latest = alerts.slice(Math.max(0, i - 49), i + 1)
    return latest.reduce((a, b) => a + b, 0) / latest.length
  })
  expect(await served.metric('vigil_watched_total')).toBe(events.length)
  expect(await served.metric('vigil_robustness{specification="alerts"}')).toBeCloseTo(0.25 - rates.at(-1)!, 6)
  expect(await served.metric('vigil_robustness_min{specification="alerts"}')).toBeCloseTo(0.25 - Math.max(...rates), 6)
  expect(await served.metric('vigil_violations_total{specification="response"}')).toBe(
    decisions.filter(({ action }) => action === 'quarantine').length,
  )
  expect(await served.metric('vigil_robustness{specification="posture"}')).toBeUndefined()
  const model = (await (await fetch(`${served.url}/v1/model`)).json()) as { specifications: object[] }
  expect(model.specifications).toMatchObject([
    { watched: true },
    { watched: true },
    { name: 'posture', watched: false },
  ])
})

it('counts, logs and answers what a shield replaces', async () => {
  const told: unknown[] = []
  served = await serveTeam(bundle, { shield: true, onShield: (...replaced) => void told.push(replaced) })
  const decisions = await decide(served)
  const replaced = decisions.flatMap(({ shield }) => shield ?? [])
  const quarantined = replaced.filter(({ from }) => from === 'quarantine')
  expect(quarantined.length).toBeGreaterThan(0)
  expect(await served.metric('vigil_shielded_total{specification="response",from="quarantine",to="block"}')).toBe(
    quarantined.filter(({ to }) => to === 'block').length,
  )
  expect(told).toHaveLength(replaced.length)
  expect(decisions.filter(({ action }) => action === 'quarantine')).toEqual([])
})
