import { setImmediate } from 'node:timers/promises'
import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BoostingInputs } from './inputs.ts'
import { predictProbabilities } from './model.ts'
import { parseModel } from './parse-model.ts'
import { sampleRows } from './sample.ts'
import { DEFAULT_BOOSTING, trainBoosting } from './train.ts'

const rowsOf = (from: number, to: number) => Uint32Array.from({ length: to - from }, (_, i) => from + i)

/** Numbers in [0, 1) that look random: far digits of a sine. */
const spread = (i: number, step: number) => Math.abs(Math.sin(i * step + step) * 43_758.5453) % 1

/** N rows of two numbers and two categories; `threat` decides the label. */
function sample(n: number, threat: (x: readonly number[], c: readonly number[], i: number) => boolean) {
  const dense = new Float32Array(2 * n)
  const categorical = new Uint16Array(2 * n)
  const labels = new Uint8Array(n)
  for (let i = 0; i < n; i++) {
    const x = [spread(i, Math.SQRT2), spread(i, Math.sqrt(3))].map(Math.fround)
    const c = [Math.floor(12 * spread(i, Math.sqrt(5))), Math.floor(40 * spread(i, Math.sqrt(7)))]
    dense.set(x, 2 * i)
    categorical.set(c, 2 * i)
    labels[i] = threat(x, c, i) ? 1 : 0
  }
  const inputs: BoostingInputs = { dense, denseCount: 2, categorical, categoricalCount: 2 }
  const part = (from: number, to: number) => ({ rows: rowsOf(from, to), labels: labels.slice(from, to) })
  return { inputs, labels, train: part(0, 0.7 * n), validation: part(0.7 * n, n) }
}

