import { describe, expect, it } from 'vitest'
import { alertBudgetInWords } from './alert-budget.ts'

describe('alertBudgetInWords', () => {
  const outcome = {
    actions: { allow: 1, block: 0, quarantine: 0, alert: 0 },
    cutOff: 0,
    contained: 0,
    falselyContained: 0,
  }
  const rule = {
    ...{
      ...outcome,
      score: 'belief',
      parameters: {},
      surcharge: 0.5,
      laxShare: 0.25,
      isAsSatisfied: true,
      satisfied: [0.93],
    },
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
      /Ladders on belief.* 0\.50 more, keep .* 93\.0 % .* the team at 94\.0 %.* by 0\.100 \(-0\.050 to 0\.250\)/,
    )
  })

  it('says that more analysts save nothing where the budget does not bind, and nothing where there is no price', () => {
    expect(words(0)[0]).toMatch(/does not bind: more analysts would save nothing/)
    expect(words(null)).toHaveLength(1)
    expect(alertBudgetInWords(null, { specifications: [], response: {} as never, satisfied: [] })).toEqual([])
  })
})
