import { randomStream, randomUnit } from '@vigil/random'
import { describe, expect, it } from 'vitest'
import type { Space } from './space.ts'
import { densityOf, modelUnits, randomUnits } from './suggest.ts'

const range = (key: string) => ({ key, kind: 'range', from: 0, to: 1, scale: 'linear', step: null }) as const
const SPACE: Space = [range('x'), range('y'), { key: 'z', kind: 'choices', values: ['a', 'b', 'c', 'd'] }]

describe('densityOf', () => {
  const midpoints = Array.from({ length: 300 }, (_, i) => (i + 0.5) / 300)

  it.each([
    [[], [null, 3]],
    [[[0.2, 0.9]], [null, 4]],
    [
      [
        [0.01, 0.5],
        [0.999, 0.5],
        [0.4, 0.1],
      ],
      [null, null],
    ],
    [
      [
        [0.1, 0.3],
        [0.3, 0.9],
      ],
      [4, 2],
    ],
  ])('of points %j in %j cells has mass 1 over the square', (points, cells) => {
    const { at } = densityOf(points, cells)
    const total = midpoints.flatMap((x) => midpoints.map((y) => at([x, y]))).reduce((sum, value) => sum + value, 0)
    expect(total / midpoints.length ** 2).toBeCloseTo(1, 2)
  })

  it('is greatest where the points are, and never 0', () => {
    const { at } = densityOf(
      [
        [0.7, 0.2],
        [0.71, 0.2],
        [0.72, 0.2],
      ],
      [null, 4],
    )
    expect(at([0.71, 0.1])).toBeGreaterThan(3 * at([0.2, 0.1]))
    expect(at([0.71, 0.1])).toBeGreaterThan(1.5 * at([0.71, 0.9]))
    expect(at([0.2, 0.9])).toBeGreaterThan(0.2)
  })

  it('draws as it is dense: shares of draws are masses', () => {
    const density = densityOf(
      [
        [0.3, 0.1],
        [0.35, 0.6],
        [0.5, 0.7],
      ],
      [null, 3],
    )
    const draws = Array.from({ length: 20_000 }, (_, i) =>
      density.draw((k) => randomUnit(randomStream(5, 'sweep'), k, i)),
    )
    const mass = (holds: (units: readonly number[]) => boolean) =>
      midpoints
        .flatMap((x) => midpoints.filter((y) => holds([x, y])).map((y) => density.at([x, y])))
        .reduce((sum, value) => sum + value, 0) /
      midpoints.length ** 2
    for (const holds of [
      ([x]: readonly number[]) => x < 0.3,
      ([x, y]: readonly number[]) => x >= 0.45 && x < 0.6 && y >= 2 / 3,
      ([, y]: readonly number[]) => y < 1 / 3,
    ]) {
      expect(draws.filter(holds).length / draws.length).toBeCloseTo(mass(holds), 1.5)
    }
  })
})

describe('the model', () => {
  /** Best at x = 0.8, y = 0.1 and the third choice. */
  const loss = ([x, y, z]: readonly number[]) => (x - 0.8) ** 2 + (y - 0.1) ** 2 + (Math.floor(z * 4) === 2 ? 0 : 0.2)

  /** The best loss of 40 trials, the first eight of which are at random. */
  function search(seed: number, usesModel: boolean): number {
    const trials: { units: readonly number[] }[] = []
    for (let trial = 1; trial <= 40; trial++) {
      const ranked = [...trials].sort((a, b) => loss(a.units) - loss(b.units))
      const isModelled = usesModel && trials.length >= 8
      trials.push({ units: isModelled ? modelUnits(SPACE, ranked, { seed, trial }) : randomUnits(SPACE, seed, trial) })
    }
    return Math.min(...trials.map(({ units }) => loss(units)))
  }

  it('finds better places than chance does, with as many trials', () => {
    const seeds = Array.from({ length: 30 }, (_, i) => i)
    const [model, chance] = [true, false].map((uses) => seeds.map((seed) => search(seed, uses)))
    const wins = seeds.filter((i) => model[i] < chance[i]).length
    // Of fair coins 23 or more of 30 fall on one side once in 400 times.
    expect(wins).toBeGreaterThanOrEqual(23)
  })

  it('proposes the same for the same trials, and something else for another trial or seed', () => {
    const ranked = [0.8, 0.3, 0.5].map((x) => ({ units: [x, 0.2, 0.6] }))
    const at = (seed: number, trial: number) => modelUnits(SPACE, ranked, { seed, trial })
    expect(at(1, 9)).toEqual(at(1, 9))
    expect(at(1, 9)).not.toEqual(at(1, 10))
    expect(at(1, 9)).not.toEqual(at(2, 9))
  })
})
