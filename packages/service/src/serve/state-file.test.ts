import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DatasetRequest, loadRecording } from '@vigil/data'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { serveTeam, VIGIL_OUTPUT } from './served-team.fixture.ts'
import { readState, writeState } from './state-file.ts'

let folder: ReturnType<typeof eventsFolder>
let own: string
beforeAll(() => {
  folder = eventsFolder()
  own = mkdtempSync(join(tmpdir(), 'vigil-state-'))
})
afterAll(() => {
  folder.remove()
  rmSync(own, { recursive: true })
})

const quickest: DatasetRequest = {
  ...{ dataset: 'quickest', path: null, features: 'history', split: 'described' },
  ...{ splitSeed: 42, seed: 1, rows: 2000 },
}
const respond = { mode: 'stream', response: DEFAULT_RESPONSE, showsBelief: true } as const

/** A service whose events and verdicts are sent by lines; `feedback` gets the streams that are all clear. */
async function open(bundle: Bundle, changes: Parameters<typeof serveTeam>[1] = {}) {
  const served = await serveTeam(bundle, changes)
  return {
    ...served,
    async decide(events: readonly RawEvent[]): Promise<string> {
      const text = events.map((event) => `${JSON.stringify(event)}\n`).join('')
      return await (await served.post('/v1/decide', text, { 'content-type': 'application/x-ndjson' })).text()
    },
  }
}

describe('a service that goes on from its file', () => {
  it.each([
    ['described events, with LSTM', () => describedRequest(folder), { mode: 'stream', lstmHidden: [8] }, 'host'],
    ['streams with tickets and a belief', () => quickest, { ...respond, lstmHidden: [] }, 'stream'],
  ] as const)('decides as one that was never ended: %s', async (_, request, settings, column) => {
    const team = await drawnTeam(request(), settings)
    await team.close()
    const recording = await loadRecording(team.request)
    // Hardly ever contains a stream, so that there are streams to remember.
    const bundle = { ...team.bundle, stopFactor: 1e-3, pipeline: recording.pipeline }
    const events = Array.from(recording.order.slice(0, 300), (row) => ({ ...recording.event(row), id: row }))
    const [first, second] = [events.slice(0, 200), events.slice(200)]
    const streams = [...new Set(first.map((event) => (event as RawEvent)[column]))].slice(0, 8)
    const verdicts = streams.map((stream) => ({ stream: { [column]: stream }, hostile: false }))
    const path = join(own, `${column}.state`)

    const before = await open(bundle)
    const answers = await before.decide(first)
    await before.post(
      '/v1/feedback',
      verdicts.filter(({ stream }) => stream[column] !== ''),
    )
    await writeState(path, 'b', before.service.save())
    const expected = await before.decide(second)
    await before.close()

    const after = await open(bundle)
    expect(after.service.restore((await readState(path, 'b'))!)).toEqual([])
    expect(await after.decide(first)).toBe(answers)
    expect(await after.decide(second)).toBe(expected)
    await after.close()

    const fresh = await open(bundle)
    expect(await fresh.decide(second)).not.toBe(expected)
    await fresh.close()
  })

  it('tells what it does not go on with: answers in another format, a watch by other settings', async () => {
    const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
    await team.close()
    const event = { id: 1, host: 'h1', proto: 'tcp' }
    const before = await open(team.bundle)
    await before.decide([event])
    const kept = before.service.save()
    await before.close()
    const drift = { window: 10, baseline: 10_000, runLength: 1_000_000, onAlarm: () => undefined }
    const after = await open(team.bundle, { output: { ...VIGIL_OUTPUT, envelope: 'cloudevents' }, drift })
    const notes = after.service.restore(kept)
    expect(notes).toEqual([expect.stringContaining('begins anew'), expect.stringContaining('1 answer not given again')])
    const again = JSON.parse(await after.decide([event]))
    expect(again).toMatchObject({ specversion: '1.0', id: '1', data: { id: 1 } })
    await after.close()
  })

  it('begins without a past where there is no file, and refuses one that is not its own or was changed', async () => {
    const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
    await team.close()
    const path = join(own, 'state')
    expect(await readState(path, 'b')).toBe(null)
    const served = await open(team.bundle)
    await served.decide([{ id: 1, host: 'h1', proto: 'tcp' }])
    const rules = { keys: ['h1'], states: Float32Array.of(1, 2) }
    const saved = served.service.save()
    const source = { input: 'events', place: { inode: '17', offset: 123, lines: 4, mark: 'bGluZQ==' } }
    const kept = { ...saved, source, past: { ...saved.past, rules } }
    expect(kept.drift?.charts.taken).toBe(1)
    await served.close()
    await writeState(path, 'b', kept)
    expect(await readState(path, 'b')).toEqual(kept)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await expect(readState(path, 'c')).rejects.toMatchObject({ code: 'STATE_INVALID', kind: 'data' })
    const bytes = readFileSync(path)
    for (const at of [0, 5, bytes.indexOf(10) + 3, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at] ^= 1
      writeFileSync(path, changed)
      await expect(readState(path, 'b')).rejects.toMatchObject({ code: 'STATE_INVALID' })
    }
    for (const length of [0, 20, bytes.length - 1]) {
      writeFileSync(path, bytes.subarray(0, length))
      await expect(readState(path, 'b')).rejects.toMatchObject({ code: 'STATE_INVALID' })
    }
    const other = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [16] })
    await other.close()
    const another = await open(other.bundle)
    expect(() => another.service.restore(kept)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }))
    await another.close()
  })

  const texts = { latest: 0, history: null, streams: { keys: [], states: new Float32Array(2) }, rules: null }

  it('refuses parts that are no numbers', async () => {
    const path = join(own, 'odd')
    await writeState(path, 'b', { past: texts, answers: [], answersBy: '', drift: null, source: null })
    const text = readFileSync(path, 'latin1')
    const lengths = JSON.parse(text.split('\n', 1)[0]).bytes as number[]
    const changed = text.replace(`[${lengths.join(',')}]`, `[${lengths[0]},${lengths[1] - 1},0]`)
    expect(changed).not.toBe(text)
    writeFileSync(path, changed, 'latin1')
    await expect(readState(path, 'b')).rejects.toMatchObject({ code: 'STATE_INVALID' })
  })

  it('writes no more than it could read', async () => {
    const path = join(own, 'large')
    const streams = { keys: [], states: new Float32Array(2 ** 29) }
    const written = writeState(path, 'b', {
      past: { ...texts, streams },
      answers: [],
      answersBy: '',
      drift: null,
      source: null,
    })
    await expect(written).rejects.toMatchObject({ code: 'STATE_INVALID' })
    expect(existsSync(path)).toBe(false)
  })
})
