import { readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { loadDataset, loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { decideStream } from '../decide-stream.ts'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { inputLines } from '../input-lines.ts'
import { PLAIN_OUTPUT } from '../output/decision-output.ts'
import { ACTION_NAMES } from '../written-decision.ts'
import { OPENAPI } from './openapi.ts'
import type { Answer } from './remembered-answers.ts'
import { serveTeam, VIGIL_OUTPUT } from './served-team.fixture.ts'
import type { Shadow } from './shadow.ts'

let folder: ReturnType<typeof eventsFolder>
let bundle: Bundle
let events: RawEvent[]
beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  const recording = await loadRecording(team.request)
  bundle = { ...team.bundle, pipeline: recording.pipeline }
  events = Array.from(recording.order, (row) => ({ ...recording.event(row), id: row }))
})
afterAll(() => folder.remove())

let served: Awaited<ReturnType<typeof serveTeam>> | null = null
const serve = async (...[changes]: Parameters<typeof serveTeam> extends [unknown, ...infer Rest] ? Rest : never) => {
  served = await serveTeam(bundle, changes)
  return served
}
afterEach(async () => {
  await served?.close()
  served = null
})

const linesOf = (some: readonly RawEvent[]) => some.map((event) => `${JSON.stringify(event)}\n`).join('')

/** What `service:decide` prints. */
async function decidedOnStdin(some: readonly RawEvent[]): Promise<string> {
  let written = ''
  const text = (async function* () {
    yield Buffer.from(linesOf(some))
  })()
  const settings = { onError: 'stop', isJudged: () => true, streamColumns: null } as const
  const write = async (lines: string) => {
    written += lines
    return true
  }
  await decideStream(await createDecider(bundle), inputLines(text), write, {
    ...settings,
    note: () => undefined,
    output: PLAIN_OUTPUT,
  })
  return written
}

const ndjson = { 'content-type': 'application/x-ndjson' }

