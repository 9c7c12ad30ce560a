import type { Dataset } from '@vigil/data'
import { DEFAULT_REWARDS, expectedActionReward, REWARD_PRESETS, type RewardTable } from '@vigil/env-wasm'
import { randomStream, randomUnit } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import { madeDataset } from '../dataset.fixture.ts'
import { attainedReward } from './attained-reward.ts'
import { type BinnedInput, binInputs } from './binned-inputs.ts'
import { linearProbe } from './linear-probe.ts'
import { inputSignal } from './mutual-information.ts'
import { SAMPLE_ROWS_MAX, sampleRows } from './sample.ts'
import { seenRows } from './seen-rows.ts'
import { treeProbe } from './tree-probe.ts'

const noise = (index: number, lane = 0) => randomUnit(randomStream(9, 'action'), index, lane)
const binned = (train: readonly number[], binCount: number): BinnedInput => ({
  name: 'x',
  binCount,
  train: Uint8Array.from(train),
  validation: Uint8Array.from(train),
})

describe('inputSignal', () => {
  it('is the closed form of a channel that tells the label 9 times of 10', () => {
    const n = 20_000
    const labels = Uint8Array.from({ length: n }, (_, i) => i % 2)
    const train = Array.from(labels, (label, i) => (i % 20 < 2 ? 1 - label : label))
    const entropy = -0.9 * Math.log2(0.9) - 0.1 * Math.log2(0.1)
    const { bits, shareOfLabel, isConstant } = inputSignal(binned(train, 2), labels)
    expect(bits).toBeCloseTo(1 - entropy, 3)
    expect(shareOfLabel).toBeCloseTo(1 - entropy, 3)
    expect(isConstant).toBe(false)
  })

  it('is nothing of an input that says nothing, however many bins it has, and all of the label itself', () => {
    const labels = Uint8Array.from({ length: 5000 }, (_, i) => (noise(i) < 0.1 ? 1 : 0))
    const random = Array.from(labels, (_, i) => Math.floor(64 * noise(i, 1)))
    expect(inputSignal(binned(random, 64), labels).shareOfLabel).toBeLessThan(0.02)
    expect(inputSignal(binned([...labels], 2), labels).shareOfLabel).toBeCloseTo(1, 2)
    expect(inputSignal(binned(new Array(5000).fill(0), 1), labels)).toMatchObject({ isConstant: true, bits: 0 })
  })
})

describe('treeProbe', () => {
  it('finds what two inputs say together and neither alone', () => {
    // An exclusive or that is a little lopsided: greedy trees see nothing in a balanced one.
    const n = 8000
    const [a, b] = [0, 1].map((lane) => Array.from({ length: n }, (_, i) => (noise(i, lane) < 0.45 ? 1 : 0)))
    const labels = Uint8Array.from(a, (value, i) => value ^ b[i])
    const { train } = treeProbe([binned(a, 2), binned(b, 2)], labels, { benign: 1, threat: 1 })
    expect([...train]).toEqual([...labels])
  })

  it('divides once where a brute force over all thresholds finds the purest halves', () => {
    const n = 600
    const x = Array.from({ length: n }, (_, i) => Math.floor(16 * noise(i)))
    const labels = Uint8Array.from(x, (value, i) => (noise(i, 1) < (value > 10 ? 0.8 : 0.1) ? 1 : 0))
    const gini = (rows: number[]) => {
      const threats = rows.reduce((sum, i) => sum + labels[i], 0)
      return rows.length === 0 ? 0 : (threats * (rows.length - threats)) / rows.length
    }
    const all = Array.from({ length: n }, (_, i) => i)
    const cost = (bin: number) => gini(all.filter((i) => x[i] <= bin)) + gini(all.filter((i) => x[i] > bin))
    const wanted = all.slice(0, 15).reduce((best, bin) => (cost(bin) < cost(best) ? bin : best), 0)
    const { train } = treeProbe([binned(x, 16)], labels, { benign: 1, threat: 1 })
    const scoresOf = (bin: number) => new Set(all.filter((i) => x[i] === bin).map((i) => train[i]))
    // No leaf reaches across the first division.
    expect([...scoresOf(wanted)].some((score) => scoresOf(wanted + 1).has(score))).toBe(false)
  })

  it('leaves alone what cannot be divided', () => {
    const { train } = treeProbe([binned([0, 0, 0, 0], 1)], Uint8Array.of(0, 1, 0, 0), { benign: 1, threat: 1 })
    expect([...train]).toEqual([0.25, 0.25, 0.25, 0.25])
  })
})

