import { loadDataset } from '@vigil/data'
import { isErrorOf } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOSTS_ERRORS } from '../errors.ts'
import { decodeDataset, encodeDataset } from './dataset.ts'

const request = { path: null, features: 'behaviour', splitSeed: 1, seed: 5 } as const
const { dataset: plain } = await loadDataset({ ...request, dataset: 'synthetic', split: 'stratified', rows: 1000 })
const site = await (async () => {
  const { dataset, timeline } = await loadDataset({ ...request, dataset: 'campaign', split: 'described', rows: 4000 })
  const ratios = Float32Array.from(dataset.labels, (label, row) => 0.5 + label + (row % 3))
  return { ...dataset, timeline, consequences: { damage: null, hazard: 0.01, ...dataset.consequences, ratios } }
})()

const bytesOf = (dataset: typeof plain) => new Uint8Array(Buffer.concat(encodeDataset(dataset)))

describe('a dataset that travels', () => {
  it.each([
    ['with rows alone', plain],
    ['with consequences and a timeline', site],
  ])('has everything that actors read, %s', (_, dataset) => {
    const { posterior: _p, classes: _c, classNames: _n, eventsPerDay: _e, ...sent } = dataset
    const received = decodeDataset(bytesOf(dataset))
    const { denseNames, categoricalColumns, ...rest } = sent
    expect(received).toMatchObject(rest)
    expect(received.denseNames).toHaveLength(denseNames.length)
    const sizes = (columns: typeof categoricalColumns) => columns.map(({ vocabularySize }) => vocabularySize)
    expect(sizes(received.categoricalColumns)).toEqual(sizes(categoricalColumns))
  })

  const edit = <Key extends keyof typeof plain>(key: Key, at: number, value: number) => {
    const array = (plain[key] as Float32Array).slice()
    array[at] = value
    return { ...plain, [key]: array }
  }
  const withTrain = (rows: Uint32Array, streamStarts: Uint32Array) => ({
    ...plain,
    splits: { ...plain.splits, train: { rows, streamStarts } },
  })
  it.each([
    ['an input that is no number', edit('dense', 3, Number.NaN), /no finite number/],
    ['a category outside its vocabulary', edit('categorical', 0, 65_535), /outside its vocabulary/],
    ['a label that is none', edit('labels', 5, 2), /neither 0 nor 1/],
    ['a row that is none', withTrain(Uint32Array.of(1000), Uint32Array.of(0, 1)), /none of the 1000/],
    ['streams that end elsewhere', withTrain(Uint32Array.of(1, 2), Uint32Array.of(0, 1)), /end with its rows/],
    ['streams in disorder', withTrain(Uint32Array.of(1, 2), Uint32Array.of(0, 2, 1, 2)), /follow one another/],
    ['nothing to train on', withTrain(new Uint32Array(0), Uint32Array.of(0)), /nothing to train on/],
  ])('is refused with %s', (_, dataset, message) => {
    expect(() => decodeDataset(bytesOf(dataset))).toThrow(message)
  })

  it('is refused cut off or too long', () => {
    const bytes = bytesOf(plain)
    expect(() => decodeDataset(bytes.subarray(0, bytes.length - 1))).toThrow(/its header speaks of/)
    expect(() => decodeDataset(new Uint8Array([...bytes, 0]))).toThrow(/its header speaks of/)
    expect(() => decodeDataset(new Uint8Array(2))).toThrow(/2 bytes/)
  })

  it('with damaged bytes is refused by this package, or is another sound one', () => {
    const bytes = bytesOf(plain)
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(255), (at, value) => {
        const damaged = bytes.slice()
        damaged[at] = value
        try {
          decodeDataset(damaged)
        } catch (error) {
          if (!isErrorOf(HOSTS_ERRORS, error)) throw error
        }
      }),
      { seed: 3, numRuns: 300 },
    )
  })
})
