import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadRecording } from '@vigil/data'
import { type Bundle, writeBundle } from '@vigil/runs'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { replayCheck, storeCheck } from './stored-check.ts'

/** A team whose network computes otherwise where it is given more than one row, as another kernel may. */
const otherwiseTogether: typeof createDecider = async (...words) => {
  const decider = await createDecider(...words)
  const decide: typeof decider.decide = (events) =>
    decider.decide(events).map((one) => (events.length > 1 ? { ...one, margin: -1 } : one))
  return { ...decider, decide }
}

let folder: ReturnType<typeof eventsFolder>
let run: string
let bundle: Bundle
let file: string
beforeAll(async () => {
  folder = eventsFolder()
  run = mkdtempSync(join(tmpdir(), 'vigil-check-'))
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  bundle = team.bundle
  file = join(run, 'bundle', 'check.jsonl')
  await writeBundle(run, bundle)
  expect(await replayCheck(run, bundle)).toBe(0)
  const recording = await loadRecording(team.request)
  await storeCheck(run, bundle, Array.from(recording.order.slice(0, 50), recording.event))
})
afterAll(() => {
  folder.remove()
  rmSync(run, { recursive: true })
})

let stored: string
beforeEach(() => {
  stored = readFileSync(file, 'utf8')
  return () => writeFileSync(file, stored)
})

it('a team that decides as it did has been checked on all stored events', async () => {
  expect(await replayCheck(run, bundle)).toBe(50)
})

it('a team with one other weight is told by the event that shows it', async () => {
  const parameters = bundle.parameters.slice()
  parameters[0] += 2 ** -10
  await expect(replayCheck(run, { ...bundle, parameters })).rejects.toMatchObject({
    code: 'CHECK_FAILED',
    message: expect.stringMatching(/decision on its event \d+ is another one/),
  })
})

it('a team that decides otherwise on events that come together is told, too', async () => {
  await expect(replayCheck(run, bundle, otherwiseTogether)).rejects.toMatchObject({ code: 'CHECK_FAILED' })
})

it.each([
  ['of another bundle', (text: string) => text.replace(/^\{"bundle":"./, '{"bundle":"x')],
  ['whose events were changed', (text: string) => text.replace(/"proto":"tcp"/g, '"proto":"udp"')],
  ['that was cut', (text: string) => text.slice(0, -10)],
  ['without a head', (text: string) => text.slice(text.indexOf('\n') + 1)],
])('a file %s is refused', async (_, change) => {
  expect(change(stored)).not.toBe(stored)
  writeFileSync(file, change(stored))
  await expect(replayCheck(run, bundle)).rejects.toMatchObject({ code: 'CHECK_FAILED', kind: 'data' })
})