describe('POST /v1/decide', () => {
  it('answers lines with the bytes of service:decide', async () => {
    const { post } = await serve()
    const answer = await post('/v1/decide', linesOf(events), ndjson)
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
    const text = await answer.text()
    expect(text).toBe(await decidedOnStdin(events))
    expect(new Set(text.match(/"action":"\w+"/g)).size).toBeGreaterThan(1)
  })

  it('answers in another format within an envelope, and a shadow is shown the same actions', async () => {
    const actions: (number | null)[] = []
    const shadow = { take: (_: RawEvent, { action }: Answer) => void actions.push(action) } as Shadow
    const output = { ...VIGIL_OUTPUT, format: 'ocsf', envelope: 'cloudevents' } as const
    const { post } = await serve({ output, shadow })
    const plain = (await decidedOnStdin(events.slice(0, 3)))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const one = await post('/v1/decide', events[0])
    expect(one.headers.get('content-type')).toMatch(/^application\/cloudevents\+json/)
    const many = await post('/v1/decide', events.slice(1, 3))
    expect(many.headers.get('content-type')).toContain('application/json')
    const found = [await one.json(), ...((await many.json()) as object[])] as {
      id: string
      data: { unmapped: object }
    }[]
    expect(found.map(({ id, data }) => [id, data.unmapped])).toEqual(
      plain.map(({ id, action, ...rest }) => [String(id), rest]),
    )
    expect(actions.map((action) => ACTION_NAMES[action!])).toEqual(plain.map(({ action }) => action))
    const repeated = await post('/v1/decide', events[0])
    expect(repeated.headers.get('content-type')).toMatch(/^application\/cloudevents\+json/)
    const refusal = await post('/v1/decide', [{ nothing: 1 }])
    expect(await refusal.json()).toMatchObject([{ error: { code: 'EVENT_INVALID' } }])
  })

  it('answers single events, arrays and lines of one connection with the same decisions', async () => {
    const { post } = await serve()
    const expected = (await decidedOnStdin(events)).trimEnd().split('\n')
    const found: string[] = []
    for (let at = 0; at < events.length; at += 40) {
      const single = await post('/v1/decide', events[at])
      found.push(await single.text())
      const array = (await (await post('/v1/decide', events.slice(at + 1, at + 20))).json()) as unknown[]
      found.push(...array.map((one) => JSON.stringify(one)))
      const lines = await post('/v1/decide', linesOf(events.slice(at + 20, at + 40)), ndjson)
      found.push(...(await lines.text()).trimEnd().split('\n'))
    }
    expect(found).toEqual(expected)
  })

  it('keeps the order of requests that come without waiting for answers', async () => {
    const { post } = await serve()
    const few = events.slice(0, 60)
    const answers = await Promise.all(few.map(async (event) => await (await post('/v1/decide', event)).json()))
    const ids = answers.map((answer) => (answer as { id: number }).id)
    expect(ids).toEqual(few.map(({ id }) => id))
  })

  it('gives an event that comes again its answer again, and does not count it twice as past', async () => {
    const { post, metric } = await serve()
    const once = await decidedOnStdin(events)
    const twice = events.flatMap((event) => [event, event])
    const text = await (await post('/v1/decide', linesOf(twice), ndjson)).text()
    expect(text).toBe(once.replace(/.*\n/g, '$&$&'))
    expect(await metric('vigil_repeated_total')).toBe(events.length)
  })

  it('refuses another event under the same id, also in another form, and tells 7 from "7"', async () => {
    const { post } = await serve()
    expect((await post('/v1/decide', { id: 7, proto: 'tcp' })).status).toBe(200)
    const other = await post('/v1/decide', { id: 7, proto: 'udp' })
    expect([other.status, await other.json()]).toEqual([409, { code: 'ID_CONFLICT', message: expect.any(String) }])
    expect((await post('/v1/decide', { id: '7', proto: 'udp' })).status).toBe(200)
    const again = await post('/v1/decide', '{ "id": 7,\n "proto": "tcp" }')
    expect(again.status).toBe(200)
    const line = await (await post('/v1/decide', '{"id":7}\n', ndjson)).json()
    expect(line).toEqual({ id: 7, error: { code: 'ID_CONFLICT', message: expect.any(String) } })
  })

  it('remembers the answers of the latest ids alone', async () => {
    const { post } = await serve({ idsRemembered: 2 })
    for (const id of [1, 2, 3]) await post('/v1/decide', { id, proto: 'tcp' })
    expect((await post('/v1/decide', { id: 1, proto: 'udp' })).status).toBe(200)
    expect((await post('/v1/decide', { id: 3, proto: 'udp' })).status).toBe(409)
  })

  it('answers a bad event in its place, and goes on as if it had never been', async () => {
    const { post, metric } = await serve()
    const [first, second] = events
    const bad = [{ id: 'x', protocol: 1 }, 5, [], null]
    const array = (await (await post('/v1/decide', [first, ...bad, second])).json()) as {
      id: unknown
      error?: object
    }[]
    const expected = (await decidedOnStdin([first, second])).trimEnd().split('\n')
    expect([array[0], array[5]].map((one) => JSON.stringify(one))).toEqual(expected)
    expect(array.slice(1, 5)).toEqual([
      { id: 'x', error: { code: 'EVENT_INVALID', message: expect.any(String) } },
      ...[3, 4, 5].map((id) => ({ id, error: { code: 'EVENT_MALFORMED', message: expect.any(String) } })),
    ])
    expect(await metric('vigil_errors_total{code="EVENT_MALFORMED"}')).toBe(3)
  })

  it('tells that the description leaves an event out', async () => {
    const { reading } = bundle.pipeline
    bundle = { ...bundle, pipeline: { ...bundle.pipeline, reading: { ...reading!, where: 'bytes > 10' } } }
    try {
      const { post } = await serve()
      expect(await (await post('/v1/decide', { id: 'a', bytes: 1 })).json()).toEqual({ id: 'a', leftOut: true })
    } finally {
      bundle = { ...bundle, pipeline: { ...bundle.pipeline, reading } }
    }
  })

  it('answers with the fallback when the deadline has passed', async () => {
    let now = 0
    const { post, metric } = await serve({ deadlineMs: 10, clock: () => (now += 6) })
    expect(await (await post('/v1/decide', { id: 'a', proto: 'tcp' })).json()).toEqual({
      ...{ id: 'a', action: 'alert', decided: false, late: true },
    })
    expect(await metric('vigil_late_total')).toBe(1)
  })

  it('answers lines before more of them come', async () => {
    const { port } = await serve()
    const request = httpRequest({ port, path: '/v1/decide', method: 'POST', headers: ndjson })
    const expected = (await decidedOnStdin(events.slice(0, 3))).trimEnd().split('\n')
    request.write(linesOf(events.slice(0, 1)))
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      request.on('response', resolve),
    )
    const found: string[] = []
    for await (const piece of response) {
      found.push(String(piece).trimEnd())
      if (found.length < 3) request.write(linesOf([events[found.length]]))
      else request.end()
    }
    expect(found).toEqual(expected)
  })
})

