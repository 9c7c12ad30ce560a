import type { FittedColumn } from '@vigil/features'
import { referenceOf } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { createInputCounts, stabilityIndex } from './input-drift.ts'

const COLUMNS: FittedColumn[] = [
  { kind: 'vocabulary', name: 'call', source: 'call', tokens: Array.from({ length: 40 }, (_, i) => `t${i}`) },
  { kind: 'standard', name: 'size', source: 'bytes', mean: 0, deviation: 1 },
  { kind: 'standard', name: 'flag', source: 'flag', mean: 0, deviation: 1 },
]

/** Rows of a size that goes through its values, a flag that is mostly 0, and calls of which the first are the commonest. */
function rowsOf(count: number, { shift = 0, unknown = 0 } = {}) {
  const call = (i: number) => (i % 100 < unknown ? 0 : 1 + Math.floor(40 * ((i * 0.618) % 1) ** 2))
  return {
    dense: Float32Array.from({ length: 2 * count }, (_, k) =>
      k % 2 === 0 ? ((k * 0.377) % 1) + shift : Number(k % 7 === 0),
    ),
    categorical: Uint16Array.from({ length: count }, (_, i) => call(i)),
    denseNames: ['size', 'flag'],
    categoricalColumns: [{ vocabularySize: 41 }],
  }
}

const training = rowsOf(5000)
const reference = referenceOf(
  training,
  Array.from({ length: 5000 }, (_, i) => i),
)

function countsOf(window: number, ...parts: ReturnType<typeof rowsOf>[]) {
  const counts = createInputCounts(reference, COLUMNS, window)
  for (const { dense, categorical } of parts) {
    counts.take({ x: dense, denseCount: 2, contextCount: 0, categories: categorical }, categorical.length)
  }
  return counts
}
const driftOf = (counts: ReturnType<typeof countsOf>) =>
  Object.fromEntries(counts.report().map((one) => [one.input, one]))

it('the stability index is that of its formula', () => {
  // Shares 0.25, 0.75 against 0.5, 0.5, of so many that half an event more in each bin is nothing.
  const index = -0.25 * Math.log(0.5) + 0.25 * Math.log(1.5)
  expect(stabilityIndex([25e9, 75e9], [5e9, 5e9])).toBeCloseTo(index, 8)
  expect(stabilityIndex([3, 0, 9], [3, 0, 9])).toBe(0)
})

describe('inputs that come', () => {
  it('have no index to speak of where they are as in the training', () => {
    const counts = countsOf(10_000, rowsOf(5000))
    expect(counts.events).toBe(5000)
    for (const { psi } of counts.report()) expect(psi).toBe(0)
  })

  it('have the greatest index first where one has shifted, beside the noise of so few', () => {
    const counts = countsOf(10_000, rowsOf(1000, { shift: 0.3 }))
    const [first, ...others] = counts.report()
    expect(first).toMatchObject({ input: 'size', source: 'bytes', unknown: null })
    expect(first.psi).toBeGreaterThan(0.5)
    expect(first.noise).toBeCloseTo(9 * (1 / 1000 + 1 / 5000), 10)
    for (const { psi, noise } of others) expect(psi).toBeLessThan(3 * noise)
  })

  it('show a flag that is gone, though most of its values are as before', () => {
    const gone = rowsOf(3000)
    for (let row = 0; row < 3000; row++) gone.dense[2 * row + 1] = 0
    expect(driftOf(countsOf(10_000, gone)).flag.psi).toBeGreaterThan(0.5)
    for (let row = 0; row < 3000; row++) gone.dense[2 * row + 1] = -1
    expect(driftOf(countsOf(10_000, gone)).flag.psi).toBeGreaterThan(5)
  })

  it('tell the share of unknown categories', () => {
    const { call } = driftOf(countsOf(10_000, rowsOf(1000, { unknown: 25 })))
    expect(call.unknown).toEqual({ live: 0.25, training: 0 })
    expect(call.psi).toBeGreaterThan(0.5)
  })

  it('count those that no bin is kept for together', () => {
    const rare = rowsOf(1000)
    rare.categorical.fill(40)
    expect(reference.categorical[0].categories).not.toContain(40)
    const { call } = driftOf(countsOf(10_000, rare))
    expect(call.psi).toBeGreaterThan(1)
    expect(call.unknown!.live).toBe(0)
  })

  it('are counted on from what others have saved', () => {
    const parts = [rowsOf(1700, { shift: 1 }), rowsOf(900, { unknown: 5 })] as const
    const [whole, before, after] = [countsOf(2000, ...parts), countsOf(2000, parts[0]), countsOf(2000)]
    after.restore(JSON.parse(JSON.stringify(before.save())))
    const { dense, categorical } = parts[1]
    after.take({ x: dense, denseCount: 2, contextCount: 0, categories: categorical }, categorical.length)
    expect([after.events, after.report()]).toEqual([whole.events, whole.report()])
  })

  it('refuse counts that are not of their inputs', () => {
    const saved = countsOf(2000, rowsOf(1700)).save()
    const fewer = { ...saved, inputs: saved.inputs.slice(1) }
    for (const kept of [fewer, { ...saved, now: saved.now + 1 }, { ...saved, before: 5000 }]) {
      expect(() => countsOf(2000).restore(kept)).toThrow(expect.objectContaining({ code: 'STATE_INVALID' }))
    }
  })

  it('are forgotten when a window has passed', () => {
    const counts = countsOf(2000, rowsOf(5000, { shift: 3 }), rowsOf(2000))
    expect(counts.events).toBe(1000)
    expect(driftOf(counts).size.psi).toBeLessThan(0.05)
  })
})