describe('trainBoosting', () => {
  it('gives a single leaf its closed form', async () => {
    const { inputs, train, validation } = sample(100, (x) => x[0] < 0.5)
    const settings = { ...DEFAULT_BOOSTING, treeCount: 1, leafCount: 2, learningRate: 1 }
    const { bias, trees } = await trainBoosting(inputs, { train, validation }, settings)
    const threats = train.labels.reduce((sum, label) => sum + label, 0)
    expect(bias).toBeCloseTo(Math.log((threats + 1) / (71 - threats)), 12)
    const [[root, ...leaves]] = trees
    const p = 1 / (1 + Math.exp(-bias))
    // One leaf holds all threats, the other one all benign rows: -G / (H + 1).
    const leaf = (rows: number, label: number) => (-rows * (p - label)) / (rows * p * (1 - p) + 1)
    expect(root).toMatchObject({ column: 0, left: 1, right: 2 })
    expect('threshold' in root && root.threshold).toBeCloseTo(0.5, 1)
    const values = leaves.map((node) => ('value' in node ? node.value : Number.NaN))
    expect(values[0]).toBeCloseTo(leaf(threats, 1), 9)
    expect(values[1]).toBeCloseTo(leaf(70 - threats, 0), 9)
  })

  it('learns an interaction of numbers and of categories', async () => {
    const rule = (x: readonly number[], c: readonly number[]) => x[0] < 0.4 !== x[1] < 0.6 && c[0] % 3 !== 1
    const { inputs, labels, train, validation } = sample(4000, rule)
    const model = await trainBoosting(inputs, { train, validation })
    const probabilities = predictProbabilities(model, inputs, validation.rows)
    const wrong = validation.rows.filter((row, i) => (probabilities[i] > 0.5 ? 1 : 0) !== labels[row])
    expect(wrong.length).toBeLessThan(0.02 * validation.rows.length)
  })

  it('estimates probabilities, and stops where the validation loss does not fall', async () => {
    // Threats are independent of all but the first number: P = 0.1 or 0.7.
    const { inputs, train, validation } = sample(
      10_000,
      (x, _, i) => spread(i, Math.sqrt(11)) < (x[0] < 0.5 ? 0.1 : 0.7),
    )
    let grown = 0
    const model = await trainBoosting(inputs, { train, validation }, DEFAULT_BOOSTING, {
      onTree: ({ trees }) => {
        grown = trees
      },
    })
    expect(grown).toBeLessThan(DEFAULT_BOOSTING.treeCount)
    expect(model.trees.length).toBe(grown - DEFAULT_BOOSTING.patience)
    const probabilities = predictProbabilities(model, inputs, validation.rows)
    for (const [low, expected] of [
      [true, 0.1],
      [false, 0.7],
    ] as const) {
      const group = [...probabilities].filter((_, i) => inputs.dense[2 * validation.rows[i]] < 0.5 === low)
      expect(group.reduce((sum, p) => sum + p, 0) / group.length).toBeCloseTo(expected, 1)
    }
  })

  it('gives the same model again, and the same predictions after JSON', async () => {
    const { inputs, train, validation } = sample(1000, (x, c) => x[0] * x[1] > 0.3 || c[1] < 5)
    // Sampled, as many rows are.
    const settings = { ...DEFAULT_BOOSTING, treeCount: 10, rowsMin: 100 }
    const model = await trainBoosting(inputs, { train, validation }, settings)
    expect(await trainBoosting(inputs, { train, validation }, settings)).toEqual(model)
    const read = parseModel(JSON.parse(JSON.stringify(model)))
    expect(predictProbabilities(read, inputs, validation.rows)).toEqual(
      predictProbabilities(model, inputs, validation.rows),
    )
  })

  it('chooses the trees by what the finished model then predicts, also of values not seen in training', async () => {
    const { inputs, train, validation } = sample(1000, (x, c) => x[0] * x[1] > 0.3 || c[1] < 5)
    // Categories and numbers beyond those of the training rows.
    for (const row of validation.rows.filter((row) => row % 3 === 0)) {
      inputs.categorical[2 * row + 1] = 50_000 + row
      inputs.dense[2 * row] += row % 2 === 0 ? 5 : -5
    }
    const losses: number[] = []
    const settings = { ...DEFAULT_BOOSTING, treeCount: 12, patience: 12 }
    const model = await trainBoosting(inputs, { train, validation }, settings, {
      onTree: ({ validationLoss }) => losses.push(validationLoss),
    })
    const probabilities = predictProbabilities(model, inputs, validation.rows)
    const sum = probabilities.reduce((sum, p, i) => sum - Math.log(validation.labels[i] === 1 ? p : 1 - p), 0)
    expect(sum / probabilities.length).toBeCloseTo(Math.min(...losses), 5)
    expect(model.trees.length).toBe(losses.indexOf(Math.min(...losses)) + 1)
  })

  it('does not look at labels of rows that it is not given', async () => {
    const { inputs, train, validation } = sample(500, (x) => x[0] < 0.5)
    const settings = { ...DEFAULT_BOOSTING, treeCount: 3 }
    const flipped = { rows: validation.rows, labels: validation.labels.map((label) => 1 - label) }
    const [first] = (await trainBoosting(inputs, { train, validation }, settings)).trees
    expect(first.length).toBeGreaterThan(1)
    // Validation chooses the number of trees and nothing else: against flipped labels no tree is worth its place.
    expect((await trainBoosting(inputs, { train, validation: flipped }, settings)).trees).toEqual([])
  })

  it('pauses after each column, tree and split, and grows the same model', async () => {
    const { inputs, train, validation } = sample(1000, (x, c) => x[0] * x[1] > 0.3 || c[1] < 5)
    const settings = { ...DEFAULT_BOOSTING, treeCount: 2, leafCount: 4 }
    let pauses = 0
    const before: number[] = []
    const model = await trainBoosting(inputs, { train, validation }, settings, {
      onTree: () => before.push(pauses),
      pause: async () => {
        await setImmediate()
        pauses++
      },
    })
    // Four columns are cut into bins, then those of two parts are counted; four leaves are three splits.
    expect([...before, pauses]).toEqual([15, 19, 20])
    expect(model).toEqual(await trainBoosting(inputs, { train, validation }, settings))
  })

  it('is over as soon as a pause fails', async () => {
    const { inputs, train, validation } = sample(100, (x) => x[0] < 0.5)
    let pauses = 0
    const pause = async () => {
      if (++pauses === 3) throw new Error('interrupted')
    }
    await expect(trainBoosting(inputs, { train, validation }, DEFAULT_BOOSTING, { pause })).rejects.toThrow(
      'interrupted',
    )
    expect(pauses).toBe(3)
  })

  it('has nothing to learn from one label', async () => {
    const { inputs, train, validation } = sample(100, () => false)
    const model = await trainBoosting(inputs, { train, validation })
    expect(Math.max(...predictProbabilities(model, inputs, validation.rows))).toBeLessThan(0.02)
  })
})