describe('POST /v1/feedback', () => {
  it('keeps verdicts on streams and on events, with the columns of the stream to join on', async () => {
    const { post, feedback, metric } = await serve()
    await post('/v1/decide', { id: 'e1', host: 'h1', proto: 'tcp' })
    const answer = await post('/v1/feedback', [
      { event: 'e1', hostile: true },
      { stream: { host: 'h2', more: 1 }, hostile: false },
      { stream: 'h3', hostile: true },
      { event: 'unknown', hostile: false },
    ])
    // Actions of this team have no consequences, so it hears nothing.
    expect(await answer.json()).toEqual({ kept: 4, heard: 0 })
    const at = '1970-01-01T00:00:00.000Z'
    const kept = readFileSync(feedback, 'utf8').trimEnd().split('\n')
    expect(kept.map((line) => JSON.parse(line))).toEqual([
      { id: 'e1', host: 'h1', verdict: { hostile: true, at } },
      { host: 'h2', verdict: { hostile: false, at } },
      { host: 'h3', verdict: { hostile: true, at } },
      { id: 'unknown', verdict: { hostile: false, at } },
    ])
    expect(await metric('vigil_verdicts_total{heard="false"}')).toBe(4)
  })

  it('remembers the stream of an event where its texts are short, so that memory is bounded', async () => {
    const { post, feedback } = await serve()
    // Named by its length and its text, which are 1,000 characters and 1,001.
    for (const length of [996, 997]) {
      await post('/v1/decide', { id: length, host: 'h'.repeat(length), proto: 'tcp' })
      await post('/v1/feedback', { event: length, hostile: true })
    }
    const kept = readFileSync(feedback, 'utf8').trimEnd().split('\n')
    expect(kept.map((line) => JSON.parse(line).host?.length)).toEqual([996, undefined])
  })

  it('keeps verdicts as labels for the next training', async () => {
    const { post, feedback } = await serve()
    await post('/v1/decide', { id: 'e1', host: 'h1', proto: 'tcp' })
    await post('/v1/feedback', [
      { event: 'e1', hostile: true },
      { stream: 'h2', hostile: false },
      { stream: 'h3', hostile: true },
    ])
    const label = `{ join: { file: ${feedback}, on: [host], column: verdict.hostile, threat: [true] } }`
    const text = readFileSync(folder.description, 'utf8').replace(/^label:.*$/m, `label: ${label}`)
    const description = join(folder.path, 'relabelled.yaml')
    writeFileSync(description, text)
    const { dataset } = await loadDataset(describedRequest({ description }))
    const hosts = readFileSync(join(folder.path, 'events.csv'), 'utf8').trimEnd().split('\n').slice(1)
    const expected = hosts.map((line) => (['h1', 'h3'].includes(line.split(',')[1]) ? 1 : 0))
    expect([...dataset.labels]).toEqual(expected)
  })

  it.each([
    ['no verdict', [{ stream: 'h1', hostile: true }, {}]],
    ['a stream without its columns', { stream: { port: 1 }, hostile: true }],
    ['a text for true', { stream: 'h1', hostile: 'true' }],
    ['an event without a name', { event: {}, hostile: true }],
    ['nothing', null],
  ])('keeps none where one is %s', async (_, body) => {
    const { post, feedback } = await serve()
    const answer = await post('/v1/feedback', body)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'VERDICT_INVALID'])
    expect(() => readFileSync(feedback)).toThrow(/ENOENT/)
  })
})

