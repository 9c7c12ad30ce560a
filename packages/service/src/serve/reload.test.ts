import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import { type Bundle, readBundle, writeBundle } from '@vigil/runs'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { signBundle, type Trust } from '../bundle-signature.ts'
import { createDecider } from '../decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { writtenDecision } from '../written-decision.ts'
import { createReload } from './reload.ts'
import { serveTeam } from './served-team.fixture.ts'
import { storeCheck } from './stored-check.ts'

let folder: ReturnType<typeof eventsFolder>
let events: (RawEvent & { readonly id: number })[]
const bundles: { before: Bundle; after: Bundle }[] = []
beforeAll(async () => {
  folder = eventsFolder()
  for (const lstmHidden of [[], [8]]) {
    const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden })
    await team.close()
    const recording = await loadRecording(team.request)
    events = Array.from(recording.order, (row) => ({ ...recording.event(row), id: row }))
    const before = { ...team.bundle, pipeline: recording.pipeline }
    bundles.push({ before, after: { ...before, iteration: 2, parameters: before.parameters.map((weight) => -weight) } })
  }
})
afterAll(() => folder.remove())

let root: string
let served: Awaited<ReturnType<typeof serveTeam>> | null = null
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-reload-'))
})
afterEach(async () => {
  await served?.close()
  served = null
  rmSync(root, { recursive: true })
})

/** Puts another bundle in the place of a run's, whole. */
async function put(bundle: Bundle, { isChecked = true } = {}): Promise<void> {
  const next = join(root, 'next')
  mkdirSync(next)
  await writeBundle(next, bundle)
  if (isChecked) await storeCheck(next, await readBundle(next), events.slice(0, 20))
  rmSync(join(root, 'run'), { recursive: true, force: true })
  renameSync(next, join(root, 'run'))
}

async function serve(bundle: Bundle, trust: Trust | null = null) {
  await put(bundle)
  const own = await serveTeam(await readBundle(join(root, 'run')))
  served = own
  const exchanged: string[] = []
  const logger = pino({}, { write: (line: string) => void own.logged.push(line) })
  const onExchange = (fingerprint: string) => void exchanged.push(fingerprint)
  const reload = createReload({ run: join(root, 'run'), trust, service: own.service, logger, onExchange })
  const decide = async (some: readonly RawEvent[]) =>
    (JSON.parse(await (await own.post('/v1/decide', some)).text()) as object[]).map((one) => JSON.stringify(one))
  return { ...own, reload, exchanged, decide }
}

/** A key that signs, and whose signatures are taken. */
function signing() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const [key, keys] = [join(root, 'signing.key'), join(root, 'trusted.pem')]
  writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  writeFileSync(keys, publicKey.export({ format: 'pem', type: 'spki' }))
  return { key, trust: { keys, team: 'edge', number: join(root, 'number') } }
}

const decided = async (bundle: Bundle, streams: 'kept' | 'begin') => {
  const [one, other] = [await createDecider(bundle), await createDecider(bundle)]
  for (const event of events.slice(0, 200)) one.decide([one.read(event)])
  const past = one.save()
  other.restore(streams === 'kept' ? past : { ...past, streams: { keys: [], states: new Float32Array(0) } })
  return events.slice(200).map((event) => writtenDecision(event.id, other.decide([other.read(event)])[0]))
}

describe('a bundle that takes the place of another', () => {
  it('decides from the next event on, and everything before is decided by the other', async () => {
    const [{ before, after }] = bundles
    const own = await serve(before)
    const alone = await createDecider(before)
    const first = own.decide(events.slice(0, 200))
    await put(after)
    await own.reload()
    expect(await first).toEqual(
      events.slice(0, 200).map((event) => writtenDecision(event.id, alone.decide([alone.read(event)])[0])),
    )
    const found = await own.decide(events.slice(200))
    expect(found).not.toEqual(
      events.slice(200).map((event) => writtenDecision(event.id, alone.decide([alone.read(event)])[0])),
    )
    const { iteration } = (await (await fetch(`${own.url}/v1/model`)).json()) as { iteration: number }
    expect(iteration).toBe(2)
    expect(own.exchanged).toHaveLength(1)
    expect(await own.metric('vigil_exchanges_total{outcome="done"}')).toBe(1)
    expect(own.logged.join('')).toContain('"past":"all"')
  })

  it.each([
    [0, 'all'],
    [1, 'history'],
  ] as const)('and back: the team before decides again as if it had never been away (%i, %s)', async (which, past) => {
    const { before } = bundles[which]
    const own = await serve(before)
    await own.decide(events.slice(0, 200))
    // The same weights under another name: what they decide tells what they know.
    await put({ ...before, iteration: 3 })
    await own.reload()
    expect(await own.decide(events.slice(200))).toEqual(await decided(before, past === 'all' ? 'kept' : 'begin'))
    expect(own.logged.join('')).toContain(`"past":"${past}"`)
  })

  it('answers what it answered before to events that come again', async () => {
    const [{ before, after }] = bundles
    const own = await serve(before)
    const answers = await own.decide(events.slice(0, 50))
    await put(after)
    await own.reload()
    expect(await own.decide(events.slice(0, 50))).toEqual(answers)
  })
})

