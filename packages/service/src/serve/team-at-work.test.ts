import { loadRecording } from '@vigil/data'
import type { Bundle } from '@vigil/runs'
import { expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { createExchangeableTeam } from './team-at-work.ts'

const NO_ALARMS = { window: 10_000, baseline: 10_000, runLength: 1_000_000, onAlarm: () => undefined }

it('a team that takes nothing else over goes on with what is watched of decisions', async () => {
  using folder = disposable()
  const drawn = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [] })
  await drawn.close()
  const { pipeline, order, event } = await loadRecording(drawn.request)
  const formula = 'G (alert_rate[100] <= 0.01)'
  const bundle: Bundle = {
    ...{ ...drawn.bundle, pipeline, specifications: [{ name: 'budget', formula, target: 0.9 }] },
    environment: { ...drawn.bundle.environment, specifications: [formula] },
  }
  const settings = { why: false, nearest: null, shield: true, streamBytes: 2 ** 24, drift: NO_ALARMS }
  const team = await createExchangeableTeam(bundle, settings)
  team.decider.decide(Array.from(order.slice(0, 100), (row) => team.decider.read(event(row))))
  const { rules, history } = team.decider.save()
  expect(rules!.keys.length).toBeGreaterThan(1)
  const [column] = pipeline.columns
  const other = {
    ...bundle,
    pipeline: { ...pipeline, columns: [{ ...column, name: 'another' }, ...pipeline.columns.slice(1)] },
  }
  expect(await team.exchange(other, { accept: async () => undefined, drain: () => undefined })).toBe('nothing')
  expect(team.decider.save().rules).toEqual(rules)
  expect(team.decider.save().history).not.toEqual(history)
})

function disposable() {
  const folder = eventsFolder()
  return { ...folder, [Symbol.dispose]: () => folder.remove() }
}
