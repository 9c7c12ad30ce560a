import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fillGaussian, fillUniforms, philox, randomPermutation, randomWord, shuffle } from './philox.ts'

/** Random123 `kat_vectors`, philox4x32 with 10 rounds. */
const PUBLISHED = [
  { key: [0, 0], counter: [0, 0, 0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    key: [0xffffffff, 0xffffffff],
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    key: [0xa4093822, 0x299f31d0],
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
]

describe('philox', () => {
  it.each(PUBLISHED)('gives the published words for counter $counter', ({ key, counter, words }) => {
    const out = new Uint32Array(4)
    philox(key, counter, out)
    expect([...out]).toEqual(words)
  })

  it('equals a BigInt transcription of the paper', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff })
    fc.assert(
      fc.property(fc.tuple(word, word), fc.tuple(word, word, word, word), (key, counter) => {
        const out = new Uint32Array(4)
        philox(key, counter, out)
        expect([...out]).toEqual(philoxOracle(key, counter))
      }),
    )
  })
})

describe('randomWord', () => {
  it('does not depend on the order of calls', () => {
    const source = { seed: 7, stream: 3 }
    const forwards = [0, 1, 2, 3, 4, 5].map((i) => randomWord(source, i))
    const backwards = [5, 4, 3, 2, 1, 0].map((i) => randomWord(source, i)).reverse()
    expect(forwards).toEqual(backwards)
  })
})

describe('fillUniforms', () => {
  it('gives the words at an address, as numbers in [0, 1)', () => {
    const words = new Uint32Array(4)
    const uniforms = new Float64Array(4)
    philox([7, 3], [1, 2, 5, 0], words)
    fillUniforms({ seed: 7, stream: 3 }, [1, 2, 5], uniforms)
    expect([...uniforms]).toEqual([...words].map((word) => word / 2 ** 32))
  })
})

describe('shuffle', () => {
  it('keeps the values, whatever they are', () => {
    const values = Uint32Array.of(5, 5, 9, 1)
    shuffle(values, { seed: 3, stream: 1 })
    expect([...values].sort()).toEqual([1, 5, 5, 9])
  })
})

describe('fillGaussian', () => {
  it('has mean 0 and deviation 1', () => {
    const values = new Float64Array(20_000)
    fillGaussian({ seed: 1, stream: 1 }, values)
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.04)
  })
})

describe('randomPermutation', () => {
  it('holds every index once', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat({ max: 2 ** 31 }), (length, seed) => {
        const order = randomPermutation({ seed, stream: 4 }, length)
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i))
      }),
    )
  })

  it('is uniform over the orders of three', () => {
    const counts = new Map<string, number>()
    for (let lane = 0; lane < 6000; lane++) {
      const order = randomPermutation({ seed: 5, stream: 4 }, 3, lane).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})

function philoxOracle(key: readonly number[], counter: readonly number[]): number[] {
  const mask = 0xffffffffn
  let [k0, k1] = key.map(BigInt)
  let [c0, c1, c2, c3] = counter.map(BigInt)
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0
    const p1 = 0xcd9e8d57n * c2
    ;[c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask]
    k0 = (k0 + 0x9e3779b9n) & mask
    k1 = (k1 + 0xbb67ae85n) & mask
  }
  return [c0, c1, c2, c3].map(Number)
}
