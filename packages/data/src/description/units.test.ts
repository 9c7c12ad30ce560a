import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RawEvents } from '../adapters/adapter.ts'
import { loadDataset } from '../load-dataset.ts'
import { describedEvents } from './described-events.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-units-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function open(description: string): Promise<RawEvents> {
  const path = join(folder, 'events.yaml')
  writeFileSync(path, description)
  return await describedEvents.open({ path, seed: 1, rows: null }, () => undefined)
}

type Alert = { readonly seconds: number; readonly host: string; readonly name: string; readonly label: string }

const alert = fc.record({
  seconds: fc.integer({ min: 0, max: 1500 }),
  host: fc.constantFrom('a', 'b'),
  name: fc.constantFrom('ssh', 'dns', 'web'),
  label: fc.constantFrom('-', '-', 'scan', 'odd'),
})

const BY_MINUTE = `files: { all: [alerts.csv] }
label: { expression: 'label == "scan"', unknown: 'label == "odd"' }
time: { column: seconds, unit: s }
unit: { by: host, every: 1m, of: [name], windows: [3m] }
`

function write(alerts: readonly Alert[]): void {
  const rows = alerts.map(({ seconds, host, name, label }) => `${seconds},${host},${name},${label}`)
  writeFileSync(join(folder, 'alerts.csv'), `seconds,host,name,label\n${rows.join('\n')}\n`)
}

/** The alerts of a host from one minute up to and with another. */
const within = (alerts: readonly Alert[], host: string, from: number, to: number) =>
  alerts.filter(
    (one) => one.host === host && Math.floor(one.seconds / 60) >= from && Math.floor(one.seconds / 60) <= to,
  )

