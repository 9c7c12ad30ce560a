import { describe, expect, it } from 'vitest'
import { leastSurcharge, SURCHARGES_MAX } from './least-surcharge.ts'

describe('leastSurcharge', () => {
  const from = async (enough: number) => {
    const tried: number[] = []
    const found = await leastSurcharge((surcharge) => {
      tried.push(surcharge)
      return { value: tried.length, isEnough: surcharge >= enough }
    })
    return { ...found, tried }
  }

  it('charges nothing where nothing is enough', async () => {
    expect(await from(0)).toMatchObject({ surcharge: 0, isEnough: true, below: null, tried: [0] })
  })

  it.each([0.1, 0.3, 1.1, 3.9, 40])(
    'finds the least that is enough within a sixteenth of its octave: %d',
    async (enough) => {
      const { surcharge, isEnough, tried, value, below } = await from(enough)
      expect(isEnough).toBe(true)
      expect(surcharge).toBeGreaterThanOrEqual(enough)
      expect(surcharge - enough).toBeLessThanOrEqual(Math.max(0.25, 2 ** Math.floor(Math.log2(enough))) / 16)
      expect(tried[value - 1]).toBe(surcharge)
      // Nothing was tried between the two.
      const less = tried[below! - 1]
      expect(less).toBeLessThan(enough)
      expect(tried.filter((one) => one > less && one < surcharge)).toEqual([])
      expect(tried.length).toBeLessThanOrEqual(SURCHARGES_MAX)
    },
  )

  it('takes the largest where none is enough', async () => {
    expect(await from(Number.POSITIVE_INFINITY)).toMatchObject({ surcharge: 64, isEnough: false })
  })
})
