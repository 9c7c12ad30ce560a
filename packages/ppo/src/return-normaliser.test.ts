import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  absorb,
  createReturnNormaliser,
  denormalise,
  normalise,
  parseReturnNormaliser,
  type ReturnNormaliser,
} from './return-normaliser.ts'

const batches = fc.array(fc.float32Array({ min: -1000, max: 1000, noNaN: true, minLength: 1, maxLength: 20 }), {
  minLength: 1,
  maxLength: 6,
})

function after(kind: ReturnNormaliser['kind'], batchList: Float32Array[]): ReturnNormaliser {
  return batchList.reduce(absorb, createReturnNormaliser(kind))
}

function normalised(state: ReturnNormaliser, values: number[]): number[] {
  const out = new Float32Array(values.length).fill(Number.NaN)
  normalise(state, Float32Array.from(values), out)
  return [...out]
}

describe('running', () => {
  test('closed form: mean 5 and deviation 2 in two batches', () => {
    const state = after('running', [Float32Array.of(2, 4), Float32Array.of(4, 4, 5, 5, 7, 9)])
    expect(state).toEqual({ kind: 'running', count: 8, mean: 5, m2: 32 })
    expect(normalised(state, [5, 7, 1])).toEqual([0, 1, -2])
  })

  test('agrees with two passes over everything absorbed, however it was divided', () => {
    fc.assert(
      fc.property(batches, (batchList) => {
        const state = after('running', batchList)
        const all = batchList.flatMap((batch) => [...batch])
        const mean = all.reduce((sum, value) => sum + value, 0) / all.length
        const m2 = all.reduce((sum, value) => sum + (value - mean) ** 2, 0)
        expect(state.count).toBe(all.length)
        expect(Math.abs(state.mean - mean)).toBeLessThanOrEqual(1e-9)
        expect(Math.abs(state.m2 - m2)).toBeLessThanOrEqual(1e-9 * (1 + m2))
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  test('keeps the spread of small differences on a large mean', () => {
    const large = 2 ** 23
    const state = after('running', [Float32Array.of(large, large + 1), Float32Array.of(large, large + 1)])
    expect(state.m2).toBe(1)
  })
})

describe('batch', () => {
  test('knows the last batch only', () => {
    const last = Float32Array.of(10, 20)
    expect(after('batch', [Float32Array.of(-500, 500), last])).toEqual({ kind: 'batch', count: 2, mean: 15, m2: 50 })
  })

  test('gives that batch mean 0 and deviation 1', () => {
    fc.assert(
      fc.property(batches, (batchList) => {
        const last = batchList[batchList.length - 1]
        const values = normalised(after('batch', batchList), [...last])
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length
        const constant = last.every((value) => value === last[0])
        expect(mean).toBeCloseTo(0, 4)
        expect(variance).toBeCloseTo(constant ? 0 : 1, 4)
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('none', () => {
  test('absorbs nothing and changes nothing', () => {
    const state = after('none', [Float32Array.of(5, 7)])
    expect(state).toEqual(createReturnNormaliser('none'))
    expect(normalised(state, [5, 7])).toEqual([5, 7])
  })
})

describe('edges', () => {
  test.each(['running', 'batch', 'none'] as const)('%s before any return: nothing changes', (kind) => {
    expect(normalised(createReturnNormaliser(kind), [-3, 8])).toEqual([-3, 8])
  })

  test.each(['running', 'batch'] as const)('%s with constant returns: divided by 1, exactly', (kind) => {
    // 0.1 is no binary fraction: a deviation of rounding errors would blow the second value up.
    const constant = new Float32Array(1001).fill(0.1)
    const state = after(kind, [constant, constant.subarray(0, 7), constant])
    expect(state.m2).toBe(0)
    expect(normalised(state, [0.1])).toEqual([0])
    expect(normalised(state, [1.1])[0]).toBeCloseTo(1, 6)
  })

  test('returns that differ by rounding alone are not blown up', () => {
    const almost = new Float32Array(8192).fill(0.1)
    almost[3] = Math.fround(0.1) + 2 ** -27
    const state = after('batch', [almost])
    expect(state.m2).toBeGreaterThan(0)
    expect(Math.abs(normalised(state, [almost[3]])[0])).toBeLessThan(1e-7)
  })

  test('a single return', () => {
    expect(normalised(after('running', [Float32Array.of(4)]), [4, 6])).toEqual([0, 2])
  })

  test('no return at all leaves the state as it is', () => {
    const state = after('running', [Float32Array.of(1, 3)])
    expect(absorb(state, new Float32Array(0))).toEqual(state)
    expect(absorb({ ...state, kind: 'batch' }, new Float32Array(0))).toEqual({ ...state, kind: 'batch' })
  })

  test('NaN and infinity are refused by name', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const call = () => absorb(createReturnNormaliser('running'), Float32Array.of(1, 2, value))
      expect(call).toThrow(VigilError)
      expect(call).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }))
      expect(call).toThrow(`received ${value} at index 2`)
    }
  })

  test('bad shape', () => {
    const state = createReturnNormaliser('running')
    expect(() => normalise(state, new Float32Array(2), new Float32Array(3))).toThrow(VigilError)
    expect(() => denormalise(state, new Float32Array(2), new Float32Array(1))).toThrow(VigilError)
  })
})

test('denormalise undoes normalise, in place too', () => {
  fc.assert(
    fc.property(batches, (batchList) => {
      const state = after('running', batchList)
      const values = batchList[0].slice()
      normalise(state, values, values)
      denormalise(state, values, values)
      for (const [i, value] of batchList[0].entries()) expect(values[i]).toBeCloseTo(value, 2)
    }),
    { seed: 1 },
  )
})

describe('saved states', () => {
  test('survive JSON exactly, and go on as if never saved', () => {
    fc.assert(
      fc.property(fc.constantFrom('running', 'batch', 'none'), batches, batches, (kind, before, later) => {
        const state = after(kind, before)
        const restored = parseReturnNormaliser(JSON.parse(JSON.stringify(state)))
        expect(restored).toEqual(state)
        expect(later.reduce(absorb, restored)).toEqual(later.reduce(absorb, state))
      }),
      { seed: 1 },
    )
  })

  const sound = { kind: 'running', count: 2, mean: 1, m2: 2 }

  test('a sound one is accepted', () => {
    expect(parseReturnNormaliser(sound)).toEqual(sound)
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', [1, 2]],
    ['a text', 'running'],
    ['a missing field', { kind: 'running', count: 2, mean: 1 }],
    ['a field too many', { ...sound, extra: 1 }],
    ['a polluting key', JSON.parse('{"kind":"running","count":2,"mean":1,"m2":2,"__proto__":{"polluted":1}}')],
    ['an unknown kind', { ...sound, kind: 'walking' }],
    ['a negative count', { ...sound, count: -1 }],
    ['half a count', { ...sound, count: 1.5 }],
    ['a count above the safe integers', { ...sound, count: 2 ** 53 }],
    ['a text for a number', { ...sound, mean: '1' }],
    ['NaN', { ...sound, mean: Number.NaN }],
    ['infinity', { ...sound, m2: Number.POSITIVE_INFINITY }],
    ['a negative spread', { ...sound, m2: -1e-9 }],
    ['a mean of nothing', { ...sound, count: 0, m2: 0 }],
    ['a spread of one', { ...sound, count: 1 }],
    ['none that counted', { ...sound, kind: 'none' }],
  ])('%s is refused', (_, json) => {
    expect(() => parseReturnNormaliser(json)).toThrow(expect.objectContaining({ code: 'BAD_STATE' }))
  })

  test('the message names the field', () => {
    expect(() => parseReturnNormaliser({ ...sound, count: -1 })).toThrow('returnNormaliser.count')
  })
})
