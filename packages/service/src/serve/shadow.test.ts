import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadRecording } from '@vigil/data'
import { DEFAULT_RESPONSE, DEFAULT_REWARDS } from '@vigil/env-wasm'
import type { RawEvent } from '@vigil/features'
import { type Bundle, writeBundle } from '@vigil/runs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { signBundle } from '../bundle-signature.ts'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { writtenDecision } from '../written-decision.ts'
import { serveTeam, VIGIL_OUTPUT } from './served-team.fixture.ts'
import { priced, type Shadow, type ShadowReport, startShadow } from './shadow.ts'

let folder: ReturnType<typeof eventsFolder>
let root: string
let [bundle, other]: Bundle[] = []
let events: (RawEvent & { readonly id: number })[]
beforeAll(async () => {
  folder = eventsFolder()
  root = mkdtempSync(join(tmpdir(), 'vigil-shadow-'))
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  const recording = await loadRecording(team.request)
  events = Array.from(recording.order, (row) => ({ ...recording.event(row), id: row }))
  bundle = { ...team.bundle, pipeline: recording.pipeline }
  other = { ...bundle, parameters: bundle.parameters.map((weight) => -weight) }
  mkdirSync(join(root, 'other'))
  await writeBundle(join(root, 'other'), other)
})
afterAll(() => {
  folder.remove()
  rmSync(root, { recursive: true })
})

let served: Awaited<ReturnType<typeof serveTeam>> | null = null
let shadow: Shadow | null = null
afterEach(async () => {
  await served?.close()
  await shadow?.close()
  served = null
  shadow = null
})

/** Serves beside the other team, and lets what it is told of failures be seen. */
async function shadowed(log: string | null = null) {
  const failures: string[] = []
  const start = { run: join(root, 'other'), trust: null, log, output: VIGIL_OUTPUT }
  shadow = await startShadow(start, (message) => void failures.push(message), DEFAULT_REWARDS)
  served = await serveTeam(bundle, { shadow })
  const own = served
  const report = async () => (await (await fetch(`${own.url}/v1/shadow`)).json()) as ShadowReport
  return { ...own, failures, report }
}

async function decidedBy(own: Bundle): Promise<string[]> {
  const decider = await createDecider(own)
  return events.map((event) => writtenDecision(event.id, decider.decide([decider.read(event)])[0]))
}
const actionIn = (line: string) => (JSON.parse(line) as { action: string }).action

