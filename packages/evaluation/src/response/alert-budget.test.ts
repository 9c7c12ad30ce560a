import { describe, expect, it } from 'vitest'
import { alertBudgetInWords, leastSurcharge } from './alert-budget.ts'

describe('leastSurcharge', () => {
  const from = (enough: number) => {
    const tried: number[] = []
    const found = leastSurcharge((surcharge) => {
      tried.push(surcharge)
      return { value: tried.length, isEnough: surcharge >= enough }
    })
    return { ...found, tried }
  }

  it('charges nothing where nothing is enough', () => {
    expect(from(0)).toMatchObject({ surcharge: 0, isEnough: true, tried: [0] })
  })

  it.each([0.1, 0.3, 1.1, 3.9, 40])('finds the least that is enough within a sixteenth of its octave: %d', (enough) => {
    const { surcharge, isEnough, tried, value } = from(enough)
    expect(isEnough).toBe(true)
    expect(surcharge).toBeGreaterThanOrEqual(enough)
    expect(surcharge - enough).toBeLessThanOrEqual(Math.max(0.25, 2 ** Math.floor(Math.log2(enough))) / 16)
    expect(tried[value - 1]).toBe(surcharge)
  })

  it('takes the largest where none is enough', () => {
    expect(from(Number.POSITIVE_INFINITY)).toMatchObject({ surcharge: 64, isEnough: false })
  })
})

describe('alertBudgetInWords', () => {
  const outcome = {
    actions: { allow: 1, block: 0, quarantine: 0, alert: 0 },
    cutOff: 0,
    contained: 0,
    falselyContained: 0,
  }
  const rule = {
    ...{ ...outcome, score: 'belief', parameters: {}, surcharge: 0.5, isAsSatisfied: true, satisfied: [0.93] },
    ...{ returnMean: -2.5, low: -0.05, high: 0.25 },
  }
  const words = (price: number | null) =>
    alertBudgetInWords(
      { prices: [price], rule },
      {
        specifications: [{ name: 'alert budget' }],
        response: { returnMean: -2.4, costs: { alertCost: 1 } as never },
        satisfied: [0.94],
      },
    )

  it('says what an alert is worth, and what a rule with the same satisfaction returns', () => {
    const [price, beside] = words(0.25)
    expect(price).toMatch(
      /"alert budget" an alert was charged 0\.250 beside its cost of 1\. One more alert .* is worth/,
    )
    expect(beside).toMatch(
      /ladder on belief .* 0\.50 more keeps .* 93\.0 % .* the team at 94\.0 %.* by 0\.100 \(-0\.050 to 0\.250\)/,
    )
  })

  it('says that more analysts save nothing where the budget does not bind, and nothing where there is no price', () => {
    expect(words(0)[0]).toMatch(/does not bind: more analysts would save nothing/)
    expect(words(null)).toHaveLength(1)
    expect(alertBudgetInWords(null, { specifications: [], response: {} as never, satisfied: [] })).toEqual([])
  })
})
