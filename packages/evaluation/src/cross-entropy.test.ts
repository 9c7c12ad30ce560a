import type { Engine } from '@vigil/engine'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { expect, it } from 'vitest'
import { trainByCrossEntropy } from './cross-entropy.ts'

type Settings = Parameters<typeof trainByCrossEntropy>[0]
type SupervisedBatch = Parameters<Engine['supervisedUpdate']>[0]

const ROWS = 60
const TRAIN = Uint32Array.from({ length: 40 }, (_, i) => i + 10)
const STREAM_STARTS = [0, 7, 8, 25, 40]
const CONTEXT = 2

/** The first input of a row is its number, which no other row has; every third row is a threat. */
const LABELS = Uint8Array.from({ length: ROWS }, (_, row) => (row % 3 === 0 ? 1 : 0))
const DENSE = Float32Array.from({ length: 2 * ROWS }, (_, i) => (i % 2 === 0 ? i / 2 : -1))
const CATEGORIES = Uint16Array.from({ length: ROWS }, (_, row) => row % 5)

const NETWORK: NetworkSpec = {
  ...{ agentCount: 3, denseSize: 2 + CONTEXT, vocabularySizes: [5], policyHidden: [8], valueHidden: null },
  ...{ layerNorm: false, lstmHidden: [], constraintCount: 0 },
}

const SETTINGS: Settings = {
  ...{ seed: 1, iterations: 3, epochs: 2, rowsPerIteration: 48, minibatchSize: 24, rolloutSteps: 6 },
  learningRate: 0.1,
  episodes: 'iid',
  observeConstraints: 'none',
  specifications: [],
}

/** A training by an engine that learns nothing and keeps what it is given. */
async function training(settings: Settings, network = NETWORK) {
  const batches: SupervisedBatch[] = []
  const rates: number[] = []
  const told: (readonly [number, number])[] = []
  let loaded = new Float32Array(0)
  const engine = {
    loadParameters(values: Float32Array) {
      loaded = values.slice()
    },
    async supervisedUpdate(batch: SupervisedBatch, rate: number) {
      batches.push(structuredClone(batch))
      rates.push(rate)
      return 0
    },
    async storeParameters() {
      return loaded
    },
  }
  const split = { rows: TRAIN, streamStarts: Uint32Array.from(STREAM_STARTS) }
  const dataset = {
    ...{
      name: 'numbered',
      rowCount: ROWS,
      dense: DENSE,
      categorical: CATEGORIES,
      labels: LABELS,
      posterior: null,
      consequences: null,
      timeline: null,
      eventsPerDay: null,
    },
    ...{ denseNames: ['number', 'one'], categoricalColumns: [{ name: 'five', vocabularySize: 5 }] },
    ...{ classes: LABELS, classNames: ['benign', 'threat'], fingerprint: new Uint8Array(32) },
    splits: { train: split, validation: split, test: split },
  }
  const inputs = { dense: DENSE, categorical: CATEGORIES, denseCount: 2, columnCount: 1 }
  const parameters = await trainByCrossEntropy(settings, { dataset, network, inputs }, engine, (done, total) =>
    told.push([done, total]),
  )
  return { batches, rates, told, parameters }
}

const rowNumbers = ({ dense, size }: SupervisedBatch) =>
  Array.from({ length: size }, (_, b) => dense[b * NETWORK.denseSize])

it('makes as many updates as the team, at rates that fall to 0 in a line', async () => {
  const { rates, told } = await training(SETTINGS)
  // Three iterations of two passes over two minibatches.
  expect(rates).toHaveLength(12)
  for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(0.1 * (1 - i / 12), 12)
  expect(told).toEqual(Array.from({ length: 13 }, (_, done) => [done, 12]))
})

it('learns from training rows alone, each with the actions of its label and its categories, and without a context', async () => {
  const { batches } = await training(SETTINGS)
  const seen = new Set<number>()
  for (const batch of batches) {
    expect(batch.recurrence).toBeNull()
    for (const [b, row] of rowNumbers(batch).entries()) {
      seen.add(row)
      expect([batch.accepted[b], batch.categorical[b]]).toEqual([row % 3 === 0 ? 0b0110 : 0b1001, row % 5])
      expect([...batch.dense.subarray(4 * b + 1, 4 * b + 4)]).toEqual([-1, 0, 0])
    }
  }
  // 288 draws out of 40 rows: hardly one is missed, and none is another split's.
  expect(Math.min(...seen)).toBeGreaterThanOrEqual(10)
  expect(Math.max(...seen)).toBeLessThan(50)
  expect(seen.size).toBeGreaterThan(35)
})

it('begins with the weights of the seed, but for those of the context, which are 0', async () => {
  const [one, same, other] = [
    await training(SETTINGS),
    await training(SETTINGS),
    await training({ ...SETTINGS, seed: 2 }),
  ]
  expect(same).toEqual(one)
  expect(other.parameters).not.toEqual(one.parameters)
  expect(other.batches).not.toEqual(one.batches)
  const { slices, parametersPerAgent } = parameterLayout(NETWORK)
  const { offset, shape } = slices.find(({ name }) => name === 'policy.dense.0')!
  for (let agent = 0; agent < 3; agent++) {
    const first = one.parameters.subarray(
      agent * parametersPerAgent + offset,
      agent * parametersPerAgent + offset + 4 * shape[1],
    )
    expect(first.subarray(0, 2 * shape[1]).some((weight) => weight !== 0)).toBe(true)
    expect(first.subarray(2 * shape[1]).every((weight) => weight === 0)).toBe(true)
  }
})

it('gives a recurrent team segments of streams, which begin anew where a stream does', async () => {
  const { batches } = await training({ ...SETTINGS, episodes: 'stream' }, { ...NETWORK, lstmHidden: [8] })
  const firsts = STREAM_STARTS.map((start) => (start % 40) + 10)
  let resets = 0
  for (const batch of batches) {
    const { stepCount, laneCount, recurrentState, ...recurrence } = batch.recurrence!
    expect([stepCount, laneCount]).toEqual([6, 4])
    // Three agents, four lanes, h and c of eight units.
    expect(recurrentState).toEqual(new Float32Array(3 * 4 * 16))
    const numbers = rowNumbers(batch)
    for (let b = 4; b < 24; b++) {
      const before = numbers[b - 4]
      expect(numbers[b]).toBe(before === 49 ? 10 : before + 1)
      expect(recurrence.resets[b]).toBe(firsts.includes(numbers[b]) ? 1 : 0)
      resets += recurrence.resets[b]
    }
    expect([...recurrence.resets.subarray(0, 4)]).toEqual([0, 0, 0, 0])
  }
  expect(resets).toBeGreaterThan(0)
})