describe('sampleRows', () => {
  it('keeps large gradients, every s-th of the others in turn, and multiplies these', () => {
    const gradients = Float64Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? -0.9 : 0.1))
    const sampling = { rowsMin: 10, largeShare: 0.2, smallStride: 5 }
    const seen = new Set<number>()
    for (let tree = 0; tree < 5; tree++) {
      const derivatives = { gradients: gradients.slice(), hessians: new Float64Array(100).fill(0.2) }
      const rows = sampleRows(derivatives, tree, sampling)
      expect(rows.length).toBe(10 + 18)
      const large = [...rows].filter((row) => row % 10 === 0)
      expect(large.length).toBe(10)
      expect(derivatives.gradients[0]).toBe(-0.9)
      for (const row of rows) {
        seen.add(row)
        if (row % 10 === 0) continue
        expect(derivatives.gradients[row]).toBe(0.5)
        expect(derivatives.hessians[row]).toBe(1)
      }
    }
    expect(seen.size).toBe(100)
  })

  it('takes all of few rows', () => {
    const derivatives = { gradients: new Float64Array(9).fill(0.1), hessians: new Float64Array(9) }
    expect(sampleRows(derivatives, 3, DEFAULT_BOOSTING)).toEqual(rowsOf(0, 9))
    expect(derivatives.gradients[0]).toBe(0.1)
  })
})

describe('parseModel', () => {
  const leaf = { value: 1 }
  const tree = [
    { column: 0, left: 1, right: 2, threshold: 0.5 },
    leaf,
    { column: 1, left: 3, right: 4, categories: [7] },
    leaf,
    leaf,
  ]
  const model = { denseCount: 1, categoricalCount: 1, bias: 0, trees: [tree] }
  const withNode = (node: unknown) => ({ ...model, trees: [[node, leaf, leaf]] })

  it('takes a model', () => expect(parseModel(model)).toEqual(model))

  it.each([
    ['a walk that returns', withNode({ column: 0, left: 0, right: 1, threshold: 0 })],
    ['a walk that leaves the tree', withNode({ column: 0, left: 1, right: 3, threshold: 0 })],
    ['a column that is not there', withNode({ column: 2, left: 1, right: 2, categories: [1] })],
    ['a threshold of a category', withNode({ column: 1, left: 1, right: 2, threshold: 0 })],
    ['a category beyond u16', withNode({ column: 1, left: 1, right: 2, categories: [70_000] })],
    ['no node', { ...model, trees: [[]] }],
    ['a value that is none', { ...model, trees: [[{ value: null }]] }],
    ['a further field', { ...model, more: 1 }],
    ['no model', null],
  ])('refuses %s', (_, value) => expect(() => parseModel(value)).toThrow(VigilError))

  it('refuses or reads whatever is changed in one place', () => {
    fc.assert(
      fc.property(fc.nat(), fc.jsonValue(), (pick, value) => {
        const keys = ['denseCount', 'categoricalCount', 'bias', 'trees']
        const changed = { ...model, [keys[pick % 4]]: value }
        try {
          parseModel(changed)
        } catch (error) {
          expect(error).toBeInstanceOf(VigilError)
        }
      }),
    )
  })
})
