import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '@vigil/config'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadData } from './session.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-session-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Loads 200 events of seven hosts for decisions with consequences. @param more lines of their description */
function load(more: string, settings: Record<string, unknown> = {}) {
  const rows = Array.from({ length: 200 }, (_, i) => `${i},h${i % 7},${i % 50},${i % 6 === 0 ? 'scan' : 'normal'}`)
  writeFileSync(join(folder, 'a.csv'), `ts,host,bytes,label\n${rows.join('\n')}\n`)
  const data = join(folder, 'events.yaml')
  writeFileSync(data, `files: { all: [a.csv] }\nlabel: { column: label, benign: [normal] }\n${more}`)
  const split = { split: 'by-stream', environment: 'respond', belief: 'none' }
  return loadData(resolveConfig({ data, ...split, ...settings }, 'test'), undefined, () => undefined)
}

it('refuses consequences where every stream is one event, and behind a device that blocked', async () => {
  await expect(load('')).rejects.toThrow(/every stream of these data is a single event/)
  await expect(load('stream: [host]\ncapturedUnder: ips\n')).rejects.toThrow(/behind a device that blocked/)
  expect((await load('stream: [host]\n')).dataset.consequences).not.toBeNull()
})

it('refuses streams that are torn between the parts, unless time does it', async () => {
  await expect(load('stream: [host]\n', { split: 'described' })).rejects.toThrow(/in more than one part/)
  const { dataset } = await load('stream: [host]\ntime: { column: ts, unit: s }\n', { split: 'temporal' })
  expect(dataset.splits.test.rows.length).toBeGreaterThan(0)
})

it('puts the odds that trees learnt in the place of ratios, and keeps the damage', async () => {
  const described = 'stream: [host]\nclass: label\nthreats: { damage: { scan: 3 } }\n'
  const { dataset } = await load(described, { belief: 'learnt' })
  const { ratios, hazard, damage } = dataset.consequences!
  expect(hazard).toBe(0)
  expect(ratios!.every((ratio) => ratio > 0 && Number.isFinite(ratio))).toBe(true)
  expect(new Set(damage)).toEqual(new Set([1, 3]))
})

it('plays sites where the order in time is known and streams overlap, and refuses other data', async () => {
  const site = { response: { layout: 'site' } }
  await expect(load('stream: [host]\n', site)).rejects.toThrow(/nobody knows that of these data/)
  const timed = 'time: { column: ts, unit: s }\n'
  const { dataset, timeline } = await load(`stream: [host]\n${timed}`, site)
  expect(dataset.timeline).toEqual(timeline)
  expect(dataset.fingerprint).not.toEqual((await load(`stream: [host]\n${timed}`)).dataset.fingerprint)
  const quickest = { dataset: 'quickest', rows: 4000, response: { layout: 'site' } } as const
  const generated = await loadData(resolveConfig(quickest, 'test'), undefined, () => undefined)
  expect(generated.dataset.timeline?.ranks).toHaveLength(4000)
})

it('refuses a site whose streams do not overlap in time', async () => {
  const rows = Array.from(
    { length: 200 },
    (_, i) => `${i},h${Math.floor(i / 20)},${i % 50},${i % 6 === 0 ? 'scan' : 'normal'}`,
  )
  writeFileSync(join(folder, 'a.csv'), `ts,host,bytes,label\n${rows.join('\n')}\n`)
  const data = join(folder, 'events.yaml')
  const described = 'stream: [host]\ntime: { column: ts, unit: s }\n'
  writeFileSync(data, `files: { all: [a.csv] }\nlabel: { column: label, benign: [normal] }\n${described}`)
  const settings = { data, split: 'by-stream', environment: 'respond', belief: 'none', response: { layout: 'site' } }
  const loaded = loadData(resolveConfig(settings, 'test'), undefined, () => undefined)
  await expect(loaded).rejects.toThrow(/no two streams overlap in time/)
})

it('refuses a hidden Markov belief where the inputs that it reads are not among the features', async () => {
  const quickest = { dataset: 'quickest', rows: 2000, belief: 'hidden-markov' } as const
  const loadWith = (features: string) =>
    loadData(resolveConfig({ ...quickest, features }, 'test'), undefined, () => undefined)
  await expect(loadWith('posterior')).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('symbol_0'),
  })
  const { belief } = await loadWith('history')
  expect(belief).toMatchObject({ symbols: [{ kind: 'category', column: 0 }] })
})
