import { loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import type { DriftReport } from './drift.ts'
import { serveTeam } from './served-team.fixture.ts'

let folder: ReturnType<typeof eventsFolder>
let bundle: Bundle
let events: RawEvent[]
beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'iid', lstmHidden: [] })
  await team.close()
  const recording = await loadRecording(team.request)
  events = Array.from(recording.order, recording.event)
  bundle = { ...team.bundle, pipeline: recording.pipeline }
})
afterAll(() => folder.remove())

let served: Awaited<ReturnType<typeof serveTeam>> | null = null
afterEach(async () => {
  await served?.close()
  served = null
})

const reportOf = async ({ url }: NonNullable<typeof served>) =>
  (await (await fetch(`${url}/v1/drift`)).json()) as DriftReport

it('tells which inputs and decisions are no longer as they were, in /v1/drift and /metrics', async () => {
  const alarms: string[] = []
  const onAlarm = (chart: string, side: string) => alarms.push(`${chart} ${side}`)
  served = await serveTeam(bundle, { drift: { window: 800, baseline: 400, runLength: 100_000, onAlarm } })
  await served.post('/v1/decide', events)
  const before = await reportOf(served)
  expect(before.inputs).toMatchObject({ missing: null, events: events.length })
  const most = before.inputs.drift[0].psi
  // Other protocols, and sizes that the training never had.
  const strange = events.map((event) => ({ ...event, proto: 'sctp', bytes: 1e9 }))
  for (let i = 0; i < 4; i++) await served.post('/v1/decide', strange)
  const after = await reportOf(served)
  const proto = after.inputs.drift.find(({ input }) => input === 'proto')!
  expect(proto.unknown!.live).toBe(1)
  expect(proto.psi).toBeGreaterThan(most + 1)
  expect(await served.metric('vigil_psi{input="proto"}')).toBe(proto.psi)
  expect(await served.metric('vigil_unknown_share{input="proto"}')).toBe(1)
  expect(alarms.length).toBeGreaterThan(0)
  for (const { chart, alarms: count } of after.decisions.charts) {
    expect(count).toBe(alarms.filter((own) => own.startsWith(`${chart} `)).length)
    expect(await served.metric(`vigil_drift_alarms_total{chart="${chart}"}`)).toBe(count)
  }
})

it('goes on from what a service before it has kept, and begins anew with other settings', async () => {
  const settings = { window: 800, baseline: 200, runLength: 100_000, onAlarm: () => undefined }
  served = await serveTeam(bundle, { drift: settings })
  await served.post('/v1/decide', events)
  const [kept, before] = [served.service.save(), await reportOf(served)]
  expect(before.decisions.waiting).toBe(0)
  await served.close()
  served = await serveTeam(bundle, { drift: settings })
  served.service.restore(kept)
  expect(await reportOf(served)).toEqual(before)
  await served.close()
  served = await serveTeam(bundle, { drift: { ...settings, baseline: 400 } })
  served.service.restore(kept)
  expect((await reportOf(served)).inputs.events).toBe(0)
})

it('tells that nothing is known of the training where the bundle says nothing', async () => {
  served = await serveTeam({ ...bundle, reference: null })
  await served.post('/v1/decide', events)
  const { inputs } = await reportOf(served)
  expect(inputs).toMatchObject({ events: 0, drift: [] })
  expect(inputs.missing).toContain('Evaluate the run again')
})