describe('a shadow', () => {
  it('does not begin where its log cannot be written', async () => {
    const message = expect.stringMatching(
      /nowhere.shadow\.jsonl cannot be written: .*ENOENT\)\. Name one that is there\.$/,
    )
    await expect(shadowed(join(root, 'nowhere', 'shadow.jsonl'))).rejects.toMatchObject({
      code: 'SHADOW_FAILED',
      message,
    })
  })

  it('does not wait for a reader of its log, and is told where that is a pipe without one', async () => {
    const log = join(root, 'pipe')
    execFileSync('mkfifo', [log])
    await expect(shadowed(log)).rejects.toMatchObject({
      ...{ code: 'SHADOW_FAILED', message: expect.stringMatching(/pipe cannot be written: .*Begin what reads it/) },
    })
    const reader = await open(log, 'r+')
    const { post } = await shadowed(log)
    await post('/v1/decide', JSON.stringify(events[0]), { 'content-type': 'application/json' })
    const { bytesRead, buffer } = await reader.read()
    expect(`${buffer.subarray(0, bytesRead)}`).toMatch(/^\{"id":.*\}\n$/)
    await reader.close()
  })

  it('decides on what is answered as it would alone, and no answer is another one', async () => {
    const log = join(root, 'shadow.jsonl')
    const { post, report, metric } = await shadowed(log)
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
    const answers = await (await post('/v1/decide', lines, { 'content-type': 'application/x-ndjson' })).text()
    const [mine, theirs] = [await decidedBy(bundle), await decidedBy(other)]
    expect(answers.trimEnd().split('\n')).toEqual(mine)
    await expect.poll(async () => (await report()).events, { timeout: 20_000 }).toBe(events.length)
    const pairs = mine.map((line, i) => `${actionIn(line)} ${actionIn(theirs[i])}`)
    const { disagreements, latest, ...rest } = await report()
    expect(rest).toMatchObject({ behind: 0, dropped: 0, refused: 0, failure: null })
    expect(disagreements.length).toBeGreaterThan(2)
    for (const { team, shadow: own, events: count } of disagreements) {
      expect(count).toBe(pairs.filter((pair) => pair === `${team} ${own}`).length)
      expect(await metric(`vigil_shadow_disagreements_total{team="${team}",shadow="${own}"}`)).toBe(count)
    }
    const differing = pairs.filter((pair) => new Set(pair.split(' ')).size === 2)
    expect(disagreements.reduce((sum, one) => sum + one.events, 0)).toBe(differing.length)
    expect(latest.map(({ team, shadow: own }) => `${team} ${own}`)).toEqual(differing.slice(-100))
    await expect.poll(() => readFileSync(log, 'utf8').trimEnd().split('\n')).toEqual(theirs)
  })

  it('has written all that it decided when it is closed', async () => {
    const log = join(root, 'closed.jsonl')
    const { post } = await shadowed(log)
    await (await post('/v1/decide', events)).text()
    await shadow?.close()
    expect(readFileSync(log, 'utf8').trimEnd().split('\n')).toEqual(await decidedBy(other))
  })

  it('is not shown an event that cannot be copied, and is shown those beside it', async () => {
    const { report, failures } = await shadowed()
    let nested: unknown = []
    for (let depth = 0; depth < 200_000; depth++) nested = [nested]
    const shown = [events[0], { ...events[1], note: nested } as unknown as RawEvent, events[2]]
    for (const [id, event] of shown.entries())
      shadow!.take(event, { id, isOwnId: true, action: 0, json: null, error: null, content: null, stream: null })
    await expect.poll(report, { timeout: 20_000 }).toMatchObject({ events: 2, refused: 1, behind: 0, dropped: 0 })
    expect(failures).toEqual([])
  })

  it.skipIf(!existsSync('/dev/full'))('is told of when it fails, and answers go on', async () => {
    // It can be opened, and takes nothing.
    const { post, report, failures, metric } = await shadowed('/dev/full')
    const answersTo = async (some: typeof events) => {
      const answer = await post('/v1/decide', some)
      return ((await answer.json()) as object[]).map((one) => JSON.stringify(one))
    }
    const first = await answersTo(events.slice(0, 1))
    await expect.poll(async () => (await report()).failure, { timeout: 20_000 }).toContain('ENOSPC')
    const [, ...rest] = events
    expect([...first, ...(await answersTo(rest))]).toEqual(await decidedBy(bundle))
    expect(failures).toHaveLength(1)
    expect((await report()).dropped).toBe(rest.length)
    expect(await metric('vigil_shadow_failed')).toBe(1)
  })

  it('is refused where it cannot begin, or waits for verdicts', async () => {
    const settings = { mode: 'stream', response: DEFAULT_RESPONSE, lstmHidden: [] } as const
    const team = await drawnTeam(describedRequest(folder), settings)
    await team.close()
    mkdirSync(join(root, 'respond'))
    await writeBundle(join(root, 'respond'), team.bundle)
    for (const [name, reason] of [
      ['none', /no such folder/],
      ['respond', /verdicts/],
    ] as const) {
      const start = startShadow(
        { run: join(root, name), trust: null, log: null, output: VIGIL_OUTPUT },
        () => undefined,
        DEFAULT_REWARDS,
      )
      await expect(start).rejects.toMatchObject({ code: 'SHADOW_FAILED', message: expect.stringMatching(reason) })
    }
  })

  it('needs the signature of a trusted key for the team, where one is asked for', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const [run, key, keys] = [join(root, 'other'), join(root, 'signing.key'), join(root, 'trusted.pem')]
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
    writeFileSync(keys, publicKey.export({ format: 'pem', type: 'spki' }))
    const trust = { keys, team: 'edge', number: join(root, 'number') }
    const begin = async () =>
      await startShadow({ run, trust, log: null, output: VIGIL_OUTPUT }, () => undefined, DEFAULT_REWARDS)
    await expect(begin()).rejects.toMatchObject({ code: 'SHADOW_FAILED', message: expect.stringMatching(/signature/) })
    await signBundle(run, { key, team: 'core', number: 1 })
    await expect(begin()).rejects.toMatchObject({ code: 'SHADOW_FAILED', message: expect.stringMatching(/team core/) })
    await signBundle(run, { key, team: 'edge', number: 1 })
    shadow = await begin()
    expect(shadow.report().failure).toBeNull()
  })

  it('is none where nobody asked for one', async () => {
    served = await serveTeam(bundle)
    expect(await (await fetch(`${served.url}/v1/shadow`)).json()).toBeNull()
  })
})

describe('the price of disagreements', () => {
  const rewards = { ...DEFAULT_REWARDS }
  const of = (team: number, own: number, events: number) => {
    const actions = new Array<number>(16).fill(0)
    actions[4 * team + own] = events
    return priced(actions, rewards)
  }

  it('breaks even at the share of threats at which both actions pay the same', () => {
    const [{ ifBenign, ifThreat, breakEven, events: count }] = of(0, 1, 7)
    expect(count).toBe(7)
    const { share, above } = breakEven!
    expect(above).toBe(true)
    expect((1 - share) * ifBenign + share * ifThreat).toBeCloseTo(0, 12)
    expect(0.5 * (1 - share) * ifBenign + (0.5 + 0.5 * share) * ifThreat).toBeGreaterThan(0)
  })

  it('is the other way round where the two change places', () => {
    const [[one], [two]] = [of(0, 1, 7), of(1, 0, 7)]
    expect([two.ifBenign, two.ifThreat]).toEqual([-one.ifBenign, -one.ifThreat])
    expect(two.breakEven).toEqual({ share: one.breakEven!.share, above: false })
  })

  it('is nothing where both act alike', () => {
    expect(of(2, 2, 7)).toEqual([])
  })
})