describe('attainedReward', () => {
  it.each<[string, RewardTable]>([
    ['the default table', DEFAULT_REWARDS],
    ['a table without alerts', { ...DEFAULT_REWARDS, alertCost: 100 }],
    ['the earlier table', REWARD_PRESETS.earlier],
    ['a table that pays for alerts', { ...DEFAULT_REWARDS, alertCost: -0.5 }],
  ])('takes the two thresholds that a brute force over all scores finds on the training rows, under %s', (_, table) => {
    const n = 300
    const labels = Uint8Array.from({ length: n }, (_, i) => (noise(i) < 0.2 ? 1 : 0))
    const scores = Float64Array.from(labels, (label, i) => Math.round(8 * (noise(i, 1) + 0.5 * label)))
    const both = { train: labels, validation: labels }
    const rewardAt = (block: number, alert: number) => {
      const actions = Array.from(scores, (score) => (score >= block ? 1 : score >= alert ? 3 : 0))
      return actions.reduce<number>((sum, action, i) => sum + expectedActionReward(action, labels[i], table), 0) / n
    }
    const thresholds = [Number.POSITIVE_INFINITY, ...new Set(scores.values())]
    const best = Math.max(...thresholds.flatMap((block) => thresholds.map((alert) => rewardAt(block, alert))))
    const { rewardMean } = attainedReward({ train: scores, validation: scores }, both, table)
    expect(rewardMean).toBeCloseTo(best, 12)
  })

  it('is 1 of perfect scores, 0 of scores that say nothing', () => {
    const labels = Uint8Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 1 : 0))
    const both = { train: labels, validation: labels }
    const judged = (scores: Float64Array) =>
      attainedReward({ train: scores, validation: scores }, both, DEFAULT_REWARDS)
    expect(judged(Float64Array.from(labels)).attained).toBeCloseTo(1, 12)
    expect(judged(new Float64Array(100)).attained).toBeCloseTo(0, 12)
  })
})

describe('linearProbe', () => {
  it('finds the weights of a logistic model, of numbers and of categories', () => {
    const rows = 6000
    const weight = [0, 2, -3]
    const dense = Float32Array.from({ length: rows }, (_, i) => 2 * noise(i) - 1)
    const categorical = Uint16Array.from({ length: rows }, (_, i) => Math.floor(3 * noise(i, 1)))
    const logit = (i: number) => 4 * dense[i] + weight[categorical[i]]
    const labels = Uint8Array.from({ length: rows }, (_, i) => (noise(i, 2) < 1 / (1 + Math.exp(-logit(i))) ? 1 : 0))
    const dataset = madeDataset({ labels, dense: [dense], categorical: [{ values: categorical, vocabularySize: 3 }] })
    const { train, validation } = sampleRows(dataset, 1)
    const scores = linearProbe(dataset, { train, validation }, 1)
    const error = Array.from(validation, (row, i) => Math.abs(scores.validation[i] - logit(row)))
    expect(error.reduce((a, b) => a + b, 0) / error.length).toBeLessThan(0.3)
  })
})

describe('inputs', () => {
  const rows = 2000
  const labels = Uint8Array.from({ length: rows }, (_, i) => (noise(i) < 0.3 ? 1 : 0))

  it('keep their order in bins, and categories get that of their threat rates', () => {
    const x = Float32Array.from({ length: rows }, (_, i) => noise(i, 1))
    const category = Uint16Array.from(labels, (label, i) => (label ? (noise(i, 2) < 0.5 ? 1 : 3) : 2))
    const dataset = madeDataset({ labels, dense: [x], categorical: [{ values: category, vocabularySize: 5 }] })
    const sample = sampleRows(dataset, 1)
    const [number, kind] = binInputs(dataset, sample)
    const order = [...sample.train.keys()].sort((a, b) => x[sample.train[a]] - x[sample.train[b]])
    for (let i = 1; i < order.length; i++)
      expect(number.train[order[i]]).toBeGreaterThanOrEqual(number.train[order[i - 1]])
    expect([number.binCount, kind.binCount]).toEqual([65, 3])
    for (const [i, row] of sample.train.entries()) expect(kind.train[i] === 0).toBe(category[row] === 2)
  })

  it('that are constant have one bin', () => {
    const dataset = madeDataset({
      labels,
      dense: [new Float32Array(rows)],
      categorical: [{ values: new Uint16Array(rows), vocabularySize: 2 }],
    })
    expect(binInputs(dataset, sampleRows(dataset, 1)).map(({ binCount }) => binCount)).toEqual([1, 1])
  })

  it('of a large split are a sample that the seed alone decides', () => {
    const length = SAMPLE_ROWS_MAX + 1000
    const split = { rows: Uint32Array.from({ length }, (_, i) => 2 * i), streamStarts: Uint32Array.of(0, length) }
    const splits: Dataset['splits'] = { train: split, validation: split, test: split }
    const { train, validation } = sampleRows({ splits }, 3)
    expect(train).toHaveLength(SAMPLE_ROWS_MAX)
    expect(new Set(train).size).toBe(SAMPLE_ROWS_MAX)
    expect(train).not.toEqual(validation)
    expect(sampleRows({ splits }, 3).train).toEqual(train)
    expect(sampleRows({ splits }, 4).train).not.toEqual(train)
  })

  it('are seen where a training row has all of them', () => {
    const x = Float32Array.from({ length: rows }, (_, i) => (i % 7) / 8)
    const y = Uint16Array.from({ length: rows }, (_, i) => i % 5)
    const dataset = madeDataset({ labels, dense: [x], categorical: [{ values: y, vocabularySize: 5 }] })
    x[1900] = 0.99
    const again = madeDataset({ labels, dense: [x], categorical: [{ values: y, vocabularySize: 5 }] })
    expect([...seenRows(dataset, Uint32Array.of(1900, 1901))]).toEqual([1, 1])
    expect([...seenRows(again, Uint32Array.of(1900, 1901))]).toEqual([0, 1])
  })
})
