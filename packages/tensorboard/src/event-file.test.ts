import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { beginEventFile } from './event-file.ts'
import { curvesOf, fieldsOf, histogramsOf, readRecords } from './event-reader.fixture.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-events-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const begin = async (firstStep: number, settings = {}) =>
  await beginEventFile(join(folder, 'board'), { firstStep, hyperparameters: settings }, () => 1_700_000_000_500)
const board = () => join(folder, 'board')

it('has every finite figure under its tag, at its step, as f32', async () => {
  const file = await begin(1)
  await file.add(1, { 'train/entropy': 1.386, 'train/loss': Number.NaN })
  await file.add(2, { 'train/entropy': 1.25, 'train/loss': -0.5 })
  await file.add(300, { 'train/entropy': 0 })
  expect(curvesOf(board())).toEqual(
    new Map([
      [
        'train/entropy',
        [
          [1, Math.fround(1.386)],
          [2, 1.25],
          [300, 0],
        ],
      ],
      ['train/loss', [[2, -0.5]]],
    ]),
  )
})

it('has histograms of values: every value in the bar that it lies in', async () => {
  const file = await begin(1)
  const values = Float32Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i) ** 3))
  await file.add(
    7,
    {},
    { weights: Float32Array.of(...values, Number.NaN), same: Float32Array.of(2, 2), none: new Float32Array(0) },
  )
  const histograms = histogramsOf(readFileSync(file.path))
  expect([...histograms.keys()]).toEqual(['weights', 'same'])
  const [[step, fields]] = histograms.get('weights')!
  const [[min], [max], [num], [sum], [squares], limits, counts] = [1, 2, 3, 4, 5, 6, 7].map(
    (field) => fields.get(field)!,
  )
  expect({ step, min, max, num }).toEqual({ step: 7, min: Math.min(...values), max: Math.max(...values), num: 1000 })
  expect(sum).toBeCloseTo(
    values.reduce((total, value) => total + value, 0),
    9,
  )
  expect(squares).toBeCloseTo(
    values.reduce((total, value) => total + value * value, 0),
    9,
  )
  expect(limits.at(-1)).toBe(max)
  const expected = limits.map(
    (limit, bar) => values.filter((value) => value <= limit && (bar === 0 || value > limits[bar - 1])).length,
  )
  expect(counts).toEqual(expected)
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(10)
  const [[, same]] = histograms.get('same')!
  expect([same.get(6), same.get(7)]).toEqual([[2], [2]])
})

it('has no step twice where a run goes on before the point at which it was killed', async () => {
  const killed = await begin(1)
  for (const step of [1, 2, 3, 4]) await killed.add(step, { reward: step })
  // Killed in the middle of a record.
  appendFileSync(killed.path, readFileSync(killed.path).subarray(0, 9))
  const again = await begin(3)
  for (const step of [3, 4, 5]) await again.add(step, { reward: 10 * step })
  expect(curvesOf(board()).get('reward')).toEqual([
    [1, 1],
    [2, 2],
    [3, 30],
    [4, 40],
    [5, 50],
  ])
  expect(readdirSync(board()).sort()).toEqual([
    'events.out.tfevents.0000000001.vigil',
    'events.out.tfevents.0000000002.vigil',
  ])
})

it('has the settings for the plugin hparams, each with its kind', async () => {
  const { path } = await begin(1, { seed: 7, policy: 'lstm', anneal: true })
  const summary = fieldsOf(readRecords(readFileSync(path))[2]).get(5)![0]
  const value = fieldsOf(fieldsOf(summary as Uint8Array).get(1)![0] as Uint8Array)
  expect(Buffer.from(value.get(1)![0] as Uint8Array).toString()).toBe('_hparams_/session_start_info')
  const plugin = fieldsOf(fieldsOf(value.get(9)![0] as Uint8Array).get(1)![0] as Uint8Array)
  expect(Buffer.from(plugin.get(1)![0] as Uint8Array).toString()).toBe('hparams')
  const info = fieldsOf(fieldsOf(plugin.get(2)![0] as Uint8Array).get(3)![0] as Uint8Array)
  const entries = info.get(1)!.map((entry) => {
    const fields = fieldsOf(entry as Uint8Array)
    const [[kind, [own]]] = fieldsOf(fields.get(2)![0] as Uint8Array)
    const read =
      kind === 2
        ? Buffer.from(own as Uint8Array).readDoubleLE()
        : kind === 3
          ? `${Buffer.from(own as Uint8Array)}`
          : own === 1
    return [`${Buffer.from(fields.get(1)![0] as Uint8Array)}`, read]
  })
  expect(Object.fromEntries(entries)).toEqual({ seed: 7, policy: 'lstm', anneal: true })
})

it('has the time of each event in seconds', async () => {
  const { path } = await begin(1)
  const times = readRecords(readFileSync(path)).map((event) => Buffer.from(fieldsOf(event).get(1)![0] as Uint8Array))
  expect(times.map((bytes) => bytes.readDoubleLE())).toEqual([1_700_000_000.5, 1_700_000_000.5, 1_700_000_000.5])
})

it('is refused with a typed error where the folder is a file', async () => {
  writeFileSync(board(), '')
  await expect(begin(1)).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
})