describe('units of time', () => {
  it('count what a naive look at all events counts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(alert, { minLength: 1, maxLength: 60 }), async (alerts) => {
        write(alerts)
        const events = await open(BY_MINUTE)
        const minutes = new Map<string, { host: string; minute: number }>()
        const inTime = alerts.map((one, i) => ({ ...one, i })).sort((a, b) => a.seconds - b.seconds || a.i - b.i)
        for (const { host, seconds } of inTime) {
          const minute = Math.floor(seconds / 60)
          minutes.set(`${host} ${minute}`, { host, minute })
        }
        const units = [...minutes.values()]
        expect(events.rowCount).toBe(units.length)
        const column = async (name: string) => {
          const raw = await events.column(name)
          return raw.kind === 'number' ? Array.from(raw.values, (value) => Math.round(Math.expm1(value))) : []
        }
        const dns = (of: readonly Alert[]) => of.filter(({ name }) => name === 'dns').length
        expect(await column('events')).toEqual(
          units.map(({ host, minute }) => within(alerts, host, minute, minute).length),
        )
        expect(await column('name=dns')).toEqual(
          units.map(({ host, minute }) => dns(within(alerts, host, minute, minute))),
        )
        expect(await column('name=dns in 3m')).toEqual(
          units.map(({ host, minute }) => dns(within(alerts, host, minute - 2, minute))),
        )
        expect(await column('new name')).toEqual(
          units.map(({ host, minute }) => {
            const before = new Set(within(alerts, host, 0, minute - 1).map(({ name }) => name))
            return new Set(
              within(alerts, host, minute, minute)
                .map(({ name }) => name)
                .filter((name) => !before.has(name)),
            ).size
          }),
        )
        const labelsIn = ({ host, minute }: (typeof units)[number]) =>
          within(alerts, host, minute, minute).map(({ label }) => label)
        expect(Array.from(events.labels)).toEqual(units.map((unit) => Number(labelsIn(unit).includes('scan'))))
        expect(Array.from(events.unknown ?? [])).toEqual(
          units.map((unit) => Number(labelsIn(unit).includes('odd') && !labelsIn(unit).includes('scan'))),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('have as inputs the values of the training units alone', async () => {
    write(
      Array.from({ length: 40 }, (_, i) => ({ seconds: i * 60, host: 'a', name: i < 20 ? 'ssh' : 'dns', label: '-' })),
    )
    const events = await open(BY_MINUTE)
    const names = events
      .plan(
        'behaviour',
        Uint32Array.from({ length: 20 }, (_, i) => i),
      )
      .map(({ name }) => name)
    expect(names).toEqual(['events', 'events in 3m', 'name=ssh', 'name=ssh in 3m', 'new name'])
  })

  it('do not change when later events or labels do', async () => {
    const alerts = Array.from({ length: 60 }, (_, i) => ({
      seconds: i * 20,
      host: i % 2 === 0 ? 'a' : 'b',
      name: i % 3 === 0 ? 'dns' : 'web',
      label: '-',
    }))
    write(alerts)
    const before = await (await open(BY_MINUTE)).column('name=dns in 3m')
    write(alerts.map((one, i) => (i >= 30 ? { ...one, name: 'ssh' } : { ...one, label: 'scan' })))
    const after = await (await open(BY_MINUTE)).column('name=dns in 3m')
    const earlier = (column: typeof before) =>
      column.kind === 'number' ? Array.from(column.values.subarray(0, 20)) : []
    expect(earlier(after)).toEqual(earlier(before))
    expect(earlier(before).some((value) => value > 0)).toBe(true)
  })
})

describe('units of a first part', () => {
  const TRACES = `files: { all: ['normal/*.txt', 'attack/*.txt'] }
format: sequence
label: { expression: 'folder == "attack"' }
class: folder
unit: { by: [file], first: 4, of: [value], pairs: true, unique: true }
`

  it('look at the first events of each trace, its pairs too, and leave repeated traces out', async () => {
    for (const name of ['normal', 'attack']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'normal/1.txt'), '5 3 5 3 9 9\n')
    writeFileSync(join(folder, 'normal/2.txt'), '5 3 5 3 9 8')
    writeFileSync(join(folder, 'normal/3.txt'), ' 5  3 5\n3 9 9 ')
    writeFileSync(join(folder, 'attack/1.txt'), '9')
    const events = await open(TRACES)
    const counts = async (name: string) => {
      const column = await events.column(name)
      return column.kind === 'number' ? Array.from(column.values, (value) => Math.round(Math.expm1(value))) : []
    }
    expect(events.rowCount).toBe(4)
    expect(await counts('value=5')).toEqual([2, 2, 2, 0])
    expect(await counts('value=9')).toEqual([0, 0, 0, 1])
    expect(await counts('value pair=5>3')).toEqual([2, 2, 2, 0])
    expect(await counts('value pair=3>9')).toEqual([0, 0, 0, 0])
    expect(Array.from(events.labels)).toEqual([0, 0, 0, 1])
    expect(events.classNames).toEqual(['benign', 'attack'])
    // The third is the first again; the second differs where nobody looks, and stays.
    expect(Array.from(events.unknown ?? [])).toEqual([0, 0, 1, 0])
  })
})

describe('units of a number of events', () => {
  const WINDOWS = `files: { all: ['*/*.txt'] }
format: sequence
label: { expression: 'folder == "attack"' }
unit: { by: [file], first: 7, size: 3, of: [value], pairs: true, together: true }
split: { by: by-stream }
`
  const sequence = fc.array(fc.constantFrom('3', '5', '9'), { minLength: 1, maxLength: 12 })

  it('count all events so far and those of the last ones, pairs across their bounds too', async () => {
    for (const name of ['normal', 'attack']) mkdirSync(join(folder, name))
    await fc.assert(
      fc.asyncProperty(fc.array(sequence, { minLength: 3, maxLength: 3 }), async (traces) => {
        const names = ['attack/0.txt', 'normal/1.txt', 'normal/2.txt']
        for (const [i, name] of names.entries()) writeFileSync(join(folder, name), traces[i].join(' '))
        const events = await open(WINDOWS)
        const prefixes = traces.flatMap((trace) => {
          const seen = trace.slice(0, 7)
          return Array.from({ length: Math.ceil(seen.length / 3) }, (_, unit) => seen.slice(0, 3 * unit + 3))
        })
        const counts = async (name: string) => {
          const column = await events.column(name)
          return column.kind === 'number' ? Array.from(column.values, (value) => Math.round(Math.expm1(value))) : []
        }
        const pairs = (of: readonly string[]) => of.filter((value, i) => i > 0 && of[i - 1] === '5' && value === '3')
        const fives = (of: readonly string[]) => of.filter((value) => value === '5').length
        expect(await counts('events')).toEqual(prefixes.map(({ length }) => length))
        expect(await counts('value=5')).toEqual(prefixes.map(fives))
        expect(await counts('value=5 in 3')).toEqual(prefixes.map((seen) => fives(seen.slice(-3))))
        expect(await counts('value pair=5>3')).toEqual(prefixes.map((seen) => pairs(seen).length))
      }),
      { numRuns: 30 },
    )
  })

  it('keep traces of the same calls in one part, also where they differ behind the calls that are looked at', async () => {
    for (const name of ['normal', 'attack']) mkdirSync(join(folder, name))
    for (let i = 0; i < 40; i++) {
      const behind = i % 2 === 0 ? '3' : '9'
      writeFileSync(join(folder, i < 8 ? 'attack' : 'normal', `${i}.txt`), `5 3 5 3 5 3 5 ${i % 20} ${behind}`)
    }
    const { groups, streams } = await open(WINDOWS)
    const groupOf = new Map(Array.from(streams, (stream, unit) => [stream, groups?.[unit]]))
    expect(new Set(groupOf.values()).size).toBe(20)
    const path = join(folder, 'events.yaml')
    const { dataset, streams: ofRows } = await loadDataset({
      ...{ dataset: 'events', path, features: 'behaviour', split: 'described', splitSeed: 1, seed: 1, rows: null },
    })
    const partsOf = new Map<number, Set<string>>()
    for (const [part, { rows }] of Object.entries(dataset.splits)) {
      for (const row of rows) {
        const group = groupOf.get(ofRows[row])!
        partsOf.set(group, (partsOf.get(group) ?? new Set()).add(part))
      }
    }
    expect(Array.from(partsOf.values(), ({ size }) => size)).toEqual(Array(20).fill(1))
  })
})
