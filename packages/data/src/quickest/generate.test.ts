import { describe, expect, it } from 'vitest'
import { loadDataset } from '../load-dataset.ts'
import { quickestColumn } from './columns.ts'
import { generateQuickest, QUICKEST, type QuickestEvents } from './generate.ts'

const ROWS = 60_000
const events = generateQuickest(1, ROWS)
const streams = streamsOf(events)
const request = { dataset: 'quickest', path: null, split: 'by-stream', splitSeed: 42, seed: 1, rows: ROWS } as const

describe('generateQuickest', () => {
  it('repeats byte for byte, keeps earlier rows when there are more, and differs with the seed', () => {
    expect(generateQuickest(1, ROWS)).toEqual(events)
    expect(generateQuickest(1, 5000).symbols).toEqual(events.symbols.slice(0, 5000))
    expect(generateQuickest(2, ROWS).symbols).not.toEqual(events.symbols)
  })

  it('has streams that end and turn hostile as often as the model says, and never turn back', () => {
    const turning = streams.filter(({ from, to }) => events.hostile[to - 1] > events.hostile[from]).length
    const benignRows = events.hostile.reduce((count, state) => count + 1 - state, 0)
    const starts = streams.filter(({ from }) => events.hostile[from] === 1).length
    // Every benign event, and every beginning, was a chance to turn; four standard deviations of a binomial count.
    expectCount(streams.length, ROWS, QUICKEST.end)
    expectCount(turning + starts, benignRows + turning + starts, QUICKEST.hazard)
    for (const { from, to } of streams) {
      for (let row = from + 1; row < to; row++) expect(events.hostile[row] >= events.hostile[row - 1]).toBe(true)
    }
  })

  it('shows symbols in the shares of each state', () => {
    for (const [state, shares] of [QUICKEST.benign, QUICKEST.hostile].entries()) {
      const rows = events.symbols.filter((_, row) => events.hostile[row] === state)
      expect(sumOf(shares)).toBeCloseTo(1, 14)
      for (const [symbol, share] of shares.entries()) {
        expectCount(rows.filter((own) => own === symbol).length, rows.length, share)
      }
    }
  })

  it('has the divergence of the model that was studied: 0.18 nats', () => {
    expect(sumOf(QUICKEST.hostile.map((share, i) => share * Math.log(share / QUICKEST.benign[i])))).toBeCloseTo(0.18, 2)
  })

  it('has the posterior that a sum over all moments of the change gives', () => {
    for (const { from, to } of streams.slice(0, 60)) {
      for (let row = from; row < to; row++) {
        expect(events.posterior[row]).toBeCloseTo(posteriorBySum(events.symbols.subarray(from, row + 1)), 6)
      }
    }
  })
})

describe('the dataset quickest', () => {
  it('shows the belief through ratios and hazard: their filter gives the posterior', async () => {
    const { dataset } = await loadDataset({ ...request, features: 'posterior' })
    const { ratios, hazard, damage } = dataset.consequences!
    expect(damage).toBeNull()
    for (const { from, to } of streams) {
      let belief = 0
      for (let row = from; row < to; row++) {
        const prior = belief + (1 - belief) * hazard
        belief = (prior * ratios![row]) / (prior * ratios![row] + 1 - prior)
        expect(Math.abs(belief - dataset.posterior![row])).toBeLessThan(1e-5)
      }
    }
    expect(dataset.denseNames).toEqual(['evidence'])
    expect(dataset.categoricalColumns).toEqual([])
  })

  it('divides whole streams, and with the history knows no ratio', async () => {
    const { dataset, streams: numbers } = await loadDataset({ ...request, features: 'history' })
    expect(dataset.consequences).toEqual({ ratios: null, hazard: QUICKEST.hazard, damage: null })
    expect(dataset.denseNames.length).toBe(25)
    expect(dataset.categoricalColumns.map(({ vocabularySize }) => vocabularySize)).toEqual(Array(8).fill(9))
    const { train, validation, test } = dataset.splits
    const held = [train, validation, test].map(({ rows }) => new Set(Array.from(rows, (row) => numbers[row])))
    expect(held.reduce((sum, { size }) => sum + size, 0)).toBe(streams.length)
  })
})

describe('quickestColumn', () => {
  const names = ['evidence', 'log_age', 'symbol_0', 'symbol_7', 'average_80_s0', 'average_98_s7']

  it.each(names)('%s looks only at the event and those before it in its stream', (name) => {
    // From the middle of a stream on everything becomes another symbol; what was before must not move.
    const { from, to } = streams.find((own) => own.from > 1000 && own.to - own.from > 20)!
    const middle = from + 10
    const changed = {
      ...events,
      symbols: events.symbols.map((symbol, row) => (row < middle ? symbol : (symbol + 3) % 8)),
    }
    const [before, after] = [events, changed].map((own) => valuesOf(quickestColumn(own, name)))
    expect(after.slice(0, middle)).toEqual(before.slice(0, middle))
    const alone = { ...sliced(events, from, to) }
    expect(valuesOf(quickestColumn(alone, name))).toEqual(before.slice(from, to))
    if (name !== 'log_age') expect(after).not.toEqual(before)
  })

  it('computes the averages and the age by their sums', () => {
    const [average, age] = ['average_93_s2', 'log_age'].map((name) => valuesOf(quickestColumn(events, name)))
    for (const { from, to } of streams.slice(0, 20)) {
      for (let row = from; row < to; row++) {
        let sum = 0
        for (let past = from; past <= row; past++) sum += events.symbols[past] === 2 ? 0.07 * 0.93 ** (row - past) : 0
        expect(average[row]).toBeCloseTo(sum, 12)
        expect(age[row]).toBeCloseTo(Math.log(1 + row - from), 12)
      }
    }
  })

  it.each(['', 'symbol_8', 'average_80_s8', 'average_50_s0', 'hostile', 'posterior', '__proto__'])(
    'has no column %j',
    (name) => {
      expect(quickestColumn(events, name)).toBeNull()
    },
  )
})

/** P(hostile at the last symbol | symbols) by summing over the event at which the stream turned. */
function posteriorBySum(symbols: Uint8Array): number {
  const { hazard, benign, hostile } = QUICKEST
  let turned = 0
  let probabilityBefore = 1
  for (let change = 0; change < symbols.length; change++) {
    let after = 1
    for (let t = change; t < symbols.length; t++) after *= hostile[symbols[t]]
    turned += probabilityBefore * hazard * after
    probabilityBefore *= (1 - hazard) * benign[symbols[change]]
  }
  return turned / (turned + probabilityBefore)
}

function streamsOf({ streams: numbers, rowCount }: QuickestEvents): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = []
  for (let from = 0, row = 1; row <= rowCount; row++) {
    if (row < rowCount && numbers[row] === numbers[from]) continue
    found.push({ from, to: row })
    from = row
  }
  return found
}

function sliced(all: QuickestEvents, from: number, to: number): QuickestEvents {
  return {
    rowCount: to - from,
    streams: all.streams.slice(from, to),
    symbols: all.symbols.slice(from, to),
    hostile: all.hostile.slice(from, to),
    posterior: all.posterior.slice(from, to),
  }
}

/** A count of independent draws within four standard deviations of what is expected. */
function expectCount(count: number, draws: number, probability: number): void {
  expect(Math.abs(count - draws * probability)).toBeLessThan(4 * Math.sqrt(draws * probability * (1 - probability)))
}

function valuesOf(column: ReturnType<typeof quickestColumn>): number[] {
  if (column === null) throw new Error('no such column')
  return Array.from(column.kind === 'token' ? column.codes : column.values)
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