describe('a service that takes signed bundles alone', () => {
  it('goes on with the team at work until the new bundle is signed, and does not go back to one from before', async () => {
    const [{ before, after }] = bundles
    const { key, trust } = signing()
    const own = await serve(before, trust)
    const refusedFor = () => own.logged.join('').match(/"code":"(\w+)"/g)
    await put(after)
    await own.reload()
    expect(refusedFor()).toEqual(['"code":"BUNDLE_UNSIGNED"'])
    await signBundle(join(root, 'run'), { key, team: 'edge', number: 2 })
    await own.reload()
    expect(await own.metric('vigil_exchanges_total{outcome="done"}')).toBe(1)
    await put(before)
    await signBundle(join(root, 'run'), { key, team: 'edge', number: 1 })
    await own.reload()
    expect(refusedFor()).toEqual(['"code":"BUNDLE_UNSIGNED"', '"code":"BUNDLE_OLD"'])
    await signBundle(join(root, 'run'), { key, team: 'edge', number: 3 })
    await own.reload()
    expect(await own.metric('vigil_exchanges_total{outcome="done"}')).toBe(2)
    expect(own.exchanged.length).toBe(2)
  })

  it('goes on with the team at work where the number of the new one cannot be kept, and keeps none of a bundle that is refused', async () => {
    const [{ before, after }] = bundles
    const { key, trust } = signing()
    const own = await serve(before, { ...trust, number: join(root, 'missing', 'number') })
    await own.decide(events.slice(0, 200))
    await put(after)
    await signBundle(join(root, 'run'), { key, team: 'edge', number: 2 })
    await own.reload()
    expect(own.logged.join('')).toContain('"code":"FILE_UNWRITABLE"')
    expect(await own.decide(events.slice(200))).toEqual(await decided(before, 'kept'))
    await own.close()
    const other = await serve(before, trust)
    await put({ ...after, vote: { ...after.vote, fallbackAction: after.vote.fallbackAction === 0 ? 1 : 0 } })
    await signBundle(join(root, 'run'), { key, team: 'edge', number: 2 })
    await other.reload()
    expect(other.logged.join('')).toContain('"code":"TEAM_DIFFERS"')
    expect(existsSync(trust.number)).toBe(false)
  })
})

describe('a fault that nobody foresaw', () => {
  it('is logged and counted, and the next bundle is put to work', async () => {
    const [{ before, after }] = bundles
    const own = await serve(before)
    const faulty = {
      ...own.service,
      exchange: async () => {
        throw new RangeError('WebAssembly.Memory(): could not allocate memory')
      },
    }
    await put(after)
    const services = [faulty, own.service]
    const logger = pino({}, { write: (line: string) => void own.logged.push(line) })
    const service: typeof own.service = { ...own.service, exchange: (bundle) => services.shift()!.exchange(bundle) }
    const reload = createReload({ run: join(root, 'run'), trust: null, service, logger, onExchange: () => undefined })
    await reload()
    expect(await own.metric('vigil_exchanges_total{outcome="refused"}')).toBe(1)
    expect(own.logged.join('')).toContain('could not allocate memory')
    await reload()
    expect(await own.metric('vigil_exchanges_total{outcome="done"}')).toBe(1)
  })
})

describe('the team at work goes on where the new bundle', () => {
  const others: [string, (bundle: Bundle) => Promise<void>, string][] = [
    ['is not whole', async () => rmSync(join(root, 'run', 'bundle', 'weights.bin')), 'BUNDLE_MISSING'],
    ['has no stored events', async (bundle) => await put(bundle, { isChecked: false }), 'CHECK_FAILED'],
    [
      'decides otherwise than it did where it was stored',
      async (bundle) => {
        await put(bundle)
        const other = { ...bundle, parameters: bundle.parameters.map((weight) => weight / 2) }
        const run = join(root, 'run')
        await storeCheck(run, other, events.slice(0, 20))
      },
      'CHECK_FAILED',
    ],
    [
      'reads events in another way',
      async ({ pipeline, ...bundle }) =>
        await put({ ...bundle, pipeline: { ...pipeline, reading: { ...pipeline.reading!, missing: ['none'] } } }),
      'TEAM_DIFFERS',
    ],
    [
      'is under other specifications',
      async ({ environment, ...bundle }) =>
        await put({
          ...bundle,
          environment: { ...environment, specifications: ['G (alert < 0.5)'] },
          specifications: [{ name: 'no alerts', formula: 'G (alert < 0.5)', target: 0.5 }],
        }),
      'TEAM_DIFFERS',
    ],
  ]
  it.each(others)('%s', async (_, spoil, code) => {
    const [{ before, after }] = bundles
    const own = await serve(before)
    await own.decide(events.slice(0, 200))
    await spoil(after)
    await own.reload()
    expect(await own.decide(events.slice(200))).toEqual(await decided(before, 'kept'))
    expect(own.exchanged).toEqual([])
    expect(await own.metric('vigil_exchanges_total{outcome="refused"}')).toBe(1)
    expect(own.logged.join('')).toContain(`"code":"${code}"`)
  })
})