describe('the service', () => {
  it('has the paths and methods of its OpenAPI document, and no other', async () => {
    const { url, post } = await serve()
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as typeof OPENAPI
    expect(document).toEqual(JSON.parse(JSON.stringify(OPENAPI)))
    for (const [path, methods] of Object.entries(OPENAPI.paths)) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const there = Object.hasOwn(methods, method.toLowerCase())
        const { status } = method === 'POST' ? await post(path, 'x') : await fetch(`${url}${path}`, { method })
        expect([path, method, status === 404]).toEqual([path, method, !there])
      }
    }
    expect((await fetch(`${url}/v2/decide`)).status).toBe(404)
    expect((await fetch(`${url}/%zz`)).status).toBe(400)
  })

  it('tells its team, its health and what it has counted', async () => {
    const { url, post } = await serve()
    await post('/v1/decide', linesOf(events), ndjson)
    const model = (await (await fetch(`${url}/v1/model`)).json()) as Record<string, unknown>
    expect(model).toMatchObject({ agents: 4, faults: 1, rule: 'quorum', stream: ['host'], iteration: 1 })
    expect((model.inputs as unknown[]).length).toBe(bundle.pipeline.columns.length)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const text = await (await fetch(`${url}/metrics`)).text()
    const counts = Array.from(text.matchAll(/^vigil_decisions_total\{action="\w+"\} (\d+)/gm), ([, count]) =>
      Number(count),
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(events.length)
    expect(text).toMatch(/^vigil_streams_kept 20$/m)
  })

  it('logs no event unless that is wanted', async () => {
    const quiet = await serve()
    await quiet.post('/v1/decide', { id: 1, host: 'secret-host', proto: 'tcp' })
    await quiet.post('/v1/decide', { id: 1, host: 'secret-host', proto: 'udp' })
    await quiet.post('/v1/decide', '{"host":"secret-host"')
    expect(quiet.logged.join('')).not.toMatch('secret-host')
    await quiet.close()
    const seen: unknown[] = []
    const { post } = await serve({ onEvent: (event, { json }) => seen.push([event.id, JSON.parse(json!).id]) })
    await post('/v1/decide', linesOf(events.slice(0, 2)), ndjson)
    expect(seen).toEqual(events.slice(0, 2).map(({ id }) => [id, id]))
  })

  it('goes on to log events behind one that the network gives no number for', async () => {
    let passed = 0
    const seen: unknown[] = []
    const parameters = bundle.parameters.map(() => Number.NaN)
    served = await serveTeam(
      { ...bundle, parameters },
      { deadlineMs: 10, clock: () => (now += passed), onEvent: (event) => seen.push(event.id) },
    )
    let now = 0
    const [first, second] = events
    expect((await served.post('/v1/decide', first)).status).toBe(500)
    passed = 20
    expect((await served.post('/v1/decide', second)).status).toBe(200)
    expect(seen).toEqual([second.id])
  })

  it.each(['id', 'verdict'])('refuses a team whose streams are told by a column named %s', async (name) => {
    const reading = { ...bundle.pipeline.reading!, stream: [name] }
    await expect(serveTeam({ ...bundle, pipeline: { ...bundle.pipeline, reading } })).rejects.toMatchObject({
      ...{ code: 'UNDECIDABLE', message: expect.stringMatching(`"${name}"`) },
    })
  })
})
